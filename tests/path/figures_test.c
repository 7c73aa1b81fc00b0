/* Histograms of delays. */
#include "path/figures.h"

#include "support/check.h"

static void
a_delay_is_kept_within_three_percent(void **state)
{
	(void)state;
	for (int64_t ns = 2000; ns < INT64_C(60000000000); ns += ns / 7) {
		struct path_figures f = {.n = 0};
		int64_t got;

		path_figures_add(&f, 1, 0, true);
		path_figures_add(&f, ns, 0, true);
		path_figures_add(&f, INT64_MAX / 4, 0, true);
		got = path_figures_at(&f, 500);
		if (got < ns - ns * 3 / 100 || got > ns + ns * 3 / 100)
			fail_msg("%lld became %lld", (long long)ns, (long long)got);
	}
}

static void
the_ends_are_exact(void **state)
{
	struct path_figures f = {.n = 0};

	(void)state;
	for (int64_t i = 1; i <= 1000; i++)
		path_figures_add(&f, i * 1001, 0, true);
	assert_int_equal(path_figures_at(&f, 0), 1001);
	assert_int_equal(path_figures_at(&f, 1000), 1001000);
	assert_true(path_figures_at(&f, 990) >= 960000 &&
		    path_figures_at(&f, 990) <= 1020000);
}

static void
what_clocks_make_negative_stays_in_order(void **state)
{
	struct path_figures f = {.n = 0};

	(void)state;
	for (int64_t i = 0; i < 100; i++)
		path_figures_add(&f, -900000 + i * 1000, 1000000, true);
	assert_true(path_figures_at(&f, 500) < -800000 &&
		    path_figures_at(&f, 500) > -900000);
	assert_int_equal(f.bound_ns, 1000000);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_delay_is_kept_within_three_percent),
	    cmocka_unit_test(the_ends_are_exact),
	    cmocka_unit_test(what_clocks_make_negative_stays_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
