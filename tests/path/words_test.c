/* Names. */
#include "path/words.h"

#include "support/check.h"

static void
flows_and_lengths_read_as_people_write_them(void **state)
{
	struct path_tuple four = {.version = 4,
				  .protocol = 6,
				  .port = {80, 443},
				  .address = {{10, 0, 0, 1}, {10, 0, 0, 2}}};
	struct path_tuple six = {.version = 6,
				 .protocol = 17,
				 .port = {53, 5},
				 .address = {{0xfd, 0x92, [15] = 1}, {[15] = 1}}};
	static const struct {
		int64_t ns;
		const char *text;
	} rows[] = {{8000, "0.008"},	{410000, "0.410"},    {1230000, "1.23"},
		    {45600000, "45.6"}, {1230000000, "1230"}, {-5000000, "-5.00"},
		    {0, "0.000"}};
	char mem[128];
	struct text t;

	(void)state;
	text_init(&t, mem, sizeof(mem));
	path_words_flow(&t, &four);
	assert_string_equal(text_cstr(&t), "10.0.0.1:80 > 10.0.0.2:443");
	t.n = 0;
	path_words_flow(&t, &six);
	assert_string_equal(text_cstr(&t), "[fd92::1]:53 > [::1]:5");
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		t.n = 0;
		path_words_ms(&t, rows[i].ns);
		assert_string_equal(text_cstr(&t), rows[i].text);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flows_and_lengths_read_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
