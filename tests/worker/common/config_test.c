/* The operator's lists: which Host and which interface they mean. */
#include "worker/common/config.h"

#include "support/check.h"

static void
a_host_is_allowed_by_name_without_its_port(void **state)
{
	static const struct {
		int line;
		const char *list;
		const char *host;
		bool is_allowed;
	} rows[] = {
	    {__LINE__, "", "anything.example", true},
	    {__LINE__, "", "", true},
	    {__LINE__, "db1", "db1", true},
	    {__LINE__, "db1", "DB1", true},
	    {__LINE__, "DB1", "db1:8475", true},
	    {__LINE__, "db1", "db1:", true},
	    {__LINE__, "db1", "db1.", true},
	    {__LINE__, "db1.", "db1:80", true},
	    {__LINE__, "db1", "db1.evil.example", false},
	    {__LINE__, "db1", "xdb1", false},
	    {__LINE__, "db1", "db", false},
	    {__LINE__, "db1", "db12", false},
	    {__LINE__, "db1", "db1:8475x", false},
	    {__LINE__, "db1", "db1..", false},
	    {__LINE__, "db1", ".", false},
	    {__LINE__, "db1", "", false},
	    {__LINE__, "db1", ":8475", false},
	    {__LINE__, "a.example, db1 ,::1", "db1:1", true},
	    {__LINE__, "a.example, db1 ,::1", "a.example", true},
	    {__LINE__, "a.example,db1", "a.example,db1", false},
	    {__LINE__, "127.0.0.1", "127.0.0.1:8475", true},
	    {__LINE__, "127.0.0.1", "127.0.0.11:8475", false},
	    {__LINE__, "[::1]", "[::1]:8475", true},
	    {__LINE__, "[::1]", "[::1]", true},
	    {__LINE__, "[::1]", "[::2]:8475", false},
	    {__LINE__, "[::]", "[::1]", false},
	    {__LINE__, "db1:8475", "db1:8475", false}, /* names, without ports */
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct config c = {.allow_hosts = span_str(rows[i].list)};

		check_true(__FILE__, rows[i].line, span_str(rows[i].host),
			   config_allows_host(&c, span_str(rows[i].host)) ==
			       rows[i].is_allowed,
			   "allowed");
	}
}

static void
a_host_name_ends_before_its_port(void **state)
{
	static const char *const rows[][2] = {
	    {"a", "a"},	      {"a:1", "a"},	    {"a:", "a"},    {"a:b", "a:b"},
	    {"a:1b", "a:1b"}, {"[::1]", "[::1]"},   {":1", ""},	    {"", ""},
	    {"1", "1"},	      {"[::1]:1", "[::1]"}, {"::1", "::1"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		check_span(__FILE__, __LINE__, span_str(rows[i][0]),
			   config_host_name(span_str(rows[i][0])), span_str(rows[i][1]),
			   "name");
}

static void
only_listed_interfaces_are_allowed(void **state)
{
	struct config c = {.interfaces = span_str("")};

	(void)state;
	assert_true(config_allows_interface(&c, span_str("eth0")));
	c.interfaces = span_str("eth0, lo");
	assert_true(config_allows_interface(&c, span_str("eth0")));
	assert_true(config_allows_interface(&c, span_str("lo")));
	assert_false(config_allows_interface(&c, span_str("eth")));
	assert_false(config_allows_interface(&c, span_str("ETH0")));
	assert_false(config_allows_interface(&c, span_str("any")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_host_is_allowed_by_name_without_its_port),
	    cmocka_unit_test(a_host_name_ends_before_its_port),
	    cmocka_unit_test(only_listed_interfaces_are_allowed),
	};

	return cmocka_run_group_tests_name("worker/config", tests, NULL, NULL);
}
