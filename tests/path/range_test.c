/* TCP's ranges against a model that counts each byte on its own. */
#include "path/range.h"

#include "path/build.h"
#include "support/rng.h"

#define BYTES  200u
#define POINTS 4u
#define CAP    8192u

struct lists {
	struct path_table table;
	struct path_ranges ranges;
	void *mem;
};

static struct lists
make(void)
{
	struct lists l = {.mem = calloc(1, path_table_bytes(CAP))};

	path_table_init(&l.table, l.mem, CAP, 1000);
	memset(&l.ranges, 0xff, sizeof(l.ranges));
	return l;
}

static bool
take(struct lists *l, uint16_t point, uint32_t lo, uint32_t n)
{
	struct path_key key = {.kind = PATH_KIND_RANGE, .lo = lo, .hi = lo + n};
	struct path_seen seen = {.point = point};

	return path_range_take(&l->table, &l->ranges, 0, &key, &seen, 100);
}

/* How often the byte was seen at the point, over all passes. */
static uint32_t
count(const struct lists *l, uint32_t byte, uint16_t point)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < path_table_used(&l->table); i++) {
		const struct path_entry *e = path_table_at(&l->table, i);
		uint32_t lo = (uint32_t)(e->id >> 32);

		if (byte - lo < e->bytes)
			n += path_table_has(e, point);
	}
	return n;
}

static void
every_byte_is_seen_as_often_as_it_was_shown(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct lists l = make();
		uint32_t begin = seed % 2 ? 1000 : UINT32_MAX - BYTES / 2;
		uint32_t want[POINTS][BYTES] = {{0}};
		uint64_t rng = seed;

		for (int i = 0; i < 60; i++) {
			uint32_t lo = (uint32_t)(rng_next(&rng) % BYTES);
			uint32_t n = 1 + (uint32_t)(rng_next(&rng) % (BYTES - lo));
			uint16_t point = (uint16_t)(rng_next(&rng) % POINTS);
			bool has_room = true;

			for (uint32_t k = lo; k < lo + n; k++)
				has_room &= want[point][k] < PATH_RANGE_PASSES / 2;
			if (!has_room)
				continue;
			assert_true(take(&l, point, begin + lo, n));
			for (uint32_t k = lo; k < lo + n; k++)
				want[point][k]++;
		}
		for (uint16_t p = 0; p < POINTS; p++)
			for (uint32_t k = 0; k < BYTES; k++)
				if (count(&l, begin + k, p) != want[p][k])
					fail_msg("seed %llu point %u byte %u",
						 (unsigned long long)seed, p, k);
		free(l.mem);
	}
}

static void
a_large_record_and_its_segments_are_the_same_bytes(void **state)
{
	struct lists l = make();

	(void)state;
	assert_true(take(&l, 0, 0, 65000));
	for (uint32_t i = 0; i < 45; i++)
		assert_true(take(&l, 1, i * 1448, i < 44 ? 1448 : 65000 - 44 * 1448));
	assert_int_equal(path_table_used(&l.table), 45);
	for (uint32_t i = 0; i < 45; i++) {
		assert_int_equal(path_table_at(&l.table, i)->n, 2);
		assert_int_equal(path_table_at(&l.table, i)->flags & PATH_ENTRY_ALIKE, 0);
	}
	free(l.mem);
}

static void
bytes_that_are_sent_again_are_another_pass(void **state)
{
	struct lists l = make();

	(void)state;
	assert_true(take(&l, 0, 0, 1000));
	assert_true(take(&l, 0, 0, 1000));
	assert_true(take(&l, 1, 0, 1000));
	assert_int_equal(path_table_used(&l.table), 2);
	assert_int_equal(path_table_at(&l.table, 0)->n, 1);
	assert_int_equal(path_table_at(&l.table, 1)->n, 2);
	free(l.mem);
}

static void
entries_leave_in_any_state_of_the_list(void **state)
{
	struct lists l = make();
	uint64_t rng = 5;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint32_t oldest = path_table_oldest(&l.table);

		take(&l, (uint16_t)(rng_next(&rng) % POINTS),
		     (uint32_t)(rng_next(&rng) % 3000), 1 + rng_next(&rng) % 100);
		while (path_table_used(&l.table) > CAP - PATH_RANGE_NEW - 1 ||
		       (rng_next(&rng) % 2 && oldest != PATH_NONE)) {
			oldest = path_table_oldest(&l.table);
			if (oldest == PATH_NONE)
				break;
			path_range_drop(&l.table, &l.ranges, oldest);
			path_table_free_oldest(&l.table);
		}
	}
	while ((uint32_t)path_table_oldest(&l.table) != PATH_NONE) {
		path_range_drop(&l.table, &l.ranges, path_table_oldest(&l.table));
		path_table_free_oldest(&l.table);
	}
	assert_int_equal(l.ranges.first, PATH_NONE);
	free(l.mem);
}

static void
the_same_bytes_again_and_again_are_given_up(void **state)
{
	struct lists l = make();
	bool is_good = true;

	(void)state;
	for (uint32_t i = 0; i < 2 * PATH_RANGE_PASSES; i++)
		is_good &= take(&l, 0, 0, 10);
	assert_false(is_good);
	assert_int_equal(path_table_used(&l.table), PATH_RANGE_PASSES);
	free(l.mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_byte_is_seen_as_often_as_it_was_shown),
	    cmocka_unit_test(a_large_record_and_its_segments_are_the_same_bytes),
	    cmocka_unit_test(bytes_that_are_sent_again_are_another_pass),
	    cmocka_unit_test(entries_leave_in_any_state_of_the_list),
	    cmocka_unit_test(the_same_bytes_again_and_again_are_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
