/* What is said of a target that is behind, at given times. */
#include "cli/model/lag.h"

#include "support/check.h"

#define MS  UINT64_C(1000000)
#define SEC (1000 * MS)

static bool
look(struct lag *l, uint64_t now_ns, const struct lag_view *view, const char *want)
{
	char mem[256];
	struct text t;
	bool is_said;

	text_init(&t, mem, sizeof(mem));
	is_said = lag_look(l, now_ns, view, &t);
	if (is_said)
		check_span(__FILE__, __LINE__, span_str(want), text_span(&t),
			   span_str(want), "lag");
	return is_said;
}

static void
a_slow_link_is_named_once_a_minute(void **state)
{
	struct lag_view view = {.lag_ns = 200 * MS, .hold_back_ns = 200 * MS};
	struct lag l = {0};
	uint32_t n = 0;

	(void)state;
	for (uint64_t s = 1; s <= 180; s++) {
		for (uint64_t i = 0; i < 100; i++)
			lag_note_bytes(&l, 121000);
		view.lag_ns = s < 10 ? 200 * MS : 4200 * MS;
		n +=
		    look(&l, s * SEC, &view,
			 "4.2 s behind: its link carries 12.1 MB/s and more is captured; "
			 "use -s or -f to capture less");
	}
	assert_int_equal(n, 3);
}

static void
a_very_slow_link_carries_kilobytes(void **state)
{
	struct lag_view view = {.lag_ns = 0, .hold_back_ns = 200 * MS};
	struct lag l = {0};

	(void)state;
	assert_false(look(&l, SEC, &view, ""));
	lag_note_bytes(&l, 20500);
	view.lag_ns = 700 * MS;
	assert_true(look(&l, 2 * SEC, &view,
			 "0.7 s behind: its link carries 20.5 kB/s and more is captured; "
			 "use -s or -f to capture less"));
}

static void
a_rate_that_was_not_measured_is_not_told(void **state)
{
	struct lag_view view = {.lag_ns = 700 * MS, .hold_back_ns = 200 * MS};
	struct lag l = {0};

	(void)state;
	lag_note_bytes(&l, 90);
	assert_true(
	    look(&l, 5000 * SEC, &view,
		 "0.7 s behind: more is captured than its link carries; use -s or "
		 "-f to capture less"));
	lag_note_bytes(&l, 5940);
	assert_true(
	    look(&l, 5060 * SEC, &view,
		 "0.7 s behind: its link carries 99 B/s and more is captured; use "
		 "-s or -f to capture less"));
}

static void
lumps_are_named_as_a_proxy_s_once_a_minute(void **state)
{
	struct lag_view view = {
	    .lag_ns = 3 * SEC, .hold_back_ns = 200 * MS, .gap_ns = 490 * MS};
	struct lag l = {0};
	uint32_t n = 0;

	(void)state;
	for (uint64_t s = 1; s <= 180; s++) {
		lag_note_bytes(&l, 4096);
		view.lumps = s < 10 ? LUMPS_MAYBE : LUMPS_CERTAIN;
		n += look(&l, s * SEC, &view,
			  "its stream arrives in lumps of 0.4 s: a proxy buffers it; "
			  "switch that off there (nginx: proxy_buffering off)");
		assert_int_equal(n, s < 10 ? 0 : (s + 50) / 60);
	}
}

static void
what_does_not_lag_or_is_stalled_is_not_named(void **state)
{
	struct lag_view view = {.lag_ns = 200 * MS, .hold_back_ns = 200 * MS};
	struct lag l = {0};

	(void)state;
	lag_note_bytes(&l, 4096);
	assert_false(look(&l, SEC, &view, ""));
	view.lag_ns = 3 * SEC;
	assert_false(look(&l, 2 * SEC, &view, ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_slow_link_is_named_once_a_minute),
	    cmocka_unit_test(a_very_slow_link_carries_kilobytes),
	    cmocka_unit_test(a_rate_that_was_not_measured_is_not_told),
	    cmocka_unit_test(lumps_are_named_as_a_proxy_s_once_a_minute),
	    cmocka_unit_test(what_does_not_lag_or_is_stalled_is_not_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
