/* The table at the end: every count in 80 columns, and who is shown when there are many. */
#include "cli/report/table.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

#define MANY 1000

static struct view list[MANY];
static char names[MANY][16];
static struct views views = {.of = list};

static void
view_at(const void *of, uint32_t i, struct view *v)
{
	*v = ((const struct view *)of)[i];
}

static void
set_up(uint32_t n)
{
	memset(list, 0, sizeof(list));
	for (uint32_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "db%u", i + 1);
		list[i] = (struct view){.name = names[i],
					.reason = "",
					.state = VIEW_ENDED,
					.counts = {.received = 10,
						   .written = 10,
						   .bytes = 1000,
						   .is_exact = true,
						   .has_drops = true}};
	}
	views.n = n;
	views.at = view_at;
}

static const char *
table(void)
{
	static char mem[TABLE_BYTES];
	struct text out;

	text_init(&out, mem, sizeof(mem));
	table_put(&out, &views);
	assert_false(out.is_cut);
	for (struct span rest = text_span(&out); rest.n > 0;) {
		struct span line = span_split(&rest, '\n');

		check_true(__FILE__, __LINE__, line, line.n <= TABLE_WIDTH, "80 columns");
	}
	return text_cstr(&out);
}

static void
numbers_are_grouped_and_sizes_have_units(void **state)
{
	static const struct {
		uint64_t n;
		const char *want;
	} rows[] = {
	    {0, "0 0 B"},
	    {999, "999 999 B"},
	    {1000, "1,000 1.0 kB"},
	    {8875, "8,875 8.8 kB"},
	    {1000007, "1,000,007 1.0 MB"},
	    {87500000, "87,500,000 87 MB"},
	    {UINT64_MAX, "18,446,744,073,709,551,615 18 EB"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char mem[64];
		struct text t;

		text_init(&t, mem, sizeof(mem));
		table_put_count(&t, rows[i].n);
		text_char(&t, ' ');
		table_put_bytes(&t, rows[i].n);
		assert_string_equal(text_cstr(&t), rows[i].want);
	}
}

static void
one_target_has_no_total(void **state)
{
	(void)state;
	set_up(1);
	assert_string_equal(table(), "target  received  written  dropped  late   bytes\n"
				     "db1           10       10        0     0  1.0 kB");
}

static void
what_is_not_in_the_columns_stands_below(void **state)
{
	(void)state;
	set_up(3);
	list[0].counts = (struct summary_counts){.received = 8876,
						 .written = 8875,
						 .not_written = 1,
						 .not_fetched = 17,
						 .drops = 5,
						 .own = 3,
						 .gaps = 1,
						 .gaps_ns = 1500000000,
						 .bytes = 8700000,
						 .has_drops = true};
	list[0].has_clock = true;
	list[0].offset = (struct clock_offset_estimate){
	    .kind = CLOCK_OFFSET_KNOWN, .offset_ns = 1300000, .bound_ns = 200000};
	list[1].has_clock = true;
	list[1].offset = (struct clock_offset_estimate){
	    .kind = CLOCK_OFFSET_KNOWN, .offset_ns = -400, .bound_ns = 30000};
	list[1].is_unverified = list[1].is_corrected = true;
	list[1].counts.ahead = 2;
	list[1].counts.forced = 3;
	list[1].counts.held_back = 4;
	list[1].counts.hold_back_ns = 1250000000;
	list[1].counts.own = 6;
	list[2].counts = (struct summary_counts){.has_drops = false};
	list[2].state = VIEW_FAILED;
	assert_string_equal(
	    table(),
	    "target  received  written  dropped  late   bytes          clock\n"
	    "db1        8,876    8,875      >=5     0  8.7 MB  +1.3 ±0.2 ms\n"
	    "  not written 1, not fetched >=17, own traffic >=3, gaps 1 (1.5 s)\n"
	    "db2           10       10        0     0  1.0 kB      0 ±31 us\n"
	    "  own traffic 6, ahead 2, forced 3, held back 4, hold-back 1.25 s, clock\n"
	    "  corrected, end cannot be verified\n"
	    "db3            0        0  unknown     0     0 B               \n"
	    "  failed, not fetched unknown\n"
	    "total      8,886    8,885      >=5     0  8.7 MB\n"
	    "  not written 1, not fetched >=17, own traffic >=9, ahead 2, forced 3,\n"
	    "  held back 4, gaps 1 (1.5 s)");
}

static void
of_a_file_nothing_is_said_that_nobody_counts(void **state)
{
	(void)state;
	set_up(1);
	list[0].counts = (struct summary_counts){.received = 2, .is_file = true};
	assert_string_equal(table(), "target  received  written  dropped  late  bytes\n"
				     "db1            2        0        -     0    0 B");
	list[0].counts.drops = 7;
	assert_non_null(strstr(table(), ">=7"));
	list[0].counts.is_exact = true;
	assert_non_null(strstr(table(), "  7 "));
}

/* In 80 columns whatever they are. */
static void
large_numbers_are_whole_and_names_give_way(void **state)
{
	(void)state;
	set_up(2);
	list[0].name = "a-name-that-is-much-longer-than-there-is-room-for.example.org";
	list[1].counts.received = list[1].counts.written = 123456789012;
	list[1].counts.bytes = UINT64_MAX;
	list[1].counts.drops = 987654321;
	list[1].counts.late = 1000000;
	assert_non_null(strstr(table(), "123,456,789,012  123,456,789,012  987,654,321  "
					"1,000,000   18 EB"));
	assert_non_null(strstr(table(), "a-na~rg  "));
}

static void
of_many_those_in_trouble_are_shown_then_the_busiest(void **state)
{
	const char *text;
	unsigned lines = 1;

	(void)state;
	set_up(MANY);
	list[700].state = VIEW_FAILED;
	list[800].counts.drops = 1;
	list[900].counts.bytes = 2000;
	list[901].counts.received = 7; /* in the rest, as it is */
	text = table();
	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 1 + TABLE_TARGETS_MAX + 1 + 2);
	assert_true(strstr(text, "db701 ") < strstr(text, "db801 "));
	assert_true(strstr(text, "db801 ") < strstr(text, "db901 "));
	assert_true(strstr(text, "db901 ") < strstr(text, "db1 "));
	assert_non_null(strstr(text, "db47 "));
	assert_null(strstr(text, "db48 "));
	assert_non_null(strstr(text, "\n950 more"));
	assert_non_null(strstr(text,
			       "\n950 more     9,497    9,500        0     0  950 kB\n"
			       "total        9,997   10,000        1     0  1.0 MB"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_grouped_and_sizes_have_units),
	    cmocka_unit_test(one_target_has_no_total),
	    cmocka_unit_test(what_is_not_in_the_columns_stands_below),
	    cmocka_unit_test(of_a_file_nothing_is_said_that_nobody_counts),
	    cmocka_unit_test(large_numbers_are_whole_and_names_give_way),
	    cmocka_unit_test(of_many_those_in_trouble_are_shown_then_the_busiest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
