/* Interface indexes that stay apart over all targets. */
#include "cli/model/ifindexes.h"

#include "support/check.h"

struct row {
	int line;
	uint32_t index;
	uint32_t want;
	bool is_new;
};

/* One after the other, for target 2: numbers are 2 << 16 and more. */
static const struct row rows[] = {
    {__LINE__, 2, 0x20002, true},
    {__LINE__, 2, 0x20002, false},
    {__LINE__, 0, 0x20000, false}, /* unknown: told of by nobody */
    {__LINE__, 65535, 0x2ffff, true},
    {__LINE__, 65536, 0x2fffe, true}, /* 65535 is taken */
    {__LINE__, 0xffffffff, 0x2fffd, true},
    {__LINE__, 65536, 0x2fffe, false},
    {__LINE__, 65533, 0x2fffc, true}, /* its own went to a large one */
    {__LINE__, 65533, 0x2fffc, false},
    {__LINE__, 65532, 0x2fffb, true},
    {__LINE__, 2, 0x20002, false},
};

static void
each_interface_has_a_number_of_its_own(void **state)
{
	struct ifindexes x;

	(void)state;
	ifindexes_init(&x, 2);
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span input = {(const uint8_t *)"", 0};
		bool is_new;
		uint32_t got = ifindexes_map(&x, rows[i].index, &is_new);

		check_u64(__FILE__, rows[i].line, input, got, rows[i].want, "number");
		check_u64(__FILE__, rows[i].line, input, is_new, rows[i].is_new, "new");
	}
	ifindexes_fini(&x);
}

/* No number is given twice, however many a hostile source shows; beyond the bound a large
 * index, or one whose number is taken, is the unknown one. */
static void
no_number_is_given_twice(void **state)
{
	static uint8_t seen[65536];
	struct ifindexes x;
	bool is_new;
	uint32_t got;

	(void)state;
	ifindexes_init(&x, 65535);
	for (uint32_t i = 0; i < IFINDEXES_MAX; i++) {
		got = ifindexes_map(&x, i % 2 ? 65536 + i : 65535 - i, &is_new);
		assert_true(is_new);
		assert_int_equal(got >> 16, 65535);
		assert_int_equal(seen[got & 0xffff]++, 0);
	}
	assert_int_equal(ifindexes_map(&x, 100000, &is_new), 0xffff0000);
	assert_false(is_new);
	assert_int_equal(ifindexes_map(&x, 7, &is_new), 0xffff0007);
	assert_false(is_new);
	assert_int_equal(ifindexes_map(&x, 65534, &is_new), 0xffff0000);
	ifindexes_fini(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_interface_has_a_number_of_its_own),
	    cmocka_unit_test(no_number_is_given_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
