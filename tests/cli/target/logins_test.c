/* Users and passwords from a .netrc file: who gets which, and what is refused. */
#include "cli/target/logins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/check.h"
#include "support/said.h"
#include "sys/log.h"

static char folder[] = "/tmp/logins_test-XXXXXX";
static char path[128];
static char said_why[512];
static struct target list[4];

static void
put_file(const char *text, mode_t mode)
{
	FILE *f;

	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(path, mode);
}

static bool
read_logins(size_t n, const char *from)
{
	struct text why;
	bool is_good;

	text_init(&why, said_why, sizeof(said_why) - 1);
	is_good = logins_read(list, n, from, &why);
	text_cstr(&why);
	return is_good;
}

static void
each_target_gets_what_the_file_has_for_it(void **state)
{
	static const char file[] = "machine a login ann password p@ss\n"
				   "machine b login bob password one\n"
				   "machine b login eve password two\n"
				   "machine d login dan\n"
				   "default login all password rest\n";
	static const struct {
		int line;
		const char *target;
		const char *user; /* percent-encoded; NULL: none */
		const char *password;
	} rows[] = {
	    {__LINE__, "http://a", "ann", "p%40ss"},
	    {__LINE__, "https://A:8443/x", "ann", "p%40ss"},
	    {__LINE__, "b", "bob", "one"},
	    {__LINE__, "http://eve@b", "eve", "two"},
	    {__LINE__, "http://ev%65@b", "eve", "two"},
	    {__LINE__, "http://joe@b", "joe", NULL},
	    {__LINE__, "http://joe:own@a", "joe", "own"},
	    {__LINE__, "http://c", "all", "rest"},
	    {__LINE__, "http://d", "dan", NULL},
	    {__LINE__, "unix:/run/x", NULL, NULL},
	};

	(void)state;
	put_file(file, 0600);
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].target);
		const struct http_url *url = &list[0].url;

		memset(list, 0, sizeof(list));
		check_true(__FILE__, rows[i].line, in,
			   target_parse(&list[0], rows[i].target) == NULL, "target");
		check_true(__FILE__, rows[i].line, in, read_logins(1, path), said_why);
		check_true(__FILE__, rows[i].line, in,
			   url->has_user == (rows[i].user != NULL), "has user");
		check_true(__FILE__, rows[i].line, in,
			   url->has_password == (rows[i].password != NULL),
			   "has password");
		if (rows[i].user)
			check_span(__FILE__, rows[i].line, in, url->user,
				   span_str(rows[i].user), "user");
		if (rows[i].password)
			check_span(__FILE__, rows[i].line, in, url->password,
				   span_str(rows[i].password), "password");
	}
}

static void
a_file_that_is_wrong_is_named_with_its_line_and_without_its_words(void **state)
{
	(void)state;
	memset(list, 0, sizeof(list));
	assert_null(target_parse(&list[0], "a"));
	put_file("machine a login x password secret\nmachine", 0600);
	assert_false(read_logins(1, path));
	assert_non_null(strstr(said_why, "--netrc: line 2: "));
	assert_null(strstr(said_why, "secret"));
	unlink(path);
	assert_false(read_logins(1, path));
	assert_non_null(strstr(said_why, "--netrc"));
}

static void
without_a_name_it_is_the_one_at_home(void **state)
{
	(void)state;
	memset(list, 0, sizeof(list));
	assert_null(target_parse(&list[0], "a"));
	put_file("machine a login home password p\n", 0600);
	setenv("HOME", folder, 1);
	assert_true(read_logins(1, ""));
	assert_true(span_eq(list[0].url.user, span_str("home")));
	unsetenv("HOME");
	assert_false(read_logins(1, ""));
	assert_string_equal(said_why, "--netrc: HOME is not set: give --netrc=FILE");
}

static void
a_file_that_others_can_read_is_warned_of(void **state)
{
	(void)state;
	memset(list, 0, sizeof(list));
	assert_null(target_parse(&list[0], "a"));
	put_file("machine a login x password p\n", 0644);
	said_begin();
	assert_true(read_logins(1, path));
	assert_non_null(strstr(said(), "chmod 600"));
	put_file("machine a login x password p\n", 0600);
	assert_true(read_logins(1, path));
	assert_string_equal(said(), "");
	said_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_target_gets_what_the_file_has_for_it),
	    cmocka_unit_test(
		a_file_that_is_wrong_is_named_with_its_line_and_without_its_words),
	    cmocka_unit_test(without_a_name_it_is_the_one_at_home),
	    cmocka_unit_test(a_file_that_others_can_read_is_warned_of),
	};
	int rc;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/.netrc", folder);
	log_init("ddump", LOG_WARNING);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(folder);
	return rc;
}

/* What targets are given stays for ever. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:logins_read\n";
}
