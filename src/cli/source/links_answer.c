/* A host's interfaces, from what a server sends. It trusts no byte of it. */
#include "cli/source/links_answer.h"

struct found {
	struct span name; /* empty: none yet */
	struct span addresses;
	bool is_up;
	bool has_carrier;
};

/* A string as it stands there, behind its first quote: escapes are not read. */
static struct span
take_string(struct span *s)
{
	size_t n = 0;
	struct span value;

	while (n < s->n && s->p[n] != '"')
		n += s->p[n] == '\\' ? 2 : 1;
	value = span_take(s, n);
	span_take(s, 1);
	return value;
}

static void
put_link(struct text *out, const char *target, struct found *f)
{
	text_str(out, target);
	text_char(out, '/');
	text_escape(out, f->name);
	text_str(out, f->is_up ? f->has_carrier ? " [Up, Running]" : " [Up]" : " [Down]");
	while (f->addresses.n > 0) {
		if (span_take(&f->addresses, 1).p[0] != '"')
			continue;
		text_char(out, ' ');
		text_escape(out, take_string(&f->addresses));
	}
	text_char(out, '\n');
}

/* The value of a member begins s. */
static void
take_value(struct span *s, struct span key, struct found *f)
{
	while (s->n > 0 && s->p[0] == ' ')
		span_take(s, 1);
	if (span_eq(key, span_str("carrier"))) {
		f->has_carrier = span_starts(*s, span_str("true"));
	} else if (span_eq(key, span_str("addresses"))) {
		f->addresses = span_take(s, span_find(*s, ']'));
	} else if (s->n > 0 && s->p[0] == '"') {
		struct span value;

		span_take(s, 1);
		value = take_string(s);
		if (span_eq(key, span_str("name")))
			f->name = value;
		if (span_eq(key, span_str("state")))
			f->is_up = span_eq(value, span_str("up"));
	}
}

bool
links_answer_put(struct text *out, const char *name, struct span json)
{
	struct found found = {.is_up = false};
	bool is_any = false;

	while (json.n > 0) {
		uint8_t c = span_take(&json, 1).p[0];

		if (c == '"') {
			struct span key = take_string(&json);

			if (json.n > 0 && json.p[0] == ':') {
				span_take(&json, 1);
				take_value(&json, key, &found);
			}
		} else if (c == '}' && found.name.n > 0) {
			put_link(out, name, &found);
			found = (struct found){.is_up = false};
			is_any = true;
		}
	}
	return is_any;
}
