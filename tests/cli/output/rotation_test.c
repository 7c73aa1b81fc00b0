/* Names of files in a row, and which one goes. */
#include "cli/output/rotation.h"

#include <string.h>

#include "support/check.h"

struct row {
	const char *path;
	const char *name; /* of number 1, at the Unix time 1795397400 */
};

static const struct row rows[] = {
    {"cap.pcap", "cap_00001_20261123T013000Z.pcap"},
    {"/a/b.c/cap.pcapng", "/a/b.c/cap_00001_20261123T013000Z.pcapng"},
    {"/a/b.c/cap", "/a/b.c/cap_00001_20261123T013000Z"},
    {"cap.tar.gz", "cap.tar_00001_20261123T013000Z.gz"},
    {".cap", ".cap_00001_20261123T013000Z"},
    {"./.cap", "./.cap_00001_20261123T013000Z"},
    {"./.cap.x", "./.cap_00001_20261123T013000Z.x"},
    {"cap.", "cap_00001_20261123T013000Z."},
    {"x", "x_00001_20261123T013000Z"},
};

static void
a_files_name_has_its_number_and_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char mem[128];
		struct text name;
		struct rotation r;

		text_init(&name, mem, sizeof(mem));
		assert_true(rotation_init(&r, rows[i].path, 0));
		rotation_next(&r, 1795397400, &name);
		check_true(__FILE__, __LINE__, text_span(&name),
			   span_eq(text_span(&name), span_str(rows[i].name)),
			   rows[i].name);
		rotation_fini(&r);
	}
}

static void
numbers_grow_beyond_five_digits(void **state)
{
	struct rotation r;
	char mem[64];
	struct text name;

	(void)state;
	assert_true(rotation_init(&r, "x", 0));
	r.number = 99998;
	text_init(&name, mem, sizeof(mem));
	rotation_next(&r, 0, &name);
	assert_string_equal(text_cstr(&name), "x_99999_19700101T000000Z");
	text_init(&name, mem, sizeof(mem));
	rotation_next(&r, 59, &name);
	assert_string_equal(text_cstr(&name), "x_100000_19700101T000059Z");
	assert_false(rotation_oldest(&r, &name));
	rotation_fini(&r);
}

/* Each file's own time names the one that goes. */
static void
the_oldest_file_goes_by_its_own_time(void **state)
{
	struct rotation r;
	char mem[64];
	struct text name;

	(void)state;
	assert_true(rotation_init(&r, "x", 2));
	for (uint64_t i = 1; i <= 7; i++) {
		text_init(&name, mem, sizeof(mem));
		rotation_next(&r, 10 * i, &name);
		text_init(&name, mem, sizeof(mem));
		assert_int_equal(rotation_oldest(&r, &name), i > 2);
		if (i == 3)
			assert_string_equal(text_cstr(&name), "x_00001_19700101T000010Z");
		if (i == 7)
			assert_string_equal(text_cstr(&name), "x_00005_19700101T000050Z");
	}
	rotation_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_files_name_has_its_number_and_time),
	    cmocka_unit_test(numbers_grow_beyond_five_digits),
	    cmocka_unit_test(the_oldest_file_goes_by_its_own_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
