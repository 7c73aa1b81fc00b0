/* --proxy as typed, and the request for a tunnel. */
#include "cli/target/proxy.h"

#include <string.h>

#include "cli/target/target.h"
#include "support/check.h"

struct row {
	int line;
	const char *proxy;
	const char *name; /* NULL: refused */
};

static const struct row rows[] = {
    {__LINE__, "http://10.0.0.1:3128", "10.0.0.1:3128"},
    {__LINE__, "proxy:80", "proxy:80"},
    {__LINE__, "http://u:secret@[::1]:80/", "[::1]:80"},
    {__LINE__, "http://proxy", NULL},
    {__LINE__, "https://proxy:443", NULL},
    {__LINE__, "dns+http://proxy:80", NULL},
    {__LINE__, "unix:/proxy", NULL},
    {__LINE__, "http://proxy:80/x", NULL},
    {__LINE__, "http://proxy:80?x", NULL},
    {__LINE__, "socks5://proxy:80", NULL},
    {__LINE__, "", NULL},
};

static void
a_proxy_is_read_from_what_users_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct span in = span_str(row->proxy);
		struct proxy p;
		const char *what = proxy_parse(&p, row->proxy);

		check_true(__FILE__, row->line, in, !what == !!row->name,
			   what ? what : "taken");
		if (row->name)
			check_span(__FILE__, row->line, in, span_str(p.name),
				   span_str(row->name), "name");
	}
}

struct request_row {
	int line;
	const char *proxy;
	const char *target;
	const char *want;
};

#define AGENT "User-Agent: ddump/" DDUMP_VERSION "\r\n\r\n"

static const struct request_row request_rows[] = {
    {__LINE__, "http://p:80", "db1",
     "CONNECT db1:8475 HTTP/1.1\r\nHost: db1:8475\r\n" AGENT},
    {__LINE__, "http://p:80", "https://u:secret@db1:443/x?y",
     "CONNECT db1:443 HTTP/1.1\r\nHost: db1:443\r\n" AGENT},
    {__LINE__, "http://p:80", "[fe80::1%25eth0]:1",
     "CONNECT [fe80::1]:1 HTTP/1.1\r\nHost: [fe80::1]:1\r\n" AGENT},
    {__LINE__, "http://u:p%40@p:80", "db1",
     "CONNECT db1:8475 HTTP/1.1\r\nHost: db1:8475\r\n"
     "Proxy-Authorization: Basic dTpwQA==\r\n" AGENT},
};

static void
connect_names_the_target_and_the_login(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(request_rows); i++) {
		const struct request_row *row = &request_rows[i];
		char mem[PROXY_REQUEST_MAX];
		struct target t;
		struct proxy p;
		struct text out;

		text_init(&out, mem, sizeof(mem));
		assert_null(proxy_parse(&p, row->proxy));
		assert_null(target_parse(&t, row->target));
		assert_true(proxy_request(&p, &t, &out));
		check_span(__FILE__, row->line, span_str(row->target), text_span(&out),
			   span_str(row->want), "request");
	}
}

/* What does not fit is no request. */
static void
what_does_not_fit_is_no_request(void **state)
{
	char url[2048] = "http://u:";
	char mem[PROXY_REQUEST_MAX];
	struct target t;
	struct proxy p;
	struct text out;

	(void)state;
	memset(url + strlen(url), 'x', 1100);
	strcat(url, "@p:80");
	assert_null(proxy_parse(&p, url));
	assert_null(target_parse(&t, "db1"));
	text_init(&out, mem, sizeof(mem));
	assert_false(proxy_request(&p, &t, &out));
	assert_null(proxy_parse(&p, "p:80"));
	text_init(&out, mem, 20);
	assert_false(proxy_request(&p, &t, &out));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_proxy_is_read_from_what_users_type),
	    cmocka_unit_test(connect_names_the_target_and_the_login),
	    cmocka_unit_test(what_does_not_fit_is_no_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
