/* The line that says who captures. */
#include "cli/report/roster.h"

#include <stdio.h>

#include "support/check.h"

#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

struct entry {
	const char *name;
	const char *reason;
	const char *state;
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
    {__LINE__,
     0,
     1,
     200,
     {{"a", "ended", NULL}},
     "capturing on 0 of 1 target (a: ended)"},
    {__LINE__,
     7,
     8,
     200,
     {{"db2", "403 Forbidden", NULL}},
     "capturing on 7 of 8 targets (db2: 403 Forbidden)"},
    {__LINE__,
     1,
     4,
     200,
     {{"a", "x", "lost"}, {"b", "y", NULL}, {"c", "", "not reached yet"}},
     "capturing on 1 of 4 targets (a: lost: x; b: y; c: not reached yet: )"},
    {__LINE__,
     0,
     4,
     27 + 2 + 4 + 32,
     {{"a", "x", NULL}, {"b", "y", NULL}, {"c", "z", NULL}, {"d", "z", NULL}},
     "capturing on 0 of 4 targets (a: x; and 3 more)"},
    {__LINE__,
     0,
     4,
     27 + 2 + 4 + 2 + 4 + 32,
     {{"a", "x", NULL}, {"b", "y", NULL}, {"cc", "z", NULL}, {"d", "z", NULL}},
     "capturing on 0 of 4 targets (a: x; b: y; and 2 more)"},
    {__LINE__,
     2,
     4,
     64,
     {{FIFTY, FIFTY, NULL}, {"b", "y", NULL}},
     "capturing on 2 of 4 targets (2 not)"},
    {__LINE__,
     0,
     1,
     400,
     {{"a", FIFTY FIFTY, NULL}},
     "capturing on 0 of 1 target (a: " FIFTY FIFTY ")"},
    {__LINE__,
     0,
     1,
     400,
     {{"a", FIFTY FIFTY "+", NULL}},
     "capturing on 0 of 1 target (a: " FIFTY TEN TEN TEN TEN "0123456...)"},
};

static void
who_captures_is_one_line_that_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		char mem[512];
		struct text line;
		struct roster r;

		text_init(&line, mem, row->cap);
		roster_begin(&r, &line, row->n_capturing, row->n);
		for (size_t k = 0; k < 4 && row->entries[k].name; k++)
			roster_add(&r, row->entries[k].name, row->entries[k].state,
				   row->entries[k].reason);
		roster_end(&r);
		check_true(__FILE__, row->line, text_span(&line), !line.is_cut, "whole");
		check_span(__FILE__, row->line, span_str(row->want), text_span(&line),
			   span_str(row->want), "roster");
	}
}

/* Whatever does not fit is counted, to the last one. */
static void
whoever_does_not_fit_is_counted(void **state)
{
	char mem[300];

	(void)state;
	for (size_t cap = 64; cap < sizeof(mem); cap++) {
		struct text line;
		struct roster r;
		char end[32];
		int n;

		text_init(&line, mem, cap);
		roster_begin(&r, &line, 0, 1000);
		for (size_t i = 0; i < 1000; i++)
			roster_add(&r, "name", i % 2 == 0 ? "lost" : NULL, "reason");
		roster_end(&r);
		assert_false(line.is_cut);
		assert_int_equal(r.n_named + r.n_more, 1000);
		n = snprintf(end, sizeof(end), "%u %s)", r.n_more,
			     r.n_named > 0 ? "more" : "not");
		assert_true(line.n > (size_t)n);
		assert_memory_equal(line.p + line.n - n, end, n);
	}
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
