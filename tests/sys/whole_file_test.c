/* Files that appear at once, on a real directory. */
#include "sys/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/check.h"

static char dir[] = "/tmp/whole_file_test.XXXXXX";

static int
enter(void **state)
{
	(void)state;
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
	(void)state;
	return chdir("/") == 0 && rmdir(dir) == 0 ? 0 : -1;
}

static bool
has(const char *path, const char *want)
{
	char got[64] = {0};
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(got, 1, sizeof(got) - 1, f) : 0;

	if (f)
		fclose(f);
	return f && n == strlen(want) && strcmp(got, want) == 0;
}

static void
a_file_appears_whole(void **state)
{
	struct whole_file f;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(whole_file_open(&f, "x"), 0);
		assert_int_equal(whole_file_write(&f, "one", 3), 0);
		assert_true(access("x", F_OK) == (i == 0 ? -1 : 0));
		assert_int_equal(whole_file_write(&f, "two", 3), 0);
		assert_true(has("x.tmp", "onetwo"));
		assert_int_equal(whole_file_close(&f, true), 0);
		assert_null(f.path);
		assert_true(has("x", "onetwo"));
		assert_int_equal(access("x.tmp", F_OK), -1);
		assert_true(i == 1 || truncate("x", 1) == 0);
	}
	unlink("x");
}

static void
a_file_that_is_given_up_stays_as_it_was(void **state)
{
	struct whole_file f;

	(void)state;
	assert_int_equal(whole_file_open(&f, "x"), 0);
	assert_int_equal(whole_file_write(&f, "old", 3), 0);
	assert_int_equal(whole_file_close(&f, true), 0);
	assert_int_equal(whole_file_open(&f, "x"), 0);
	assert_int_equal(whole_file_write(&f, "new", 3), 0);
	assert_int_equal(whole_file_close(&f, false), 0);
	assert_true(has("x", "old"));
	assert_int_equal(access("x.tmp", F_OK), -1);
	unlink("x");
}

/* What a link leads to is written, the link stays. */
static void
what_a_link_leads_to_is_written(void **state)
{
	struct whole_file f;
	struct stat st;

	(void)state;
	assert_int_equal(symlink("y", "x"), 0);
	assert_int_equal(whole_file_open(&f, "x"), 0);
	assert_int_equal(access("y", F_OK), -1);
	assert_int_equal(whole_file_write(&f, "one", 3), 0);
	assert_int_equal(whole_file_close(&f, true), 0);
	assert_true(has("y", "one") && lstat("x", &st) == 0 && S_ISLNK(st.st_mode));
	assert_int_equal(whole_file_open(&f, "/dev/null"), 0);
	assert_int_equal(whole_file_write(&f, "one", 3), 0);
	assert_int_equal(whole_file_close(&f, true), 0);
	unlink("x");
	unlink("y");
}

/* In a directory that others write to as well: what the temporary file's name leads to
 * stays as it is. */
static void
no_link_is_followed(void **state)
{
	struct whole_file f;
	struct stat st;

	(void)state;
	assert_int_equal(whole_file_open(&f, "y"), 0);
	assert_int_equal(whole_file_write(&f, "other", 5), 0);
	assert_int_equal(whole_file_close(&f, true), 0);
	assert_int_equal(symlink("y", "x.tmp"), 0);
	assert_int_equal(whole_file_open(&f, "x"), 0);
	assert_int_equal(whole_file_write(&f, "one", 3), 0);
	assert_int_equal(whole_file_close(&f, true), 0);
	assert_true(has("y", "other") && has("x", "one"));
	assert_true(lstat("x", &st) == 0 && S_ISREG(st.st_mode));
	unlink("x");
	unlink("y");
}

static void
what_cannot_be_written_is_told(void **state)
{
	struct whole_file f;

	(void)state;
	assert_int_equal(whole_file_open(&f, "none/x"), -ENOENT);
	assert_null(f.path);
	assert_int_equal(whole_file_open(&f, "/dev/full"), 0);
	assert_int_equal(whole_file_write(&f, "one", 3), -ENOSPC);
	assert_int_equal(whole_file_close(&f, false), 0);
	assert_int_equal(mkdir("x.tmp", 0700), 0);
	assert_int_equal(whole_file_open(&f, "x"), -EEXIST);
	assert_int_equal(rmdir("x.tmp"), 0);
	assert_int_equal(whole_file_open(&f, "x"), 0);
	assert_int_equal(mkdir("x", 0700), 0);
	assert_int_equal(whole_file_close(&f, true), -EISDIR);
	assert_int_equal(access("x.tmp", F_OK), -1);
	assert_int_equal(rmdir("x"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_appears_whole),
	    cmocka_unit_test(a_file_that_is_given_up_stays_as_it_was),
	    cmocka_unit_test(what_a_link_leads_to_is_written),
	    cmocka_unit_test(no_link_is_followed),
	    cmocka_unit_test(what_cannot_be_written_is_told),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
