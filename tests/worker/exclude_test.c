/* The texts that keep own traffic out: only addresses and numbers, of each family. */
#include "worker/exclude.h"

#include <string.h>

#include "support/check.h"

struct row {
	int line;
	const char *listener;
	const char *local;
	const char *peer;
	const char *first;
	const char *second;
};

static void
set(struct net_address *a, const char *text)
{
	assert_null(net_parse_listen(span_str(text), a));
}

static void
test_rows(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, ":8475", "10.0.0.1:8475", "10.0.0.2:5555",
	     "(tcp src port 8475) or (tcp dst port 8475)",
	     "((tcp src port 8475 and src host 10.0.0.1) and (tcp dst port 5555 and "
	     "dst host 10.0.0.2)) or ((tcp src port 5555 and src host 10.0.0.2) and "
	     "(tcp dst port 8475 and dst host 10.0.0.1))"},
	    {__LINE__, "[2001:db8::1]:80", "[2001:db8::1]:80", "[2001:db8::2]:99",
	     "(tcp src port 80 and src host 2001:db8::1) or (tcp dst port 80 and dst "
	     "host 2001:db8::1)",
	     "((tcp src port 80 and src host 2001:db8::1) and (tcp dst port 99 and "
	     "dst host 2001:db8::2)) or ((tcp src port 99 and src host 2001:db8::2) "
	     "and (tcp dst port 80 and dst host 2001:db8::1))"},
	    {__LINE__, "unix:/run/x", "unix:/run/x", "unix:/run/y", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		static struct request r;
		struct exclude e;
		size_t n = rows[i].first ? 2 : 0;

		set(&r.listener, rows[i].listener);
		set(&r.local, rows[i].local);
		set(&r.peer, rows[i].peer);
		exclude_build(&e, &r);
		check_u64(__FILE__, rows[i].line, span_str(""), e.n, n, "texts");
		if (n == 0)
			continue;
		assert_string_equal(e.texts[0], rows[i].first);
		assert_string_equal(e.texts[1], rows[i].second);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests_name("worker/exclude", tests, NULL, NULL);
}
