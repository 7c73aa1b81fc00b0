/* The report. */
#include "path/report.h"

#include "path/build.h"

static void
a_report_has_no_line_of_more_than_80_columns_and_names_the_loser(void **state)
{
	struct chain c = chain_make(1 << 20);
	char mem[16384];
	struct build b;
	struct text t;

	(void)state;
	for (uint32_t i = 1; i <= 20; i++) {
		build_udp(&b, (uint16_t)i, 1000, 100, i);
		chain_pass(&c, &b, i % 10 == 0 ? AT_R1 : AT_N, 5000 + i);
	}
	chain_judge(&c, 9000);
	text_init(&t, mem, sizeof(mem));
	path_report_put(&t, c.path);
	text_cstr(&t);
	assert_non_null(strstr(mem, "* inside r r0 > r1"));
	assert_non_null(strstr(mem, "2 packets were lost"));
	for (const char *line = mem; *line != '\0'; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 80);
	t.n = 0;
	path_report_put_line(&t, c.path);
	assert_string_equal(text_cstr(&t),
			    "20 packets, 2 lost, most: inside r r0 > r1 2 of 20");
	chain_free(&c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_report_has_no_line_of_more_than_80_columns_and_names_the_loser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
