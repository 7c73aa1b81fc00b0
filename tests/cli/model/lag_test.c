/* What is said of a target that is behind, at given times. */
#include "cli/model/lag.h"

#include "support/check.h"

#define MS  UINT64_C(1000000)
#define SEC (1000 * MS)

static bool
look(struct lag *l, uint64_t now_ns, uint64_t lag_ns, const char *want)
{
	char mem[256];
	struct text t;
	bool is_said;

	text_init(&t, mem, sizeof(mem));
	is_said = lag_look(l, now_ns, lag_ns, 200 * MS, &t);
	if (is_said)
		check_span(__FILE__, __LINE__, span_str(want), text_span(&t),
			   span_str(want), "lag");
	return is_said;
}

static void
a_slow_link_is_named_once_a_minute(void **state)
{
	struct lag l = {0};
	uint32_t n = 0;

	(void)state;
	for (uint64_t s = 1; s <= 180; s++) {
		for (uint64_t i = 0; i < 100; i++)
			lag_note_bytes(&l, s * SEC + i * 10 * MS, 121000);
		n +=
		    look(&l, s * SEC + 999 * MS, s < 10 ? 200 * MS : 4200 * MS,
			 "4.2 s behind: its link carries 12.1 MB/s and more is captured; "
			 "use -s or -f to capture less");
	}
	assert_int_equal(n, 3);
}

static void
lumps_are_named_as_a_proxy_s(void **state)
{
	struct lag l = {0};
	uint32_t n = 0;

	(void)state;
	for (uint64_t i = 1; i <= 30; i++) {
		uint64_t now_ns = i * 3200 * MS;

		lag_note_bytes(&l, now_ns, 4096);
		for (unsigned j = 0; j < 60; j++)
			lag_note_beat(&l);
		for (uint64_t s = 0; s < 3; s++)
			n += look(
			    &l, now_ns + s * SEC + 1, i > 1 ? 3 * SEC : 0,
			    "its stream arrives in lumps of 3.2 s: a proxy buffers it; "
			    "switch that off there (nginx: proxy_buffering off)");
	}
	assert_in_range(n, 1, 2);
}

static void
one_stall_and_slow_heartbeats_are_no_lumps(void **state)
{
	struct lag l = {0};

	(void)state;
	for (uint64_t i = 1; i <= 30; i++) {
		lag_note_bytes(&l, i * 2 * SEC, 60);
		lag_note_beat(&l);
		assert_false(look(&l, i * 2 * SEC + 1, 0, ""));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_slow_link_is_named_once_a_minute),
	    cmocka_unit_test(lumps_are_named_as_a_proxy_s),
	    cmocka_unit_test(one_stall_and_slow_heartbeats_are_no_lumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
