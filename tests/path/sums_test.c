/* The counts add up. */
#include "path/sums.h"

#include "path/build.h"

#include "support/rng.h"

static void
every_packet_has_one_verdict_and_segments_have_all_losses(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 30; seed++) {
		struct chain c = chain_make(1 << 20);
		uint64_t rng = seed;
		uint64_t n_lost = 0;
		uint64_t n_unknown = 0;
		uint64_t n_packets = 0;
		struct build b;

		for (uint32_t i = 0; i < 500; i++) {
			build_udp(&b, (uint16_t)(rng_below(&rng, 300) + 1),
				  (uint16_t)(1000 + i % 7), 100, i % 50);
			chain_pass(&c, &b, 1 + (unsigned)rng_below(&rng, AT_N), 5000 + i);
			if (i == 250)
				chain_mark(&c, 5260, 1, BUILD_R);
		}
		chain_judge(&c, 9000);
		for (uint32_t i = 0; i < c.path->classes.n_segments; i++) {
			const struct path_counts *s = &c.path->classes.segments[i].shown;

			n_lost += s->lost;
			for (uint32_t k = 0; k < PATH_BLIND_N; k++)
				n_unknown += s->unknown[k];
		}
		for (uint32_t i = 0; i < c.path->classes.n; i++)
			n_packets += c.path->classes.list[i].packets;
		assert_int_equal(n_lost, chain_count(&c, PATH_LOST));
		assert_int_equal(n_unknown, chain_count(&c, PATH_BLINDED));
		assert_int_equal(n_packets, path_total(&c.path->shown));
		chain_free(&c);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_packet_has_one_verdict_and_segments_have_all_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
