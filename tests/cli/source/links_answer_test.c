/* Answers to GET /interfaces, ours and others. */
#include "cli/source/links_answer.h"

#include <string.h>

#include "support/check.h"

static void
each_interface_is_a_line(void **state)
{
	static const struct {
		int line;
		const char *json;
		const char *want; /* "": no interface */
	} rows[] = {
	    {__LINE__,
	     "{\"interfaces\":[{\"name\":\"lo\",\"index\":1,\"state\":\"up\",\"carrier\":"
	     "true,\"mtu\":65536,\"addresses\":[\"127.0.0.1/8\",\"::1/128\"]},\n"
	     "{\"name\":\"eth1\",\"state\":\"up\",\"carrier\":false,\"addresses\":[]},\n"
	     "{\"name\":\"eth0\",\"state\":\"down\",\"carrier\":false,\"addresses\":[]}]}\n",
	     "db1/lo [Up, Running] 127.0.0.1/8 ::1/128\ndb1/eth1 [Up]\ndb1/eth0 [Down]\n"},
	    {__LINE__, "[{\"new\":{\"x\":1},\"name\": \"a\", \"state\": \"up\"}]",
	     "db1/a [Up]\n"},
	    {__LINE__, "{\"name\":\"\x1b[2J\",\"state\":\"up\"}", "db1/\\x1b[2J [Up]\n"},
	    {__LINE__, "{\"interfaces\":[]}", ""},
	    {__LINE__, "<html>name</html>", ""},
	    {__LINE__, "{\"name\":\"a", ""},
	    {__LINE__, "{\"name\":\"a\\", ""},
	    {__LINE__, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char mem[512];
		struct text out;
		struct span json = span_str(rows[i].json);

		text_init(&out, mem, sizeof(mem));
		check_true(__FILE__, rows[i].line, json,
			   links_answer_put(&out, "db1", json) ==
			       (rows[i].want[0] != '\0'),
			   "interfaces");
		check_span(__FILE__, rows[i].line, json, text_span(&out),
			   span_str(rows[i].want), "lines");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_interface_is_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
