/* Addresses and their targets. */
#include "path/owners.h"

#include <string.h>

#include "support/check.h"

static void
an_address_is_its_targets_once_that_is_told_or_seen(void **state)
{
	static struct path_owner list[PATH_OWNERS_MAX];
	struct path_owners o = {.list = list};
	const uint8_t a[16] = {10, 0, 0, 1};
	const uint8_t b[16] = {10, 0, 0, 2};

	(void)state;
	assert_int_equal(path_owners_of(&o, 4, a), PATH_NOBODY);
	path_owners_tell(&o, 4, a, 3);
	assert_int_equal(path_owners_of(&o, 4, a), 3);
	assert_int_equal(path_owners_of(&o, 6, a), PATH_NOBODY);
	for (uint32_t i = 0; i < PATH_OWNERS_SEEN; i++) {
		assert_int_equal(path_owners_of(&o, 4, b), PATH_NOBODY);
		path_owners_see(&o, 4, b, 5);
	}
	path_owners_hear(&o, 4, b, 6);
	assert_int_equal(path_owners_of(&o, 4, b), PATH_NOBODY);
	path_owners_hear(&o, 4, b, 5);
	assert_int_equal(path_owners_of(&o, 4, b), 5);
}

static void
an_address_of_two_targets_is_nobodys(void **state)
{
	static struct path_owner list[PATH_OWNERS_MAX];
	struct path_owners o = {.list = list};
	const uint8_t a[16] = {10, 0, 0, 1};
	const uint8_t b[16] = {10, 0, 0, 2};

	(void)state;
	path_owners_tell(&o, 4, a, 3);
	path_owners_tell(&o, 4, a, 4);
	path_owners_tell(&o, 4, a, 4);
	assert_int_equal(path_owners_of(&o, 4, a), PATH_NOBODY);
	for (uint32_t i = 0; i < 3 * PATH_OWNERS_SEEN; i++)
		path_owners_see(&o, 4, b, (uint16_t)(i % 2));
	assert_int_equal(path_owners_of(&o, 4, b), PATH_NOBODY);
}

static void
more_addresses_than_have_room_are_nobodys(void **state)
{
	static struct path_owner list[PATH_OWNERS_MAX];
	struct path_owners o = {.list = list};
	uint8_t a[16] = {10};

	(void)state;
	for (uint32_t i = 0; i < 2 * PATH_OWNERS_MAX; i++) {
		memcpy(a + 4, &i, sizeof(i));
		path_owners_tell(&o, 6, a, 1);
	}
	assert_int_equal(path_owners_of(&o, 6, a), PATH_NOBODY);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_is_its_targets_once_that_is_told_or_seen),
	    cmocka_unit_test(an_address_of_two_targets_is_nobodys),
	    cmocka_unit_test(more_addresses_than_have_room_are_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
