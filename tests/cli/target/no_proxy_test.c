/* Which hosts no_proxy names. */
#include "cli/target/no_proxy.h"

#include <string.h>

#include "support/check.h"

static void
a_host_is_named_by_itself_its_domain_or_its_network(void **state)
{
	static const struct {
		int line;
		const char *list;
		const char *host;
		bool want;
	} rows[] = {
	    {__LINE__, "", "db1", false},
	    {__LINE__, "db1", "db1", true},
	    {__LINE__, "db1", "DB1", true},
	    {__LINE__, "db1", "db1.", true},
	    {__LINE__, "db1", "xdb1", false},
	    {__LINE__, "db1", "db1.example", false},
	    {__LINE__, "a, example.com ,b", "db1.example.com", true},
	    {__LINE__, "a .example.com", "db1.example.com", true},
	    {__LINE__, ".example.com", "example.com", true},
	    {__LINE__, "example.com", "notexample.com", false},
	    {__LINE__, "example.com", "example.com.evil", false},
	    {__LINE__, "*", "anything", true},
	    {__LINE__, "*", "10.0.0.1", true},
	    {__LINE__, "*.example.com", "db1.example.com", false},
	    {__LINE__, "10.0.0.1", "10.0.0.1", true},
	    {__LINE__, "0.0.1", "10.0.0.1", false},
	    {__LINE__, "10.0.0.0/8", "10.255.0.1", true},
	    {__LINE__, "10.0.0.0/8", "11.0.0.1", false},
	    {__LINE__, "10.0.0.0/30", "10.0.0.3", true},
	    {__LINE__, "10.0.0.0/30", "10.0.0.4", false},
	    {__LINE__, "0.0.0.0/0", "10.0.0.4", true},
	    {__LINE__, "10.0.0.0/33", "10.0.0.0", false},
	    {__LINE__, "10.0.0.0/x", "10.0.0.0", false},
	    {__LINE__, "10.0.0.0/8", "10.example", false},
	    {__LINE__, "fd00::/8", "fd12::1", true},
	    {__LINE__, "::1", "0:0::1", true},
	    {__LINE__, "[::1]", "::1", true},
	    {__LINE__, "[::1]:443", "::1", true},
	    {__LINE__, "[::1]:80", "::1", false},
	    {__LINE__, "::1", "::2", false},
	    {__LINE__, "db1:443", "db1", true},
	    {__LINE__, "db1:80", "db1", false},
	    {__LINE__, "db1:", "db1", false},
	    {__LINE__, ",, ,", "", false},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		check_true(__FILE__, rows[i].line, span_str(rows[i].host),
			   no_proxy_has(span_str(rows[i].list), span_str(rows[i].host),
					443) == rows[i].want,
			   rows[i].want ? "named" : "not named");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_host_is_named_by_itself_its_domain_or_its_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
