/* Sentences about refusals and heartbeats. It trusts no byte of these. */
#include "cli/source/words.h"

#include <string.h>

const char *
words_advice(const struct target *t, const struct options *o, unsigned status)
{
	if (status == 400 && !target_is_https(t))
		return "is that port an https one?";
	if (status == 400 && !o->tls.cert_file)
		return "does it want a client certificate (-cert, -key)?";
	if (status == 401 && t->url.has_user)
		return "check the user and password";
	if (status == 403)
		return "who may capture there, and from where?";
	if (status == 401)
		return "give user:password@ in the target, or --netrc";
	if (status == 404 && t->url.path.n > 1 && !strstr(t->text, "://") &&
	    span_find(span_of(t->url.path.p + 1, t->url.path.n - 1), '/') ==
		t->url.path.n - 1)
		return "is that an interface? give -i NAME or HOST?interface=NAME";
	if (status == 404)
		return "is that a ddump-worker, and the path right?";
	if (status == 421)
		return "give the host by name, not by address";
	return NULL;
}

static bool
takes_end(struct span *s, const char *end)
{
	struct span e = span_str(end);

	if (s->n < e.n || !span_eq(span_of(s->p + s->n - e.n, e.n), e))
		return false;
	s->n -= e.n;
	return true;
}

bool
words_left_out(struct text *line, struct span comment)
{
	struct span kind = span_str("loop: ");
	bool is_out;

	if (!span_starts(comment, kind))
		return false;
	span_take(&comment, kind.n);
	is_out = takes_end(&comment, " is left out");
	if (!is_out && !takes_end(&comment, " is let in again"))
		return false;
	text_str(line, is_out ? "leaves out " : "lets in again ");
	text_escape(line, comment);
	text_str(line, is_out ? ": it carries this capture"
			      : ": it carries this capture no more");
	return true;
}
