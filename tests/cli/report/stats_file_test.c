/* --stats-json: a file that is there whole or not at all. */
#include "cli/report/stats_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/check.h"

static char folder[] = "/tmp/stats_file_test-XXXXXX";
static char path[128];
static struct view list[2];

static void
view_at(const void *of, uint32_t i, struct view *v)
{
	*v = ((const struct view *)of)[i];
}

static const struct views views = {list, 2, view_at};

static const char *
contents(void)
{
	static char mem[16384];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(mem, 1, sizeof(mem) - 1, f) : 0;

	if (f)
		fclose(f);
	mem[n] = '\0';
	return mem;
}

static int
set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(list); i++)
		list[i] = (struct view){.name = i == 0 ? "db1" : "db2",
					.reason = "",
					.state = VIEW_ENDED,
					.counts = {.is_exact = true,
						   .has_drops = true,
						   .received = 10 + i,
						   .written = 10 + i}};
	unlink(path);
	return 0;
}

static void
the_summary_is_there_when_it_is_closed(void **state)
{
	struct stats_file f = {.begin_ns = 0};
	const char *text;

	(void)state;
	list[1].state = VIEW_FAILED;
	list[1].reason = "403 Forbidden";
	assert_int_equal(stats_file_open(&f, path), 0);
	assert_string_equal(contents(), "");
	assert_int_equal(stats_file_close(&f, &views, 3, 200000000), 0);
	text = contents();
	assert_non_null(strstr(text, "\"exit_status\":3"));
	assert_non_null(strstr(text, "\"name\":\"db1\""));
	assert_non_null(strstr(text, "\"state\":\"failed\""));
	assert_non_null(strstr(text, "\"reason\":\"403 Forbidden\""));
	assert_non_null(strstr(text, "\"packets_received\":21"));
}

static void
a_reason_is_given_only_where_it_explains_the_state(void **state)
{
	static const struct {
		int line;
		enum view_state state;
		bool is_limited;
		bool has_reason;
	} rows[] = {
	    {__LINE__, VIEW_CAPTURING, false, false},
	    {__LINE__, VIEW_ENDED, false, false},
	    {__LINE__, VIEW_ENDED, true, true},
	    {__LINE__, VIEW_LOST, false, true},
	    {__LINE__, VIEW_CONNECTING, false, true},
	    {__LINE__, VIEW_FAILED, false, true},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct stats_file f = {.begin_ns = 0};

		list[1].state = rows[i].state;
		list[1].is_limited = rows[i].is_limited;
		list[1].reason = "because";
		assert_int_equal(stats_file_open(&f, path), 0);
		assert_int_equal(stats_file_close(&f, &views, 0, 0), 0);
		check_true(__FILE__, rows[i].line, span_str("state"),
			   (strstr(contents(), "because") != NULL) == rows[i].has_reason,
			   contents());
	}
}

static void
a_run_that_never_began_leaves_the_file_as_it_was(void **state)
{
	struct stats_file f = {.begin_ns = 0};
	FILE *old = fopen(path, "w");

	(void)state;
	fputs("of the last run\n", old);
	fclose(old);
	assert_int_equal(stats_file_open(&f, path), 0);
	assert_int_equal(stats_file_close(&f, NULL, 1, 0), 0);
	assert_string_equal(contents(), "of the last run\n");
}

static void
without_a_path_nothing_is_written(void **state)
{
	struct stats_file f = {.begin_ns = 0};

	(void)state;
	assert_int_equal(stats_file_close(&f, &views, 0, 0), 0);
	assert_int_equal(stats_file_open(&f, NULL), 0);
	assert_int_equal(stats_file_close(&f, &views, 0, 0), 0);
}

static void
a_place_that_does_not_exist_is_found_before_the_run(void **state)
{
	struct stats_file f = {.begin_ns = 0};

	(void)state;
	assert_int_equal(stats_file_open(&f, "/nonexistent/stats.json"), -ENOENT);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_summary_is_there_when_it_is_closed),
	    TEST(a_reason_is_given_only_where_it_explains_the_state),
	    TEST(a_run_that_never_began_leaves_the_file_as_it_was),
	    TEST(without_a_path_nothing_is_written),
	    TEST(a_place_that_does_not_exist_is_found_before_the_run),
	};
	int rc;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/stats.json", folder);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(folder);
	return rc;
}
