/* What is asked of a host without a worker, in tcpdump's words. */
#include <string.h>

#include "base/num.h"
#include "cli/target/target.h"
#include "http/target.h"

#define VALUE_MAX 8192 /* as a worker takes it */

/* The value of name in the query, percent-decoded; false: it is not there. */
static bool
put_value(struct span query, const char *name, struct text *out)
{
	uint8_t value[VALUE_MAX];
	size_t n;

	while (query.n > 0) {
		struct span pair = span_split(&query, '&');

		if (!span_eq(span_split(&pair, '='), span_str(name)))
			continue;
		if (!http_target_decode(pair, true, value, sizeof(value), &n))
			return false;
		text_put(out, span_of(value, n));
		return true;
	}
	return false;
}

bool
target_put_setting(const struct target *t, const char *name, struct text *out)
{
	return target_is_ssh(t) && put_value(t->url.query, name, out);
}

static bool
put_parameter(const struct target *t, const struct options *o, const char *name,
	      struct text *out)
{
	if (put_value(t->url.query, name, out))
		return true;
	for (size_t i = 0; i < o->query.n; i++)
		if (strcmp(o->query.list[i].name, name) == 0) {
			text_str(out, o->query.list[i].value);
			return true;
		}
	return false;
}

/* A value that stands among words of a shell: letters, digits and . _ - alone. */
static bool
is_word(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && !strchr("._-", s.p[i]))
			return false;
	return s.n > 0 && s.p[0] != '-' && s.n < 32;
}

const char *
target_put_dump(const struct target *t, const struct options *o, struct text *filter,
		struct text *arguments)
{
	static const struct {
		const char *name;
		const char *flag;
		const char *fault;
	} words[] = {
	    {"interface", "-i ", "tcpdump there captures on one interface, or on all"},
	    {"snaplen", " -s ", "tcpdump there cannot do this snaplen"},
	    {"direction", " -Q ", "tcpdump there cannot do this direction"},
	};
	static const char *const others[] = {"count", "duration", "linktype", "promisc"};
	char mem[64];
	struct text value;
	uint64_t number;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		text_init(&value, mem, sizeof(mem));
		if (put_value(t->url.query, others[i], &value))
			return "tcpdump there cannot do what the query asks for";
	}
	put_parameter(t, o, "filter", filter);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		text_init(&value, mem, sizeof(mem));
		if (!put_parameter(t, o, words[i].name, &value)) {
			text_str(arguments, i == 0 ? "-i any" : "");
			continue;
		}
		if (!is_word(text_span(&value)) ||
		    (i == 1 && !num_parse_u64(text_span(&value), UINT32_MAX, &number)))
			return words[i].fault;
		text_str(arguments, words[i].flag);
		text_put(arguments, text_span(&value));
	}
	return filter->is_cut || arguments->is_cut ? "the filter is too long" : NULL;
}
