/* Which names stand for which addresses and name servers. Must not know files. */
#include "sys/name_files.h"

#include "base/num.h"

/* The least of what resolv.conf(5) allows and what one look-up may take (10 s). */
#define NDOTS_MAX     15
#define TIMEOUT_S_MAX 60
#define ATTEMPTS_MAX  10

static bool
has_word(struct span line, struct span word)
{
	for (struct span w = span_take_word(&line); w.n > 0; w = span_take_word(&line))
		if (span_eq_ci(w, word))
			return true;
	return false;
}

bool
name_files_next(struct span *hosts, struct span name, struct span *address)
{
	while (hosts->n > 0) {
		struct span line = span_split(hosts, '\n');

		line.n = span_find(line, '#');
		*address = span_take_word(&line);
		if (has_word(line, name))
			return true;
	}
	return false;
}

static void
set_number(struct span option, const char *name, unsigned max, unsigned *to)
{
	uint64_t v;

	if (span_take_prefix_ci(&option, name) && num_parse_u64(option, UINT32_MAX, &v))
		*to = v < max ? (unsigned)v : max;
}

static void
set_options(struct name_files_conf *c, struct span line)
{
	for (struct span w = span_take_word(&line); w.n > 0; w = span_take_word(&line)) {
		set_number(w, "ndots:", NDOTS_MAX, &c->ndots);
		set_number(w, "timeout:", TIMEOUT_S_MAX, &c->timeout_s);
		set_number(w, "attempts:", ATTEMPTS_MAX, &c->attempts);
	}
}

void
name_files_conf(struct name_files_conf *c, struct span text)
{
	*c = (struct name_files_conf){.ndots = 1, .timeout_s = 5, .attempts = 2};
	while (text.n > 0) {
		struct span line = span_split(&text, '\n');
		struct span word = span_take_word(&line);

		if (span_eq(word, span_str("nameserver"))) {
			if (c->n_servers < NAME_FILES_SERVERS_MAX)
				c->servers[c->n_servers++] = span_take_word(&line);
		} else if (span_eq(word, span_str("search")) ||
			   span_eq(word, span_str("domain"))) {
			c->search = line; /* the last one holds */
		} else if (span_eq(word, span_str("options"))) {
			set_options(c, line);
		}
	}
	if (c->n_servers == 0)
		c->servers[c->n_servers++] = span_str("127.0.0.1");
	if (c->timeout_s == 0)
		c->timeout_s = 1;
	if (c->attempts == 0)
		c->attempts = 1;
}

/* The i-th domain of the list; empty: there is none. */
static struct span
domain_at(struct span search, unsigned i)
{
	struct span word = span_take_word(&search);

	while (i-- > 0 && word.n > 0)
		word = span_take_word(&search);
	return word;
}

bool
name_files_candidate(const struct name_files_conf *c, struct span host, unsigned i,
		     struct text *name)
{
	bool is_full = host.n > 0 && host.p[host.n - 1] == '.';
	unsigned dots = 0;
	struct span domain;

	for (size_t at = 0; at < host.n; at++)
		dots += host.p[at] == '.';
	text_put(name, host);
	if (is_full || dots >= c->ndots) {
		if (i == 0 || is_full)
			return i == 0;
		i--;
	}
	domain = domain_at(c->search, i);
	if (domain.n == 0)
		return dots < c->ndots && (i == 0 || domain_at(c->search, i - 1).n > 0);
	if (!span_eq(domain, span_str("."))) {
		text_char(name, '.');
		text_put(name, domain);
	}
	return true;
}
