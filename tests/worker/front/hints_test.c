/* What proxies and the CLI tell of own traffic: numbers, or nothing. */
#include "worker/front/hints.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

/* As text: "client proxy_port remote,remote first-last". */
static void
show(struct text *t, const struct request_hints *h)
{
	if (h->client.size > 0)
		net_format(t, &h->client);
	else
		text_str(t, "-");
	text_char(t, ' ');
	text_u64(t, h->proxy_port);
	text_char(t, ' ');
	for (uint32_t i = 0; i < h->n_remote; i++) {
		text_str(t, i > 0 ? "," : "");
		text_u64(t, h->remote[i]);
	}
	text_char(t, ' ');
	text_u64(t, h->local_first);
	text_char(t, '-');
	text_u64(t, h->local_last);
}

static bool
read_fields(const char *fields, struct request_hints *h)
{
	static char in[4096];
	struct http_request_head head;
	size_t seen = 0;
	size_t size;

	snprintf(in, sizeof(in), "GET / HTTP/1.1\r\n%s\r\n\r\n", fields);
	assert_int_equal(http_head_parse_request(span_str(in), &seen, &head, &size),
			 HTTP_HEAD_OK);
	memset(h, 0xff, sizeof(*h)); /* all of it is written */
	return hints_read(h, &head.fields);
}

static void
hints_are_read_from_the_headers_of_proxies(void **state)
{
	static const struct {
		int line;
		const char *fields;
		bool is_well_formed;
		const char *shown;
	} rows[] = {
	    {__LINE__, "Host: x", true, "- 0  0-0"},
	    {__LINE__, "Forwarded: for=\"192.0.2.1:77\"", true, "192.0.2.1:77 0  0-0"},
	    {__LINE__, "Forwarded: for=192.0.2.1", true, "192.0.2.1:0 0  0-0"},
	    {__LINE__, "Forwarded: for=\"[2001:db8::1]:77\"", true,
	     "[2001:db8::1]:77 0  0-0"},
	    {__LINE__, "Forwarded: for=\"[::ffff:192.0.2.1]:77\"", true,
	     "192.0.2.1:77 0  0-0"},
	    {__LINE__, "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Port: 443", true,
	     "192.0.2.1:0 443  0-0"},
	    {__LINE__, "X-Forwarded-For: 2001:db8::1", true, "[2001:db8::1]:0 0  0-0"},
	    /* no name, path or zone becomes an address */
	    {__LINE__, "X-Forwarded-For: unix", false, "- 0  0-0"},
	    {__LINE__, "X-Forwarded-For: unix:80", false, "- 0  0-0"},
	    {__LINE__, "X-Forwarded-For: db1", false, "- 0  0-0"},
	    {__LINE__, "X-Forwarded-For: fe80::1%lo", false, "- 0  0-0"},
	    {__LINE__, "Forwarded: for=\"[fe80::1%lo]\"", false, "- 0  0-0"},
	    {__LINE__, "X-Forwarded-For: 999.0.0.1", false, "- 0  0-0"},
	    {__LINE__, "Ddump-Ports: remote=443,8475; local=50000-50255", true,
	     "- 0 443,8475 50000-50255"},
	    {__LINE__, "Ddump-Ports: remote=443,8475;local=50000", true,
	     "- 0 443,8475 50000-50000"},
	    {__LINE__, "Ddump-Ports:  local = 1-2 ; remote= 443 , 80 ;future=x", true,
	     "- 0 443,80 1-2"},
	    {__LINE__, "Ddump-Ports: remote=443,0,80", false, "- 0 443 0-0"},
	    {__LINE__, "Ddump-Ports: remote=65536", false, "- 0  0-0"},
	    {__LINE__, "Ddump-Ports: remote=-1", false, "- 0  0-0"},
	    {__LINE__, "Ddump-Ports: remote=80 or icmp", false, "- 0  0-0"},
	    {__LINE__, "Ddump-Ports: remote=80; local=9-5", false, "- 0 80 0-0"},
	    {__LINE__, "Ddump-Ports: remote=80; local=0-5", false, "- 0 80 0-0"},
	    {__LINE__, "Ddump-Ports: remote=80; local=5-65536", false, "- 0 80 0-0"},
	    {__LINE__, "Ddump-Ports: remote=80; local=5-x", false, "- 0 80 0-0"},
	    {__LINE__, "Ddump-Ports: local=5; remote=x", false, "- 0  5-5"},
	    {__LINE__, "Ddump-Ports: remote=1\r\nDdump-Ports: remote=2", true,
	     "- 0  0-0"},
	    {__LINE__, "Forwarded: for=192.0.2.1\r\nDdump-Ports: remote=80; local=1-9",
	     true, "192.0.2.1:0 0 80 1-9"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct request_hints h;
		char mem[512];
		struct text t;
		bool is_well_formed = read_fields(rows[i].fields, &h);

		text_init(&t, mem, sizeof(mem));
		show(&t, &h);
		check_span(__FILE__, rows[i].line, span_str(rows[i].fields),
			   text_span(&t), span_str(rows[i].shown), "hints");
		check_true(__FILE__, rows[i].line, span_str(rows[i].fields),
			   is_well_formed == rows[i].is_well_formed, "well-formed");
	}
}

static void
more_ports_than_there_is_room_for_are_not_looked_at(void **state)
{
	char fields[1024] = "Ddump-Ports: remote=1";
	struct request_hints h;

	(void)state;
	for (int i = 2; i <= REQUEST_REMOTE_MAX + 5; i++)
		sprintf(fields + strlen(fields), ",%d", i);
	assert_true(read_fields(fields, &h));
	assert_int_equal(h.n_remote, REQUEST_REMOTE_MAX);
	assert_int_equal(h.remote[REQUEST_REMOTE_MAX - 1], REQUEST_REMOTE_MAX);
	assert_int_equal(h.local_first, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hints_are_read_from_the_headers_of_proxies),
	    cmocka_unit_test(more_ports_than_there_is_room_for_are_not_looked_at),
	};

	return cmocka_run_group_tests_name("worker/hints", tests, NULL, NULL);
}
