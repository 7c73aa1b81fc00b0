/* Flags of other programs and their answers. */
#include "cli/options/foreign.h"

#include <stdio.h>
#include <string.h>

#include "cli/options/options.h"
#include "support/check.h"

/* No flag of ours is answered as if it were another program's, and no name stands twice. */
static void
a_foreign_flag_is_none_of_ours(void **state)
{
	(void)state;
	for (size_t i = 0; i < OPTIONS_FOREIGN_N; i++) {
		const struct flag_foreign *row = &options_foreign[i];
		bool is_letter = row->name[1] == '\0';
		struct options o;
		const char *targets[3];
		char flag[64];
		char *argv[] = {"ddump", flag, "a"};
		char mem[256];
		struct text why;

		snprintf(flag, sizeof(flag), "-%s%s", is_letter ? "" : "-", row->name);
		text_init(&why, mem, sizeof(mem));
		check_true(__FILE__, __LINE__, span_str(flag),
			   options_parse(&o, 3, argv, targets, &why) == FLAG_RESULT_BAD &&
			       strstr(text_cstr(&why), row->instead),
			   "its own answer");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_foreign_flag_is_none_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
