/* Forwarded and its relatives: who is believed, and what is not an address. */
#include "http/forwarded.h"

#include <string.h>

#include "base/text.h"
#include "support/check.h"

struct row {
	int line;
	const char *head;
	const char *host;
	uint16_t port;
	uint16_t proxy_port;
	bool is_malformed;
};

static void
the_client_is_who_the_last_proxy_names(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, "", "", 0, 0, false},
	    {__LINE__, "Forwarded: for=192.0.2.1\r\n", "192.0.2.1", 0, 0, false},
	    {__LINE__, "Forwarded: for=\"192.0.2.1:80\"\r\n", "192.0.2.1", 80, 0, false},
	    {__LINE__, "forwarded: For=\"[2001:db8::1]:4711\";by=\"10.0.0.1:443\"\r\n",
	     "2001:db8::1", 4711, 443, false},
	    {__LINE__, "Forwarded: for=1.1.1.1, for=2.2.2.2;proto=https\r\n", "2.2.2.2",
	     0, 0, false},
	    {__LINE__, "Forwarded: for=1.1.1.1\r\nForwarded: for=2.2.2.2\r\n", "2.2.2.2",
	     0, 0, false},
	    {__LINE__, "Forwarded: for=\"a,b\", for=3.3.3.3\r\n", "3.3.3.3", 0, 0, false},
	    {__LINE__, "Forwarded: for=unknown\r\n", "", 0, 0, true},
	    {__LINE__, "Forwarded: for=_hidden\r\n", "", 0, 0, true},
	    {__LINE__, "Forwarded: for=\"1.2.3.4) or (tcp\"\r\n", "", 0, 0, true},
	    {__LINE__, "Forwarded: for=1.2.3\r\n", "", 0, 0, true},
	    {__LINE__, "Forwarded: for=\"1.2.3.4:99999\"\r\n", "", 0, 0, true},
	    {__LINE__, "Forwarded: for=\"[::1\"\r\n", "", 0, 0, true},
	    {__LINE__, "X-Forwarded-For: 9.9.9.9, 8.8.8.8\r\n", "8.8.8.8", 0, 0, false},
	    {__LINE__, "X-Forwarded-For: 2001:db8::2\r\nX-Forwarded-Port: 443\r\n",
	     "2001:db8::2", 0, 443, false},
	    {__LINE__, "X-Forwarded-For: 8.8.8.8:53\r\nX-Forwarded-Port: x\r\n",
	     "8.8.8.8", 53, 0, true},
	    {__LINE__, "X-Forwarded-For: 9.9.9.9\r\nForwarded: for=2.2.2.2\r\n",
	     "2.2.2.2", 0, 0, false},
	    {__LINE__, "X-Forwarded-Port: 443\r\n", "", 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct http_request_head head;
		struct http_forwarded got;
		char mem[512];
		struct text t;
		size_t seen = 0;
		size_t size;
		struct span in = span_str(rows[i].head);

		text_init(&t, mem, sizeof(mem));
		text_str(&t, "GET / HTTP/1.1\r\nHost: x\r\n");
		text_put(&t, in);
		text_str(&t, "\r\n");
		check_true(__FILE__, rows[i].line, in,
			   http_head_parse_request(text_span(&t), &seen, &head, &size) ==
			       HTTP_HEAD_OK,
			   "head");
		http_forwarded_read(&head.fields, &got);
		check_span(__FILE__, rows[i].line, in, got.host, span_str(rows[i].host),
			   "host");
		check_u64(__FILE__, rows[i].line, in, got.port, rows[i].port, "port");
		check_u64(__FILE__, rows[i].line, in, got.proxy_port, rows[i].proxy_port,
			  "proxy port");
		check_true(__FILE__, rows[i].line, in,
			   got.is_malformed == rows[i].is_malformed, "malformed");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_client_is_who_the_last_proxy_names)};

	return cmocka_run_group_tests_name("http/forwarded", tests, NULL, NULL);
}
