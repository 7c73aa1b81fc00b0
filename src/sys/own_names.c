/* The machine's names, read once at the start: later nobody can open a file. */
#include "sys/own_names.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define HOSTS_MAX (64u * 1024) /* of /etc/hosts: a block list is longer, and behind */

static void
put_name(struct text *list, struct span name)
{
	if (name.n == 0 || span_find(name, ',') < name.n ||
	    name.n + 1 > list->cap - list->n)
		return;
	text_str(list, list->n > 0 ? "," : "");
	text_put(list, name);
}

/* The next word of a line, empty at its end or at a comment. */
static struct span
next_word(struct span *line)
{
	size_t n = 0;
	struct span word;

	while (line->n > 0 &&
	       (line->p[0] == ' ' || line->p[0] == '\t' || line->p[0] == '\r'))
		span_take(line, 1);
	while (n < line->n && line->p[n] != ' ' && line->p[n] != '\t' &&
	       line->p[n] != '\r' && line->p[n] != '#')
		n++;
	word = span_take(line, n);
	return word;
}

/* "db1", or "db1.example.com" where the host is db1. */
static bool
is_name(struct span word, struct span name)
{
	return word.n >= name.n && span_eq_ci(span_of(word.p, name.n), name) &&
	       (word.n == name.n || word.p[name.n] == '.');
}

static void
put_line(struct text *list, struct span line, struct span name)
{
	struct span rest = line;
	struct span word;
	bool has_name = false;

	next_word(&rest); /* the address */
	line = rest;
	while ((word = next_word(&rest)).n > 0)
		has_name |= is_name(word, name);
	while (has_name && (word = next_word(&line)).n > 0)
		put_name(list, word);
}

void
own_names_from(struct text *list, struct span name, struct span hosts)
{
	if (name.n == 0)
		return;
	put_name(list, name);
	while (hosts.n > 0)
		put_line(list, span_split(&hosts, '\n'), name);
}

void
own_names_put(struct text *list)
{
	static char hosts[HOSTS_MAX];
	char name[HOST_NAME_MAX + 1] = "";
	int fd = open("/etc/hosts", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, hosts, sizeof(hosts)) : 0;

	if (fd >= 0)
		close(fd);
	gethostname(name, sizeof(name) - 1);
	own_names_from(list, span_str(name), span_of(hosts, n > 0 ? (size_t)n : 0));
}
