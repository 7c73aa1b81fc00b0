/* Which bytes of the command line are overwritten. */
#include "cli/target/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"

struct row {
	int line;
	const char *argument;
	const char *seen; /* afterwards, by ps */
};

static const struct row rows[] = {
    {__LINE__, "db1", "db1"},
    {__LINE__, "u:secret@db1", "u:xxxxxx@db1"},
    {__LINE__, "http://u:s@cret@db1:80/x?y", "http://u:xxxxxx@db1:80/x?y"},
    {__LINE__, "https://:p%40ss@[::1]", "https://:xxxxxx@[::1]"},
    {__LINE__, "dns+http://u:secret@db", "dns+http://u:xxxxxx@db"},
    {__LINE__, "u:@db1", "u:@db1"},
    {__LINE__, "u@db1", "u@db1"},
    {__LINE__, "/u:secret@file.pcap", "/u:secret@file.pcap"},
    {__LINE__, "unix:/u:secret@x", "unix:/u:secret@x"},
    {__LINE__, "web=http://u:secret@db1", "web=http://u:xxxxxx@db1"},
    {__LINE__, "a=b:secret@db1", "a=b:xxxxxx@db1"},
    {__LINE__, "u:secret@db1,db2", "u:xxxxxx@db1,db2"},
    {__LINE__, "u:secret@db[1-2]", "u:xxxxxx@db[1-2]"},
    {__LINE__, "", ""},
};

static void
passwords_are_not_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct span in = span_str(row->argument);
		char argument[64];
		const char *target = argument;

		strcpy(argument, row->argument);
		secrets_hide(&target, 1);
		check_span(__FILE__, row->line, in, span_str(argument),
			   span_str(row->seen), "what ps shows");
		check_span(__FILE__, row->line, in, span_str(target), in, "the target");
		check_true(__FILE__, row->line, in,
			   (target == argument) == !strcmp(row->argument, row->seen),
			   "a copy only where it is needed");
		if (target != argument)
			free((void *)(uintptr_t)target);
	}
}

static void
what_stands_behind_a_separator_is_not_shown(void **state)
{
	char arguments[][16] = {"ann:se:cret", "X: y", "ann"};
	static const char *const seen[] = {"ann:xxxxxxx", "X:xx", "ann"};
	const char *none = NULL;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(arguments); i++) {
		char whole[16];
		const char *given = arguments[i];

		strcpy(whole, given);
		secrets_hide_behind(&given, ':');
		assert_string_equal(given, whole);
		assert_string_equal(arguments[i], seen[i]);
		if (given != arguments[i])
			free((void *)(uintptr_t)given);
	}
	secrets_hide_behind(&none, ':');
	assert_null(none);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(passwords_are_not_shown),
	    cmocka_unit_test(what_stands_behind_a_separator_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
