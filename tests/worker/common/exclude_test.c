/* The texts that keep own traffic out: only addresses and numbers, of each family. */
#include "worker/common/exclude.h"

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
own_connections_are_excluded_both_ways(void **state)
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

static void
set_hints(struct request *r, const char *client, uint16_t proxy_port, uint16_t first)
{
	memset(&r->hints, 0, sizeof(r->hints));
	if (client)
		set(&r->hints.client, client);
	r->hints.proxy_port = proxy_port;
	r->hints.n_remote = first ? 2 : 0;
	r->hints.remote[0] = 443;
	r->hints.remote[1] = 8475;
	r->hints.local_first = first;
	r->hints.local_last = first ? (uint16_t)(first + 255) : 0;
}

/* What proxies and the CLI tell (rules 3 and 5); the last text is theirs. */
static void
what_proxies_and_the_cli_tell_is_excluded(void **state)
{
	static const struct {
		int line;
		const char *peer;
		const char *client;
		uint16_t proxy_port;
		uint16_t first;
		const char *last;
		bool is_alone;
	} rows[] = {
	    {__LINE__, "127.0.0.1:5000", "192.0.2.1:77", 443, 0,
	     "(tcp src port 77 and src host 192.0.2.1) or (tcp dst port 77 and dst host "
	     "192.0.2.1)",
	     false},
	    {__LINE__, "127.0.0.1:5000", "192.0.2.1:0", 443, 0,
	     "(tcp src port 443 and dst host 192.0.2.1) or (tcp dst port 443 and src host "
	     "192.0.2.1)",
	     false},
	    {__LINE__, "192.0.2.9:50001", NULL, 0, 50000,
	     "(tcp and (dst port 443 or dst port 8475) and src portrange 50000-50255 and "
	     "src host 192.0.2.9) or (tcp and (src port 443 or src port 8475) and dst "
	     "portrange 50000-50255 and dst host 192.0.2.9)",
	     false},
	    {__LINE__, "192.0.2.9:33", NULL, 0, 50000,
	     "(tcp and (dst port 443 or dst port 8475) and src host 192.0.2.9) or (tcp and "
	     "(src port 443 or src port 8475) and dst host 192.0.2.9)",
	     true},
	    {__LINE__, "127.0.0.1:50001", NULL, 0, 50000,
	     "(tcp and (dst port 443 or dst port 8475) and src portrange 50000-50255) or "
	     "(tcp and (src port 443 or src port 8475) and dst portrange 50000-50255)",
	     false},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		static struct request r;
		struct exclude e;
		struct span got;

		set(&r.listener, "unix:/run/x");
		set(&r.local, "127.0.0.1:8475");
		set(&r.peer, rows[i].peer);
		set_hints(&r, rows[i].client, rows[i].proxy_port, rows[i].first);
		exclude_build(&e, &r);
		assert_true(e.n > 0);
		got = span_str(e.texts[e.n - 1]);
		check_span(__FILE__, rows[i].line, got, got, span_str(rows[i].last),
			   "last");
		check_true(__FILE__, rows[i].line, got,
			   e.is_by_remote_ports_alone == rows[i].is_alone, "alone");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(own_connections_are_excluded_both_ways),
	    cmocka_unit_test(what_proxies_and_the_cli_tell_is_excluded)};

	return cmocka_run_group_tests_name("worker/exclude", tests, NULL, NULL);
}
