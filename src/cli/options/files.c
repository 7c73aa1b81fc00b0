/* The files that options name, but for targets and certificates. */
#include "cli/options/files.h"

#include <stdlib.h>
#include <string.h>

#include "cli/options/header.h"
#include "sys/trust.h"

static bool
fail(struct text *why, const char *flag, const char *what)
{
	text_str(why, flag);
	text_str(why, ": ");
	text_str(why, what);
	return false;
}

/* Whitespace for comments and ends of lines; what is left begins at the result. */
static char *
clean_filter(char *bytes, size_t n)
{
	bool is_comment = false;
	size_t begin = 0;

	for (size_t i = 0; i < n; i++) {
		is_comment = bytes[i] == '#' || (is_comment && bytes[i] != '\n');
		if (is_comment || strchr("\r\n\t", bytes[i]))
			bytes[i] = ' ';
	}
	while (n > 0 && bytes[n - 1] == ' ')
		n--;
	bytes[n] = '\0';
	while (bytes[begin] == ' ')
		begin++;
	return bytes + begin;
}

static bool
read_filter(struct options *o, struct text *why)
{
	bool is_stdin = strcmp(o->filter_path, "-") == 0;
	const char *path = is_stdin ? "/dev/stdin" : o->filter_path;
	char *bytes;
	size_t n;

	if (!trust_read("-F", path, &bytes, &n, why))
		return false;
	if (memchr(bytes, '\0', n))
		return fail(why, "-F", "a NUL byte in the file; write it as UTF-8 text");
	bytes = clean_filter(bytes, n);
	if (bytes[0] == '\0')
		return fail(why, "-F", "no filter in the file");
	options_set_filter(o, bytes);
	return true;
}

/* Fields in the order in which they are given. */
struct fields {
	const char *list[OPTIONS_HEADERS_MAX];
	size_t n;
};

static bool
add(struct fields *f, const char *field, struct text *why)
{
	const char *what = header_check(span_str(field));

	if (!what && f->n == OPTIONS_HEADERS_MAX)
		what = "at most 32 of these";
	if (what)
		return fail(why, "-H", what);
	f->list[f->n++] = field;
	return true;
}

static bool
read_fields(struct fields *f, const char *path, struct text *why)
{
	struct span rest;
	char *bytes;
	size_t n;

	if (!trust_read("-H", path, &bytes, &n, why))
		return false;
	if (memchr(bytes, '\0', n))
		return fail(why, "-H", "a NUL byte in the file; write it as UTF-8 text");
	rest = span_of(bytes, n);
	while (rest.n > 0) {
		char *line = (char *)(uintptr_t)rest.p;
		struct span field = span_split(&rest, '\n');

		if (field.n > 0 && field.p[field.n - 1] == '\r')
			field.n--;
		line[field.n] = '\0';
		if (field.n > 0 && !add(f, line, why))
			return false;
	}
	return true;
}

bool
options_files_read(struct options *o, struct text *why)
{
	struct fields fields = {.n = 0};

	for (size_t i = 0; i < o->n_headers; i++) {
		const char *header = o->headers[i];

		if (header[0] == '@' ? !read_fields(&fields, header + 1, why)
				     : !add(&fields, header, why))
			return false;
	}
	options_set_headers(o, fields.list, fields.n);
	return !o->filter_path || read_filter(o, why);
}
