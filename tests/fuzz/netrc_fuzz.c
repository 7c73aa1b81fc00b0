/*
 * Any bytes as a .netrc (src/cli/target/netrc.c): entries printed with every word in
 * quotes read the same again, and after a fault comes nothing.
 */
#include "cli/target/netrc.h"

#include "fuzz/fuzz.h"

#define ENTRIES 8
#define WORD	(2 * NETRC_WORD_MAX + 16)

static struct netrc_entry list[ENTRIES + 1];
static char mem[ENTRIES * 3 * WORD];

static void
put_word(struct text *t, const char *keyword, const struct netrc_word *w)
{
	text_str(t, keyword);
	text_str(t, " \"");
	for (size_t i = 0; i < w->n; i++) {
		char c = (char)w->bytes[i];

		text_str(t, c == '"' || c == '\\' || c == '\n' ? "\\" : "");
		text_char(t, c == '\n' ? 'n' : c);
	}
	text_str(t, "\"\n");
}

static struct span
print(size_t n)
{
	struct text t;

	text_init(&t, mem, sizeof(mem));
	for (size_t i = 0; i < n; i++) {
		if (list[i].is_default)
			text_str(&t, "default\n");
		else
			put_word(&t, "machine", &list[i].machine);
		if (list[i].has_login)
			put_word(&t, "login", &list[i].login);
		if (list[i].has_password)
			put_word(&t, "password", &list[i].password);
	}
	require(!t.is_cut);
	return text_span(&t);
}

static bool
is_equal(const struct netrc_word *a, const struct netrc_word *b)
{
	return span_eq(span_of(a->bytes, a->n), span_of(b->bytes, b->n));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct netrc_entry again;
	enum netrc_result result;
	struct netrc r;
	size_t n = 0;

	netrc_init(&r, span_of(data, size));
	while ((result = netrc_next(&r, &list[n])) == NETRC_ENTRY && n < ENTRIES)
		n++;
	require(r.line <= size + 1);
	if (result == NETRC_BAD)
		require(r.reason && netrc_next(&r, &again) == NETRC_BAD);
	netrc_init(&r, print(n));
	for (size_t i = 0; i < n; i++) {
		require(netrc_next(&r, &again) == NETRC_ENTRY);
		require(again.is_default == list[i].is_default &&
			again.has_login == list[i].has_login &&
			again.has_password == list[i].has_password);
		require(again.is_default || is_equal(&again.machine, &list[i].machine));
		require(is_equal(&again.login, &list[i].login));
		require(is_equal(&again.password, &list[i].password));
	}
	require(netrc_next(&r, &again) == NETRC_END);
	return 0;
}
