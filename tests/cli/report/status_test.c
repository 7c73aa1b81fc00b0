/* The live display, as the lines that a terminal shows. */
#include "cli/report/status.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

#define US  UINT64_C(1000)
#define MS  (1000 * US)
#define SEC (1000 * MS)
#define DAY (86400 * SEC)

struct value {
	int line;
	uint64_t value;
	const char *want;
};

static void
check_values(const struct value *v, size_t n, void (*put)(struct text *, uint64_t))
{
	for (size_t i = 0; i < n; i++) {
		char mem[32];
		struct text t;

		text_init(&t, mem, sizeof(mem));
		put(&t, v[i].value);
		check_span(__FILE__, v[i].line, span_str(v[i].want), text_span(&t),
			   span_str(v[i].want), "value");
	}
}

static void
a_count_takes_four_characters(void **state)
{
	static const struct value v[] = {
	    {__LINE__, 0, "0"},
	    {__LINE__, 999, "999"},
	    {__LINE__, 1000, "1.0k"},
	    {__LINE__, 1299, "1.2k"},
	    {__LINE__, 9999, "9.9k"},
	    {__LINE__, 10000, "10k"},
	    {__LINE__, 999999, "999k"},
	    {__LINE__, 1000000, "1.0M"},
	    {__LINE__, 3456789, "3.4M"},
	    {__LINE__, 12345678901, "12G"},
	    {__LINE__, 999999999999999, "999T"},
	    {__LINE__, 1000000000000000, "1.0P"},
	    {__LINE__, UINT64_MAX, "18E"},
	};

	(void)state;
	check_values(v, CHECK_COUNT(v), status_put_count);
}

static void
a_time_takes_five_characters(void **state)
{
	static const struct value v[] = {
	    {__LINE__, 0, "0us"},	    {__LINE__, 999, "0us"},
	    {__LINE__, 350 * US, "350us"},  {__LINE__, MS - 1, "999us"},
	    {__LINE__, MS, "1.0ms"},	    {__LINE__, 9999 * US, "9.9ms"},
	    {__LINE__, 10 * MS, "10ms"},    {__LINE__, SEC - 1, "999ms"},
	    {__LINE__, SEC, "1.0s"},	    {__LINE__, 10 * SEC - 1, "9.9s"},
	    {__LINE__, 10 * SEC, "10s"},    {__LINE__, 100 * SEC - 1, "99s"},
	    {__LINE__, 100 * SEC, "1.6m"},  {__LINE__, 6000 * SEC - 1, "99m"},
	    {__LINE__, 6000 * SEC, "1.6h"}, {__LINE__, 100 * 3600 * SEC, "4.1d"},
	    {__LINE__, 365 * DAY, "365d"},  {__LINE__, UINT64_MAX, "213503d"},
	};

	(void)state;
	check_values(v, CHECK_COUNT(v), status_put_time);
}

static void
a_rate_is_the_mean_of_now_and_before(void **state)
{
	struct status_rate r = {0};

	(void)state;
	status_rate_update(&r, 100, 0);
	assert_int_equal(r.per_s, 0);
	status_rate_update(&r, 100, SEC / 2);
	assert_int_equal(r.per_s, 200);
	status_rate_update(&r, 100, MS - 1);
	assert_int_equal(r.per_s, 200);
	status_rate_update(&r, 300, SEC / 2);
	assert_int_equal(r.per_s, 300);
	for (int i = 0; i < 10; i++)
		status_rate_update(&r, 300, SEC / 2);
	assert_int_equal(r.per_s, 0);
	status_rate_update(&r, UINT64_C(1) << 53, SEC);
	assert_int_equal(r.per_s, (UINT64_C(1) << 53) - 300);
}

#define CAPTURING(n) \
	.name = n, .state = VIEW_CAPTURING, .drops = VIEW_UNKNOWN, .lag_ns = VIEW_UNKNOWN

static const struct status_row few[] = {
    {.name = "db1",
     .state = VIEW_CAPTURING,
     .has_offset = true,
     .offset_ns = 1300000,
     .packets_s = 1234,
     .bytes_s = 340000,
     .lag_ns = 61 * MS},
    {.name = "db2",
     .state = VIEW_LOST,
     .reason = "the stream was cut",
     .drops = 5,
     .late = 2,
     .lag_ns = VIEW_UNKNOWN},
    {CAPTURING("10.0.0.1:8475#2"), .has_offset = true, .offset_ns = INT64_MIN},
    {.name = "web", .state = VIEW_CONNECTING, .drops = VIEW_UNKNOWN, .lag_ns = 0},
};

static const struct status_row many[] = {
    {CAPTURING("a"), .bytes_s = 10},
    {CAPTURING("b"), .bytes_s = 30},
    {.name = "c", .state = VIEW_ENDED, .drops = VIEW_UNKNOWN, .lag_ns = VIEW_UNKNOWN},
    {CAPTURING("d"), .bytes_s = 20},
    {CAPTURING("e"), .bytes_s = 30},
    {.name = "f", .state = VIEW_FAILED, .reason = "no"},
    {.name = "g",
     .state = VIEW_CONNECTING,
     .drops = VIEW_UNKNOWN,
     .lag_ns = VIEW_UNKNOWN},
    {.name = "h", .state = VIEW_LOST, .reason = "x"},
};

static const struct status_row losses[] = {
    {.name = "a",
     .state = VIEW_CAPTURING,
     .drops = 1234,
     .not_written = 7,
     .lag_ns = VIEW_UNKNOWN},
    {.name = "b",
     .state = VIEW_LOST,
     .reason = "x",
     .drops = 999999,
     .not_fetched = 998000,
     .not_written = 997000,
     .own = 996000,
     .is_at_least = true,
     .lag_ns = VIEW_UNKNOWN},
    {CAPTURING("c"), .own = 1},
    {.name = "d", .state = VIEW_CAPTURING, .lag_ns = VIEW_UNKNOWN},
};

static const struct status_row hostile[] = {
    {CAPTURING("\x1b[2J\xc3\xa9\n")},
    {.name = "n",
     .state = VIEW_FAILED,
     .reason = "\r\x9b"
	       "a"},
};

struct row {
	int line;
	const struct status_row *rows;
	uint32_t n;
	bool is_paused;
	unsigned width;
	unsigned height;
	const char *want;
};

#define LOSSES	losses, CHECK_COUNT(losses)
#define FEW	few, CHECK_COUNT(few)
#define MANY	many, CHECK_COUNT(many)
#define HOSTILE hostile, CHECK_COUNT(hostile)

static const struct row rows[] = {
    {__LINE__, FEW, false, 80, 24,
     "target          state       pkt/s  byte/s  drops  late    lag   clock\n"
     "db1             capturing    1.2k    340k      0     0   61ms  +1.3ms\n"
     "db2             lost: the stream was cut\n"
     "  dropped 5\n"
     "10.0.0.1:8475#2 capturing       0       0      -     0      - -106751d\n"
     "web             connecting      0       0      -     0    0us       -\n"
     "total           2 of 4       1.2k    340k      5     2   61ms       -\n"
     "  dropped 5"},
    {__LINE__, FEW, true, 50, 8,
     "target          state       pkt/s  byte/s  drops\n"
     "db1             capturing    1.2k    340k      0\n"
     "db2             lost: the stream was cut\n"
     "10.0.0.1:8475#2 capturing       0       0      -\n"
     "web             connecting      0       0      -\n"
     "total           paused       1.2k    340k      5\n"
     "  dropped 5"},
    {__LINE__, LOSSES, false, 80, 24,
     "target state       pkt/s  byte/s  drops  late    lag   clock\n"
     "a      capturing       0       0   1.2k     0      -       -\n"
     "  dropped 1.2k, not written 7\n"
     "b      lost: x\n"
     "  at least: dropped 999k, not fetched 998k, not written 997k, own traffic 996k\n"
     "c      capturing       0       0      -     0      -       -\n"
     "  own traffic 1\n"
     "d      capturing       0       0      0     0      -       -\n"
     "total  3 of 4          0       0   1.0M     0      -       -\n"
     "  at least: dropped 1.0M, not fetched 998k, not written 997k, own traffic 996k"},
    {__LINE__, LOSSES, false, 80, 8,
     "target state       pkt/s  byte/s  drops  late    lag   clock\n"
     "a      capturing       0       0   1.2k     0      -       -\n"
     "b      lost: x\n"
     "c      capturing       0       0      -     0      -       -\n"
     "d      capturing       0       0      0     0      -       -\n"
     "total  3 of 4          0       0   1.0M     0      -       -\n"
     "  at least: dropped 1.0M, not fetched 998k, not written 997k, own traffic 996k"},
    {__LINE__, LOSSES, false, 30, 6,
     "target state       pkt/s\n"
     "b      lost: x\n"
     "and 3 more\n"
     "total  3 of 4          0\n"
     "  at least: dropped 1.0M, not"},
    {__LINE__, FEW, false, 30, 24,
     "target          state\n"
     "db1             capturing\n"
     "db2             lost: the str\n"
     "  dropped 5\n"
     "10.0.0.1:8475#2 capturing\n"
     "web             connecting\n"
     "total           2 of 4\n"
     "  dropped 5"},
    {__LINE__, FEW, false, 20, 24,
     "target   state\n"
     "db1      capturing\n"
     "db2      lost: the\n"
     "  dropped 5\n"
     "10.0.~#2 capturing\n"
     "web      connecting\n"
     "total    2 of 4\n"
     "  dropped 5"},
    {__LINE__, FEW, false, 5, 24, "t~ s\nd~ c\nd~ l\n  dr\n1~ c\nw~ c\nt~ 2\n  dr"},
    {__LINE__, FEW, false, 1, 2, ""},
    {__LINE__, MANY, false, 35, 11,
     "target state       pkt/s  byte/s\n"
     "a      capturing       0      10\n"
     "b      capturing       0      30\n"
     "c      ended           0       0\n"
     "d      capturing       0      20\n"
     "e      capturing       0      30\n"
     "f      failed: no\n"
     "g      connecting      0       0\n"
     "h      lost: x\n"
     "total  4 of 8          0      90"},
    {__LINE__, MANY, false, 35, 10,
     "target state       pkt/s  byte/s\n"
     "f      failed: no\n"
     "h      lost: x\n"
     "g      connecting      0       0\n"
     "b      capturing       0      30\n"
     "e      capturing       0      30\n"
     "d      capturing       0      20\n"
     "and 2 more\n"
     "total  4 of 8          0      90"},
    {__LINE__, MANY, false, 35, 5,
     "target state       pkt/s  byte/s\n"
     "f      failed: no\n"
     "and 7 more\n"
     "total  4 of 8          0      90"},
    {__LINE__, MANY, false, 35, 4,
     "target state       pkt/s  byte/s\n"
     "total  4 of 8          0      90"},
    {__LINE__, MANY, false, 35, 2, "total  4 of 8          0      90"},
    {__LINE__, MANY, false, 35, 0, "total  4 of 8          0      90"},
    {__LINE__, HOSTILE, false, 30, 9,
     "target  state       pkt/s\n"
     "?[2J??? capturing       0\n"
     "n       failed: ??a\n"
     "total   1 of 2          0"},
};

static void
check_row(const struct row *row)
{
	static char mem[STATUS_BYTES];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	status_put(&t, row->rows, row->n, row->is_paused, row->width, row->height);
	check_true(__FILE__, row->line, text_span(&t), !t.is_cut, "whole");
	check_span(__FILE__, row->line, span_str(row->want), text_span(&t),
		   span_str(row->want), "lines");
}

static void
each_target_has_its_line_and_its_trouble_below(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		check_row(&rows[i]);
}

#define CROWD 1000

/* Whatever the size: no line wraps, no screen scrolls, the total is there. */
static void
check_size(const struct status_row *crowd, unsigned width, unsigned height)
{
	static char mem[STATUS_BYTES];
	unsigned lines = 1;
	unsigned column = 0;
	struct text t;

	text_init(&t, mem, sizeof(mem));
	status_put(&t, crowd, CROWD, false, width, height);
	assert_false(t.is_cut);
	for (size_t i = 0; i < t.n; i++) {
		bool is_end = t.p[i] == '\n';

		assert_true(is_end || (t.p[i] >= ' ' && t.p[i] <= '~'));
		lines += is_end;
		column = is_end ? 0 : column + 1;
		assert_true(column < (width > 2 ? width : 2));
		assert_true(column <= STATUS_WIDTH_MAX);
	}
	assert_true(lines < (height > 2 ? height : 2));
	assert_true(lines <= STATUS_HEIGHT_MAX);
	assert_true(width < 20 || strstr(text_cstr(&t), "total"));
}

static void
the_lines_fit_any_screen(void **state)
{
	static struct status_row crowd[CROWD];
	static char names[CROWD][300];
	static char reason[512];

	(void)state;
	memset(reason, 'r', sizeof(reason) - 1);
	for (unsigned i = 0; i < CROWD; i++) {
		snprintf(names[i], sizeof(names[i]), "%0*u", (int)(i % 290) + 1, i);
		crowd[i] = (struct status_row){.name = names[i],
					       .reason = reason,
					       .state = (enum view_state)(i % 5),
					       .packets_s = i * UINT64_C(1000003),
					       .bytes_s = UINT64_MAX / 2000 * i,
					       .drops = i,
					       .late = UINT64_MAX / 2000 * i,
					       .lag_ns = i * 1000000};
	}
	for (unsigned width = 0; width < 300; width += width < 24 ? 1 : 13)
		for (unsigned height = 0; height < 120; height += height < 8 ? 1 : 17)
			check_size(crowd, width, height);
}

static void
a_sentence_sums_up_all_targets(void **state)
{
	char mem[300];
	struct text t;

	(void)state;
	text_init(&t, mem, sizeof(mem));
	status_put_sentence(&t, few, CHECK_COUNT(few));
	assert_string_equal(text_cstr(&t),
			    "2 of 4 targets, 1.2k packets/s, 340k bytes/s, 5 "
			    "dropped by kernel, 2 late");
	text_init(&t, mem, sizeof(mem));
	status_put_sentence(&t, losses + 1, 1);
	assert_string_equal(
	    text_cstr(&t), "0 of 1 target, 0 packets/s, 0 bytes/s, at least 999k dropped "
			   "by kernel, at least 998k not fetched, 997k not written, at "
			   "least 996k own traffic, 0 late");
	text_init(&t, mem, sizeof(mem));
	status_put_sentence(&t, few + 3, 1);
	assert_string_equal(text_cstr(&t),
			    "0 of 1 target, 0 packets/s, 0 bytes/s, 0 late");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_count_takes_four_characters),
	    cmocka_unit_test(a_time_takes_five_characters),
	    cmocka_unit_test(a_rate_is_the_mean_of_now_and_before),
	    cmocka_unit_test(each_target_has_its_line_and_its_trouble_below),
	    cmocka_unit_test(the_lines_fit_any_screen),
	    cmocka_unit_test(a_sentence_sums_up_all_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
