/* Targets from a file. What they mean is not known here. */
#include "cli/target/list.h"

#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"
#include "sys/trust.h"

/* A line as it is kept for ever, as arguments are; NULL: no memory. */
static const char *
copy(struct span line)
{
	char *p = malloc(line.n + 1);

	if (!p)
		return NULL;
	memcpy(p, line.p, line.n);
	p[line.n] = '\0';
	return p;
}

static bool
append(struct options *o, const char ***list, struct span line)
{
	const char **more = realloc(*list, (o->n_targets + 2) * sizeof(*more));

	if (!more)
		return false;
	*list = more;
	o->targets = more;
	more[o->n_targets] = copy(line);
	return more[o->n_targets++] != NULL;
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
		if (!append(o, list, line)) {
			text_str(why, "--targets: out of memory");
			return false;
		}
	}
	if (o->n_targets > 0 && o->n_targets <= MERGE_SOURCES_MAX)
		return true;
	text_str(why, o->n_targets > 0 ? "more than 65535 targets"
				       : "--targets: no target in the file");
	return false;
}

bool
target_list_read(struct options *o, const char ***list, struct text *why)
{
	const char *path = o->targets_path;
	bool is_good;
	char *bytes;
	size_t n;

	if (!path)
		return true;
	if (strcmp(path, "-") == 0)
		path = "/dev/stdin";
	if (!trust_read("--targets", path, &bytes, &n, why))
		return false;
	is_good = target_list_take(o, list, span_of(bytes, n), why);
	trust_wipe(bytes, n);
	return is_good;
}
