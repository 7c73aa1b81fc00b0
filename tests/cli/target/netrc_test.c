/* .netrc files as people write them; what curl 7.88 makes of each was asked. */
#include "cli/target/netrc.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/edge.h"

struct row {
	int line;
	const char *text;
	const char *want; /* "machine/login/password;", "-" for what is missing */
};

static const struct row rows[] = {
    {__LINE__, "", ""},
    {__LINE__, "\n # nothing\n", ""},
    {__LINE__, "machine h login u password p\n", "h/u/p;"},
    {__LINE__, "machine h\r\n\tlogin u\r\n\tpassword p", "h/u/p;"},
    {__LINE__, "MACHINE H LOGIN u password P", "H/u/P;"},
    {__LINE__, "machine h password p login u", "h/u/p;"},
    {__LINE__, "machine h password p", "h/-/p;"},
    {__LINE__, "machine h login u", "h/u/-;"},
    {__LINE__, "machine a login u password p machine b login v password q",
     "a/u/p;b/v/q;"},
    {__LINE__, "machine a machine b login u", "a/-/-;b/u/-;"},
    {__LINE__, "machine a login u\ndefault login d password dd", "a/u/-;*/d/dd;"},
    {__LINE__, "machine h login machine password login", "h/machine/login;"},
    /* comments: a # that begins a word, whatever stands before it */
    {__LINE__, "#machine h login a\nmachine h login u password p#", "h/u/p#;"},
    {__LINE__, "machine h # login no\nlogin u password a#b", "h/u/a#b;"},
    {__LINE__, "machine h login u password #p\n\"q\"", "h/u/q;"},
    {__LINE__, "machine h login u password \"#p\"", "h/u/#p;"},
    /* quotes */
    {__LINE__, "machine h login \"a b\" password \"q \\\"x\\\" \\n\\t\\\\y\"",
     "h/a b/q \"x\" \n\t\\y;"},
    {__LINE__, "machine h login u password \"\"", "h/u/;"},
    {__LINE__, "machine h login u password p\\q\"r", "h/u/p\\q\"r;"},
    {__LINE__, "machine h login u password \"open", "1: a quote is not closed"},
    {__LINE__, "machine h\nlogin u password \"a\nb\"", "2: a quote is not closed"},
    {__LINE__, "machine h login \"\\", "1: a quote is not closed"},
    /* what does not count */
    {__LINE__, "machine h account login login u password p", "h/u/p;"},
    {__LINE__, "machine h port 8475 login u password p", "h/u/p;"},
    {__LINE__, "login a password b\nmachine h login u password p", "h/u/p;"},
    {__LINE__, "login a password b\ndefault password p", "*/-/p;"},
    {__LINE__, "macdef init\nmachine x\n\nmachine h login u password p", "h/u/p;"},
    {__LINE__, "machine h login u\nmacdef init\npassword x\n\npassword p", "h/u/p;"},
    {__LINE__, "machine h login u\nmacdef init\nmachine x", "h/u/-;"},
    /* what is wrong */
    {__LINE__, "machine", "1: the last word lacks its value"},
    {__LINE__, "machine h\nlogin", "2: the last word lacks its value"},
    {__LINE__, "machine h login u password # p", "1: the last word lacks its value"},
    {__LINE__, "machine a login u\nmachine b password",
     "a/u/-;2: the last word lacks its value"},
};

static size_t
put_word(char *out, const struct netrc_word *w, bool has)
{
	bool is_there = has || w->n > 0; /* what is not there is empty, too */

	memcpy(out, is_there ? (const char *)w->bytes : "-", is_there ? w->n : 1);
	return is_there ? w->n : 1;
}

static size_t
put_entry(char *out, const struct netrc_entry *e)
{
	size_t n = 0;

	if (e->is_default)
		out[n++] = '*';
	else
		n += put_word(out, &e->machine, true);
	out[n++] = '/';
	n += put_word(out + n, &e->login, e->has_login);
	out[n++] = '/';
	n += put_word(out + n, &e->password, e->has_password);
	out[n++] = ';';
	return n;
}

static void
entries_are_read_as_curl_reads_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].text);
		uint8_t *text = edge_copy(in.p, in.n);
		enum netrc_result result;
		struct netrc_entry e;
		struct netrc r;
		char got[512];
		size_t n = 0;

		netrc_init(&r, span_of(text, in.n));
		while ((result = netrc_next(&r, &e)) == NETRC_ENTRY)
			n += put_entry(got + n, &e);
		if (result == NETRC_BAD)
			n += (size_t)snprintf(got + n, sizeof(got) - n, "%zu: %s", r.line,
					      r.reason);
		assert_int_equal(netrc_next(&r, &e), result);
		check_span(__FILE__, rows[i].line, in, span_of(got, n),
			   span_str(rows[i].want), "entries");
		edge_free(text);
	}
}

static void
words_beyond_their_bound_are_bad(void **state)
{
	char text[32 + NETRC_WORD_MAX + 2] = "machine h password ";
	struct netrc_entry e;
	struct netrc r;

	(void)state;
	memset(text + strlen(text), 'x', NETRC_WORD_MAX);
	netrc_init(&r, span_str(text));
	assert_int_equal(netrc_next(&r, &e), NETRC_ENTRY);
	assert_int_equal(e.password.n, NETRC_WORD_MAX);
	text[strlen(text)] = 'x';
	netrc_init(&r, span_str(text));
	assert_int_equal(netrc_next(&r, &e), NETRC_BAD);
	netrc_init(&r, span_of("machine \0 login u", 17));
	assert_int_equal(netrc_next(&r, &e), NETRC_BAD);
	assert_string_equal(r.reason, "a NUL byte");
}

static void
an_entry_is_for_its_host_or_for_all(void **state)
{
	struct netrc_entry e;
	struct netrc r;

	(void)state;
	netrc_init(&r, span_str("machine Db1.example\ndefault"));
	assert_int_equal(netrc_next(&r, &e), NETRC_ENTRY);
	assert_true(netrc_is_for(&e, span_str("dB1.EXAMPLE")));
	assert_false(netrc_is_for(&e, span_str("db1.example.")));
	assert_false(netrc_is_for(&e, span_str("db1")));
	assert_int_equal(netrc_next(&r, &e), NETRC_ENTRY);
	assert_true(netrc_is_for(&e, span_str("anything")));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(entries_are_read_as_curl_reads_them),
	    cmocka_unit_test(words_beyond_their_bound_are_bad),
	    cmocka_unit_test(an_entry_is_for_its_host_or_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
