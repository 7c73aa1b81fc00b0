/* What /etc/hosts says of this machine's names, and what it says of others. */
#include "sys/own_names.h"

#include <string.h>

#include "support/check.h"

static void
a_machine_is_known_by_its_names(void **state)
{
	static const struct {
		int line;
		const char *name;
		const char *hosts;
		const char *list;
	} rows[] = {
	    {__LINE__, "db1", "", "db1"},
	    {__LINE__, "", "127.0.0.1 localhost\n", ""},
	    {__LINE__, "db1", "127.0.0.1 localhost\n127.0.1.1\tdb1.example.com db1\n",
	     "db1,db1.example.com,db1"},
	    {__LINE__, "db1", "10.0.0.1 DB1.example.com", "db1,DB1.example.com"},
	    {__LINE__, "db1", "10.0.0.2 db10.example.com db\n10.0.0.3 xdb1\n", "db1"},
	    {__LINE__, "db1", "# 10.0.0.1 db1.evil.example\n10.0.0.1 a # db1 b\n", "db1"},
	    {__LINE__, "db1", "10.0.0.1 db1 w.example.com\r\n\r\n",
	     "db1,db1,w.example.com"},
	    {__LINE__, "db1.example.com", "10.0.0.1 db1.example.com w\n",
	     "db1.example.com,db1.example.com,w"},
	    {__LINE__, "a,b", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char mem[128];
		struct text t;

		text_init(&t, mem, sizeof(mem));
		own_names_from(&t, span_str(rows[i].name), span_str(rows[i].hosts));
		check_span(__FILE__, rows[i].line, span_str(rows[i].hosts), text_span(&t),
			   span_str(rows[i].list), "list");
	}
}

/* No name is cut into another one. */
static void
what_does_not_fit_is_left_out(void **state)
{
	char mem[12];
	struct text t;

	(void)state;
	text_init(&t, mem, sizeof(mem));
	own_names_from(&t, span_str("db1"), span_str("10.0.0.1 db1.example.com db1 w\n"));
	check_span(__FILE__, __LINE__, span_str(""), text_span(&t), span_str("db1,db1,w"),
		   "list");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_machine_is_known_by_its_names),
	    cmocka_unit_test(what_does_not_fit_is_left_out),
	};

	return cmocka_run_group_tests_name("sys/own_names", tests, NULL, NULL);
}
