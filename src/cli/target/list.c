/* Targets from files and from words that stand for several. What they mean is not known
 * here. */
#include "cli/target/list.h"

#include <stdlib.h>
#include <string.h>

#include "cli/target/ranges.h"
#include "merge/merge.h"
#include "sys/file.h"
#include "sys/trust.h"

/* Where the next target goes; NULL: no memory. */
static const char **
next_slot(struct options *o, const char ***list)
{
	size_t n = o->n_targets;
	const char **more = *list;

	if ((n & (n - 1)) == 0) /* full: 0, 1, 2, 4, ... */
		more = realloc(more, (n > 0 ? 2 * n : 1) * sizeof(*more));
	if (!more)
		return NULL;
	*list = more;
	o->targets = more;
	return &more[n];
}

static bool
append(struct options *o, const char ***list, const char *target)
{
	const char **slot = next_slot(o, list);

	if (!slot)
		return false;
	*slot = target;
	o->n_targets++;
	return true;
}

/* A line is kept for ever, as arguments are. */
static bool
append_line(struct options *o, const char ***list, struct span line)
{
	const char **slot = next_slot(o, list);
	char *p = slot ? malloc(line.n + 1) : NULL;

	if (!p)
		return false;
	memcpy(p, line.p, line.n);
	p[line.n] = '\0';
	*slot = p;
	o->n_targets++;
	return true;
}

bool
target_list_take(struct options *o, const char ***list, struct span text,
		 struct text *why)
{
	if (span_find(text, '\0') < text.n) {
		text_str(why,
			 "--targets: a NUL byte in the file; write it as UTF-8 text");
		return false;
	}
	while (text.n > 0) {
		struct span line = span_split(&text, '\n');

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		line = span_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!append_line(o, list, line)) {
			text_str(why, "--targets: out of memory");
			return false;
		}
	}
	if (o->n_targets > 0)
		return true;
	text_str(why, "--targets: no target in the file");
	return false;
}

static bool
read_file(struct options *o, const char ***list, const char *path, struct text *why)
{
	bool is_good;
	char *bytes;
	size_t n;

	if (strcmp(path, "-") == 0)
		path = "/dev/stdin";
	if (!trust_read("--targets", path, &bytes, &n, why))
		return false;
	is_good = target_list_take(o, list, span_of(bytes, n), why);
	trust_wipe(bytes, n);
	return is_good;
}

/* What ranges_expand puts. */
struct growing {
	struct options *options;
	const char ***list;
};

static bool
put(void *owner, const char *target)
{
	struct growing *g = owner;

	return append_line(g->options, g->list, span_str(target));
}

/* Shown without what may be a password. */
static bool
append_several(struct options *o, const char ***list, const char *word, struct text *why)
{
	const char *at = strrchr(word, '@');
	const char *wrong =
	    ranges_expand(span_str(word), put, &(struct growing){o, list});

	if (!wrong)
		return true;
	text_escape(why, span_str(at ? at + 1 : word));
	text_str(why, ": ");
	text_str(why, wrong);
	return false;
}

static bool
append_word(struct options *o, const char ***list, const char *word, struct text *why)
{
	struct file_facts facts;

	if (ranges_is_several(span_str(word)) && file_look(word, &facts) < 0)
		return append_several(o, list, word, why);
	if (append(o, list, word))
		return true;
	text_str(why, "targets: out of memory");
	return false;
}

/* The list anew, each word by what it stands for. */
static bool
read_words(struct options *o, const char ***list, bool has_files, struct text *why)
{
	const char **given = *list;
	size_t n = o->n_targets;
	bool is_good = true;

	*list = NULL;
	o->targets = NULL;
	o->n_targets = 0;
	for (size_t i = 0; is_good && i < n; i++) {
		bool is_file = has_files && given[i][0] == '@' && given[i][1] != '\0';

		is_good = is_file ? read_file(o, list, given[i] + 1, why)
				  : append_word(o, list, given[i], why);
	}
	free(given);
	return is_good;
}

bool
target_list_read(struct options *o, const char ***list, struct text *why)
{
	if (!read_words(o, list, true, why) ||
	    (o->targets_path && !read_file(o, list, o->targets_path, why)) ||
	    !read_words(o, list, false, why))
		return false;
	if (o->n_targets <= MERGE_SOURCES_MAX)
		return true;
	text_str(why, "more than 65535 targets");
	return false;
}
