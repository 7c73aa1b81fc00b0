/* Names of files in a row. */
#include "cli/output/rotation.h"

#include <stdlib.h>
#include <time.h>

#define NUMBER_DIGITS 5 /* at least, so that names sort for the first 99999 */

bool
rotation_init(struct rotation *r, const char *path, uint32_t keep)
{
	*r = (struct rotation){.path = path, .keep = keep};
	if (keep == 0)
		return true;
	r->begun = calloc((size_t)keep + 1, sizeof(*r->begun));
	return r->begun != NULL;
}

void
rotation_fini(struct rotation *r)
{
	free(r->begun);
	r->begun = NULL;
}

/* Where the extension begins; a name that begins with its only dot has none. */
static size_t
extension_at(struct span path)
{
	size_t at = path.n;

	for (size_t i = path.n; i-- > 0 && path.p[i] != '/';)
		if (path.p[i] == '.' && at == path.n && i > 0 && path.p[i - 1] != '/')
			at = i;
	return at;
}

/* With zeros in front. */
static void
put_number(struct text *t, uint64_t v, unsigned digits)
{
	uint64_t bound = 1;

	for (unsigned i = 1; i < digits; i++)
		bound *= 10;
	for (; bound > 1 && v < bound; bound /= 10)
		text_char(t, '0');
	text_u64(t, v);
}

static void
put_time(struct text *t, uint64_t unix_s)
{
	time_t seconds = (time_t)unix_s;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	put_number(t, (uint64_t)tm.tm_year + 1900, 4);
	put_number(t, (uint64_t)tm.tm_mon + 1, 2);
	put_number(t, (uint64_t)tm.tm_mday, 2);
	text_char(t, 'T');
	put_number(t, (uint64_t)tm.tm_hour, 2);
	put_number(t, (uint64_t)tm.tm_min, 2);
	put_number(t, (uint64_t)tm.tm_sec, 2);
	text_char(t, 'Z');
}

static void
put_name(const struct rotation *r, uint64_t number, uint64_t unix_s, struct text *name)
{
	struct span end = span_str(r->path);
	struct span stem = span_take(&end, extension_at(end));

	text_put(name, stem);
	text_char(name, '_');
	put_number(name, number, NUMBER_DIGITS);
	text_char(name, '_');
	put_time(name, unix_s);
	text_put(name, end);
}

void
rotation_next(struct rotation *r, uint64_t unix_s, struct text *name)
{
	r->number++;
	if (r->keep > 0)
		r->begun[r->number % (r->keep + 1)] = unix_s;
	put_name(r, r->number, unix_s, name);
}

bool
rotation_oldest(const struct rotation *r, struct text *name)
{
	uint64_t number;

	if (r->keep == 0 || r->number <= r->keep)
		return false;
	number = r->number - r->keep;
	put_name(r, number, r->begun[number % (r->keep + 1)], name);
	return true;
}
