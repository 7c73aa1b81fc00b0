/* Sentences about refusals and heartbeats. It trusts no byte of these. */
#include "cli/source/words.h"

#include <string.h>

static const char *
advise_login(const struct target *t, unsigned status)
{
	if (status == 401)
		return t->url.has_user
			   ? "check the user and password"
			   : "give USER:PASSWORD@ in front of the host, or --netrc";
	return t->url.has_user ? "ask its operator to allow this user"
			       : "ask its operator to allow this client, or log in "
				 "(USER:PASSWORD@, -cert)";
}

/* "db1/eth0": one word behind the slash. */
static bool
is_like_interface(const struct target *t)
{
	struct span path = t->url.path;

	return path.n > 1 && !strstr(t->text, "://") &&
	       span_find(span_of(path.p + 1, path.n - 1), '/') == path.n - 1;
}

const char *
words_option(const struct options *o, struct span words)
{
	static const struct {
		const char *begin; /* of what a worker says */
		const char *query;
		const char *advice;
	} rows[] = {
	    {"parameter filter: ", "filter", "change -f"},
	    {"parameter interface: ", "interface", "change -i"},
	    {"parameter snaplen: ", "snaplen", "change -s"},
	    {"linktype=native needs ", "", "name it with -i"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_given = rows[i].query[0] == '\0';

		for (size_t k = 0; k < o->query.n; k++)
			is_given |= strcmp(o->query.list[k].name, rows[i].query) == 0;
		if (is_given && span_starts(words, span_str(rows[i].begin)))
			return rows[i].advice;
	}
	return NULL;
}

const char *
words_advice(const struct target *t, const struct options *o, unsigned status)
{
	switch (status) {
	case 400:
		if (!target_is_https(t))
			return "if the port is https, write https://";
		return o->tls.cert_file ? NULL
					: "if the server wants a client certificate, "
					  "give it with -cert and -key";
	case 401:
	case 403:
		return advise_login(t, status);
	case 404:
		return is_like_interface(t)
			   ? "for an interface, give -i NAME or HOST?interface=NAME"
			   : "check the path, and that the port is ddump-worker's";
	case 408:
	case 429:
		return "try again later, or keep trying with --wait TIME";
	case 421:
		return "give the host by name, not by address";
	case 500:
		return "see the server's log";
	case 502:
	case 503:
	case 504:
		return "check that ddump-worker runs behind that proxy";
	default:
		return NULL;
	}
}

bool
words_left_out(struct text *line, struct span comment)
{
	struct span kind = span_str("loop: ");
	bool is_out;

	if (!span_starts(comment, kind))
		return false;
	span_take(&comment, kind.n);
	is_out = span_take_suffix(&comment, " is left out");
	if (!is_out && !span_take_suffix(&comment, " is let in again"))
		return false;
	text_str(line, is_out ? "leaves out " : "lets in again ");
	text_escape(line, comment);
	text_str(line, is_out ? ": it carries this capture"
			      : ": it carries this capture no more");
	return true;
}
