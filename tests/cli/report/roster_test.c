/* The line that says who captures. */
#include "cli/report/roster.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

struct entry {
	const char *name;
	const char *words;
};

struct row {
	int line;
	uint32_t n_capturing;
	uint32_t n;
	size_t cap;
	struct entry entries[4];
	const char *want;
};

static const struct row rows[] = {
    {__LINE__, 1, 1, 200, {{0}}, "capturing on 1 of 1 target"},
    {__LINE__, 8, 8, 200, {{0}}, "capturing on 8 of 8 targets"},
    {__LINE__, 0, 1, 200, {{"a", "ended"}}, "capturing on 0 of 1 target (a: ended)"},
    {__LINE__,
     1,
     4,
     200,
     {{"a", "lost: x"}, {"b", "y"}, {"c", "lost: x"}},
     "capturing on 1 of 4 targets (a and c: lost: x; b: y)"},
    {__LINE__,
     0,
     4,
     27 + 2 + 4 + 32,
     {{"a", "x"}, {"b", "y"}, {"c", "z"}, {"d", "z"}},
     "capturing on 0 of 4 targets (a: x; and 3 more)"},
    {__LINE__,
     0,
     4,
     27 + 2 + 4 + 2 + 4 + 32,
     {{"a", "x"}, {"b", "y"}, {"cc", "z"}, {"d", "z"}},
     "capturing on 0 of 4 targets (a: x; b: y; and 2 more)"},
    {__LINE__,
     2,
     4,
     64,
     {{FIFTY, FIFTY}, {"b", "y"}},
     "capturing on 2 of 4 targets (2 not)"},
};

static void
who_captures_is_one_line_that_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct news others = {.n = 0};
		char mem[512];
		struct text line;

		for (size_t e = 0; e < 4 && row->entries[e].name; e++)
			assert_true(news_add(&others, row->entries[e].name,
					     span_str(row->entries[e].words), 0));
		text_init(&line, mem, row->cap);
		roster_put(&line, row->n_capturing, row->n, &others, 0);
		check_span(__FILE__, row->line, span_str(row->want), text_span(&line),
			   span_str(row->want), "roster");
	}
}

static void
whoever_does_not_fit_is_counted(void **state)
{
	struct news others = {.n = 0};
	char mem[256];
	struct text line;

	(void)state;
	for (unsigned i = 0; i < NEWS_GROUPS_MAX; i++) {
		char words[64];

		snprintf(words, sizeof(words), FIFTY "%u", i);
		assert_true(news_add(&others, "db1", span_str(words), 0));
		assert_true(news_add(&others, "db2", span_str(words), 0));
	}
	text_init(&line, mem, sizeof(mem));
	roster_put(&line, 0, 1000, &others, 1000 - 2 * NEWS_GROUPS_MAX);
	assert_false(line.is_cut);
	assert_non_null(strstr(text_cstr(&line), "0; db1 and db2: "));
	assert_non_null(strstr(text_cstr(&line), "; and 996 more)"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_captures_is_one_line_that_fits),
	    cmocka_unit_test(whoever_does_not_fit_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
