/* Requests that a page of another site may have caused, and those it cannot have. */
#include "worker/front/foreign.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

#define BROWSER "Accept-Encoding: gzip\r\nAccept-Language: en\r\n"

static const char *
fault_of(const char *fields, const char *target, const struct config *config,
	 bool is_local)
{
	static char in[4096];
	struct http_request_head head;
	struct http_target t;
	size_t seen = 0;
	size_t size;

	snprintf(in, sizeof(in), "GET %s HTTP/1.1\r\n%s\r\n", target, fields);
	assert_int_equal(http_head_parse_request(span_str(in), &seen, &head, &size),
			 HTTP_HEAD_OK);
	assert_true(http_target_parse(head.target, &t));
	return foreign_fault(&head, &t, config, is_local);
}

struct row {
	int line;
	const char *fields;
	const char *says; /* NULL: allowed; else part of the sentence */
};

static void
check_rows(const struct row *rows, size_t n, const char *target,
	   const struct config *config, bool is_local)
{
	for (size_t i = 0; i < n; i++) {
		const char *fault = fault_of(rows[i].fields, target, config, is_local);

		check_true(__FILE__, rows[i].line, span_str(rows[i].fields),
			   rows[i].says ? fault && strstr(fault, rows[i].says) : !fault,
			   fault ? fault : "allowed");
	}
}

static const struct config plain = {
    .own_names = {(const uint8_t *)"db1,db1.example.org", 19}};

static void
an_origin_is_the_host_or_refused(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, "Host: db1:8475\r\nOrigin: http://db1:8475\r\n", NULL},
	    {__LINE__, "Host: DB1:8475\r\nOrigin: HTTP://db1:8475\r\n", NULL},
	    {__LINE__, "Host: db1\r\nOrigin: http://db1\r\n", NULL},
	    {__LINE__, "Host: db1:80\r\nOrigin: http://db1\r\n", NULL},
	    {__LINE__, "Host: db1\r\nOrigin: https://db1\r\n", NULL},
	    {__LINE__, "Host: db1:443\r\nOrigin: https://db1\r\n", NULL},
	    {__LINE__, "Host: db1\r\nOrigin: https://db1:443\r\n", NULL},
	    {__LINE__, "Host: [::1]:8475\r\nOrigin: http://[::1]:8475\r\n", NULL},
	    {__LINE__, "Host: [::1]\r\nOrigin: http://[::1]\r\n", NULL},
	    {__LINE__, "Host: db1:443\r\nOrigin: http://db1\r\n", "Origin"},
	    {__LINE__, "Host: db1:8475\r\nOrigin: http://db1\r\n", "Origin"},
	    {__LINE__, "Host: db1:8475\r\nOrigin: http://db1:8476\r\n", "Origin"},
	    {__LINE__, "Host: db1:7\r\nOrigin: http://db1:8\r\n", "Origin"},
	    {__LINE__, "Host: db1\r\nOrigin: http://db1.evil.example\r\n", "Origin"},
	    {__LINE__, "Host: db1\r\nOrigin: http://evil.example\r\n", "Origin"},
	    {__LINE__, "Host: [::1]:8475\r\nOrigin: http://[::2]:8475\r\n", "Origin"},
	    {__LINE__, "Host: db1\r\nOrigin: null\r\n", "Origin"},
	    {__LINE__, "Host: null\r\nOrigin: null\r\n", "Origin"},
	    {__LINE__, "Host: db1\r\nOrigin:\r\n", "Origin"},
	    {__LINE__, "Host: db1\r\nOrigin: db1\r\n", "Origin"},
	    {__LINE__, "Host: db1\r\nOrigin: http://\r\n", "Origin"},
	    {__LINE__, "Host: db1\r\nOrigin: ftp://db1\r\n", "Origin"},
	    {__LINE__, "Host: db1\r\nOrigin: http://db1/\r\n", "Origin"},
	    {__LINE__, "Host: db1\r\nOrigin: http://db1 http://evil.example\r\n",
	     "Origin"},
	    {__LINE__,
	     "Host: db1\r\nOrigin: http://db1\r\nOrigin: http://evil.example\r\n",
	     "Origin"},
	    {__LINE__, "Host:\r\nOrigin: http://\r\n", "Origin"},
	    {__LINE__, "Host:\r\nOrigin: http://:80\r\n", "Origin"},
	    {__LINE__, "Host: db1\r\nSec-Fetch-Site: cross-site\r\n", "other sites"},
	    {__LINE__, "Host: db1\r\nSec-Fetch-Site: same-site\r\n", "other sites"},
	    {__LINE__, "Host: db1\r\nSec-Fetch-Site: none\r\n", NULL},
	    {__LINE__, "Host: db1\r\nSec-Fetch-Site: same-origin\r\n", NULL},
	};

	(void)state;
	check_rows(rows, CHECK_COUNT(rows), "/capture", &plain, false);
	check_rows(rows, CHECK_COUNT(rows), "/healthz", &plain, false);
	check_rows(rows, CHECK_COUNT(rows), "/captures", &plain, true);
}

static void
a_browser_on_a_name_that_may_be_anybodys(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, "Host: evil.example:8475\r\n" BROWSER, "-allow-host"},
	    {__LINE__, "Host: evil.example.\r\n" BROWSER, "-allow-host"},
	    {__LINE__, "Host: a.b.c.evil.example\r\n" BROWSER, "-allow-host"},
	    {__LINE__, "Host: 1.2.3.4.evil.example\r\n" BROWSER, "-allow-host"},
	    {__LINE__, "Host: 127.0.0.1.nip.io\r\n" BROWSER, "-allow-host"},
	    {__LINE__, "Host: 256.0.0.1\r\n" BROWSER, "-allow-host"},
	    {__LINE__, "Host: db1.example.com\r\n" BROWSER, "-allow-host"},
	    {__LINE__, "Host: localhost.evil.example\r\n" BROWSER, "-allow-host"},
	    {__LINE__, "Host: e.example\r\naccept-encoding:\r\nACCEPT-LANGUAGE:\r\n",
	     "-allow-host"},
	    {__LINE__, "Host: e.example\r\nSec-Fetch-Mode: no-cors\r\n", "-allow-host"},
	    {__LINE__, "Host: e.example\r\nsec-fetch-dest:\r\n", "-allow-host"},
	    {__LINE__, "Host: e.example\r\nReferer: http://e.example/\r\n",
	     "-allow-host"},
	    {__LINE__, "Host: e.example\r\nCookie: a=b\r\n", "-allow-host"},
	    /* no browser: curl, wget, Go, Python, caddy */
	    {__LINE__, "Host: e.example\r\n", NULL},
	    {__LINE__, "Host: e.example\r\nAccept-Encoding: gzip\r\n", NULL},
	    {__LINE__, "Host: e.example\r\nAccept-Language: en\r\n", NULL},
	    {__LINE__, "Host: e.example\r\nUser-Agent: curl/8\r\nAccept: */*\r\n", NULL},
	    /* names that only this machine, or its network, gives */
	    {__LINE__, "Host: db1.example.org:8475\r\n" BROWSER, NULL},
	    {__LINE__, "Host: DB1.Example.org.\r\n" BROWSER, NULL},
	    {__LINE__, "Host: worker\r\n" BROWSER, NULL},
	    {__LINE__, "Host: worker.:8475\r\n" BROWSER, NULL},
	    {__LINE__, "Host: localhost:8475\r\n" BROWSER, NULL},
	    {__LINE__, "Host: 127.0.0.1:8475\r\n" BROWSER, NULL},
	    {__LINE__, "Host: 192.0.2.1\r\n" BROWSER, NULL},
	    {__LINE__, "Host: [::1]:8475\r\n" BROWSER, NULL},
	    {__LINE__, "Host: [::ffff:1.2.3.4]\r\n" BROWSER, NULL},
	    {__LINE__, "Host:\r\n" BROWSER, NULL},
	    {__LINE__, BROWSER, NULL},
	};

	(void)state;
	check_rows(rows, CHECK_COUNT(rows), "/capture", &plain, false);
	check_rows(rows, CHECK_COUNT(rows), "/captures?x", &plain, false);
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		assert_null(fault_of(rows[i].fields, "/healthz", &plain, false));
		assert_null(fault_of(rows[i].fields, "/metrics", &plain, false));
		assert_null(fault_of(rows[i].fields, "/capture", &plain, true));
	}
}

/* RFC 9112 3.2.2: what the request line says is the host. */
static void
the_absolute_form_is_the_host(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, "Host: db1\r\n" BROWSER, "-allow-host"},
	    {__LINE__, "Host: db1\r\nOrigin: http://db1\r\n", "Origin"},
	    {__LINE__, "Host: db1\r\nOrigin: http://evil.example\r\n", NULL},
	};

	(void)state;
	check_rows(rows, CHECK_COUNT(rows), "http://evil.example/capture", &plain, false);
}

static void
the_operators_list_is_for_everybody(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, "Host: w.example.com\r\n" BROWSER, NULL},
	    {__LINE__, "Host: w.example.com:1\r\n" BROWSER, NULL},
	    {__LINE__, "Host: localhost\r\n" BROWSER, "-allow-host"},
	    {__LINE__, "Host: db1\r\n", "-allow-host"},
	    {__LINE__, "Host: 127.0.0.1\r\n", "-allow-host"},
	    {__LINE__, "", "-allow-host"},
	};
	struct config listed = plain;

	(void)state;
	listed.allow_hosts = span_str("w.example.com");
	check_rows(rows, CHECK_COUNT(rows), "/capture", &listed, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_origin_is_the_host_or_refused),
	    cmocka_unit_test(a_browser_on_a_name_that_may_be_anybodys),
	    cmocka_unit_test(the_absolute_form_is_the_host),
	    cmocka_unit_test(the_operators_list_is_for_everybody),
	};

	return cmocka_run_group_tests_name("worker/foreign", tests, NULL, NULL);
}
