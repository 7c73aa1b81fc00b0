/* Pieces out of a pool: they never overlap, keep their bytes, and become one again. */
#include "sys/pool.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/rng.h"

#define UNITS  200
#define PIECES 64
#define STEPS  20000

struct piece {
	uint8_t *mem;
	size_t bytes;
	uint8_t fill;
};

static bool
is_inside(const struct pool *p, const uint8_t *mem)
{
	return mem >= p->mem && mem < p->mem + p->n_units * POOL_UNIT;
}

static void
check_piece(const struct piece *piece)
{
	assert_int_equal(piece->mem[0], piece->fill);
	assert_int_equal(piece->mem[piece->bytes / 2], piece->fill);
	assert_int_equal(piece->mem[piece->bytes - 1], piece->fill);
}

/* Each piece holds its own byte everywhere: an overlap would show in the other's. */
static void
no_two_pieces_overlap(void **state)
{
	uint64_t rng = rng_seed("pool_test");
	static struct piece pieces[PIECES];
	struct pool p;

	(void)state;
	pool_init(&p, UNITS * POOL_UNIT, false);
	assert_non_null(p.mem);
	for (int i = 0; i < STEPS; i++) {
		struct piece *piece = &pieces[rng_below(&rng, PIECES)];

		if (rng_below(&rng, 50) == 0)
			pool_trim(&p);
		if (piece->mem != NULL) {
			check_piece(piece);
			pool_give(&p, piece->mem, piece->bytes);
			piece->mem = NULL;
			continue;
		}
		piece->bytes = 1 + rng_below(&rng, 12 * POOL_UNIT);
		piece->fill = (uint8_t)(1 + i % 251);
		piece->mem = pool_take(&p, piece->bytes);
		assert_non_null(piece->mem);
		assert_int_equal((uintptr_t)piece->mem % POOL_UNIT, 0);
		memset(piece->mem, piece->fill, piece->bytes);
	}
	for (size_t i = 0; i < PIECES; i++) {
		if (pieces[i].mem == NULL)
			continue;
		check_piece(&pieces[i]);
		pool_give(&p, pieces[i].mem, pieces[i].bytes);
	}
	assert_ptr_equal(pool_take(&p, UNITS * POOL_UNIT), p.mem);
}

static void
a_pool_ends_at_its_bound(void **state)
{
	struct pool none = {0};
	struct pool p;
	uint8_t *a, *b, *c;

	(void)state;
	pool_init(&p, 3 * POOL_UNIT, true);
	a = pool_take(&p, POOL_UNIT + 1);
	b = pool_take(&p, 1);
	c = pool_take(&p, 1);
	assert_ptr_equal(a, p.mem);
	assert_ptr_equal(b, p.mem + 2 * POOL_UNIT);
	assert_false(is_inside(&p, c));
	pool_give(&p, c, 1);
	pool_give(&p, NULL, 0);
	/* What is free loses its pages at the second quiet call, what is used keeps them. */
	memset(a, 1, 2 * POOL_UNIT);
	*b = 2;
	pool_give(&p, a, POOL_UNIT + 1);
	pool_trim(&p);
	assert_int_equal(a[0], 1);
	pool_trim(&p);
	assert_int_equal(a[0], 0);
	assert_int_equal(*b, 2);
	/* Without a pool every piece is a mapping. */
	a = pool_take(&none, 5000);
	assert_non_null(a);
	pool_give(&none, a, 5000);
	pool_trim(&none);
	pool_trim(&none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_two_pieces_overlap),
	    cmocka_unit_test(a_pool_ends_at_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
