/* What an argument names, what people call it, and the request made for it. */
#include "cli/target.h"

#include <string.h>

#include "support/check.h"
#include "sys/ports.h"

#define LIST_MAX 6

struct name_row {
	int line;
	const char *texts[LIST_MAX];
	const char *names[LIST_MAX];
};

static const struct name_row name_rows[] = {
    {__LINE__, {"db1", "db2:80"}, {"db1", "db2"}},
    {__LINE__, {"db1", "db1:80"}, {"db1:8475", "db1:80"}},
    {__LINE__,
     {"db1", "http://db1:8475/capture?filter=icmp", "db1:80", "db2"},
     {"db1:8475#1", "db1:8475#2", "db1:80", "db2"}},
    {__LINE__, {"[::1]", "[::2]:1", "[::2]:2"}, {"::1", "[::2]:1", "[::2]:2"}},
    {__LINE__, {"http://u:secret@db1/x", "db2"}, {"db1", "db2"}},
    {__LINE__,
     {"unix:/run/d.sock", "unix:/run/e.sock?filter=icmp"},
     {"unix:/run/d.sock", "unix:/run/e.sock"}},
    {__LINE__,
     {"a/x.pcap", "b/x.pcap", "y.pcapng"},
     {"a/x.pcap", "b/x.pcap", "y.pcapng"}},
    {__LINE__, {"a/x.pcap", "a/x.pcap", "/y"}, {"a/x.pcap#1", "a/x.pcap#2", "y"}},
    {__LINE__, {"./fifo", "fifo"}, {"fifo", "fifo"}},
};

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(name_rows); i++) {
		const struct name_row *row = &name_rows[i];
		struct target list[LIST_MAX];
		struct target *scratch[LIST_MAX];
		size_t n = 0;

		while (n < LIST_MAX && row->texts[n]) {
			const char *what = target_parse(&list[n], row->texts[n]);

			check_true(__FILE__, row->line, span_str(row->texts[n]), !what,
				   what ? what : "parsed");
			n++;
		}
		target_name_all(list, n, scratch);
		for (size_t k = 0; k < n; k++)
			check_span(__FILE__, row->line, span_str(row->texts[k]),
				   span_str(list[k].name), span_str(row->names[k]),
				   "name");
	}
}

static void
test_kinds(void **state)
{
	static const struct {
		const char *text;
		enum target_kind kind;
	} rows[] = {
	    {"x.pcap", TARGET_FILE},	 {"X.PCAPNG", TARGET_FILE},
	    {"/dev/stdin", TARGET_FILE}, {"./a", TARGET_FILE},
	    {"../a", TARGET_FILE},	 {"host", TARGET_NETWORK},
	    {"host/x", TARGET_NETWORK},	 {"http://host/x.pcap", TARGET_NETWORK},
	    {"unix:/x", TARGET_NETWORK}, {"unix:/x.pcap", TARGET_NETWORK},
	};
	struct target t;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		assert_null(target_parse(&t, rows[i].text));
		check_u64(__FILE__, __LINE__, span_str(rows[i].text), t.kind,
			  rows[i].kind, "kind");
	}
}

/* What is wrong is said without the password. */
static void
test_refused(void **state)
{
	static const char *const rows[] = {
	    "",
	    "http://",
	    "db1:0",
	    "db1:99999",
	    "ftp://db1",
	    "dns+http://db1",
	    "http://u:secret@db1:x",
	    "u:secret@[::1",
	};
	struct target t;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const char *what = target_parse(&t, rows[i]);

		check_true(__FILE__, __LINE__, span_str(rows[i]), what != NULL,
			   "refused");
		check_true(__FILE__, __LINE__, span_str(rows[i]),
			   !strstr(t.name, "secret") && t.name[0], "name");
	}
}

struct request_row {
	int line;
	const char *target;
	struct options o;
	const char *first; /* line of the request */
	const char *has;   /* another */
};

static const struct request_row request_rows[] = {
    {__LINE__, "db1", {0}, "GET /capture HTTP/1.1", "Host: db1:8475"},
    {__LINE__,
     "http://[fe80::1%25eth0]:80/",
     {0},
     "GET / HTTP/1.1",
     "Host: [fe80::1]:80"},
    {__LINE__,
     "unix:/x?filter=icmp",
     {0},
     "GET /capture?filter=icmp HTTP/1.1",
     "Host: localhost"},
    {__LINE__,
     "db1?filter=icmp",
     {.filter = "tcp", .snaplen = "96"},
     "GET /capture?filter=icmp&snaplen=96 HTTP/1.1",
     "Ddump-Options: linktype=sll2, heartbeat=50, precision=nano"},
    {__LINE__,
     "db1",
     {.filter = "port 53 & x", .interface = "eth0,lo", .direction = "in"},
     "GET /capture?filter=port%2053%20%26%20x&interface=eth0%2Clo&direction=in HTTP/1.1",
     "Accept: application/x-pcapng"},
    {__LINE__,
     "http://user:p%40ss@db1/",
     {0},
     "GET / HTTP/1.1",
     "Authorization: Basic dXNlcjpwQHNz"},
    {__LINE__,
     "db1",
     {.linktype = OPTIONS_LINKTYPE_NATIVE, .interface = "eth0"},
     "GET /capture?interface=eth0 HTTP/1.1",
     "Ddump-Options: linktype=native, heartbeat=50, precision=nano"},
    {__LINE__, "http://u@db1/", {0}, "GET / HTTP/1.1", "Authorization: Basic dTo="},
};

static void
test_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(request_rows); i++) {
		const struct request_row *row = &request_rows[i];
		char mem[4096];
		struct text out;
		struct target t;
		struct span line;

		check_true(__FILE__, row->line, span_str(row->target),
			   !target_parse(&t, row->target), "parsed");
		text_init(&out, mem, sizeof(mem));
		assert_true(
		    target_request(&t, &row->o, "remote=8475; local=1-2", "", &out));
		line = text_span(&out);
		line.n = span_find(line, '\r');
		check_span(__FILE__, row->line, span_str(row->target), line,
			   span_str(row->first), "request line");
		check_true(__FILE__, row->line, span_str(text_cstr(&out)),
			   strstr(text_cstr(&out), row->has) != NULL, row->has);
		assert_string_equal(text_cstr(&out) + out.n - 4, "\r\n\r\n");
	}
}

static void
test_request_that_does_not_fit(void **state)
{
	static char filter[40000];
	struct options o = {.filter = filter};
	char mem[64 * 1024];
	struct target t;
	struct text out;

	(void)state;
	memset(filter, 'x', sizeof(filter) - 1);
	assert_null(target_parse(&t, "db1"));
	text_init(&out, mem, sizeof(mem));
	assert_false(target_request(&t, &o, NULL, "", &out));
}

static void
test_clock_requests(void **state)
{
	static const char *const rows[][3] = {
	    {"db1", "GET /clock HTTP/1.1", "Host: db1:8475"},
	    {"db1?filter=icmp", "GET /clock HTTP/1.1", "User-Agent: ddump/"},
	    {"unix:/x", "GET /clock HTTP/1.1", "Host: localhost"},
	    {"http://u:p@db1/", "GET /clock HTTP/1.1", "Authorization: Basic dTpw"},
	    {"http://db1/capture", "GET /clock HTTP/1.1", ""},
	    {"http://db1/x/y/capture?count=1", "GET /x/y/clock HTTP/1.1", ""},
	    {"http://db1/x/", "GET /x/clock HTTP/1.1", ""},
	    {"http://db1/capture/", "GET /capture/clock HTTP/1.1", ""},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char mem[1024];
		struct text out;
		struct target t;
		struct span line;

		assert_null(target_parse(&t, rows[i][0]));
		text_init(&out, mem, sizeof(mem));
		assert_true(target_clock_request(&t, &out));
		line = text_span(&out);
		line.n = span_find(line, '\r');
		check_span(__FILE__, __LINE__, span_str(rows[i][0]), line,
			   span_str(rows[i][1]), "request line");
		assert_non_null(strstr(text_cstr(&out), rows[i][2]));
		assert_string_equal(text_cstr(&out) + out.n - 4, "\r\n\r\n");
		text_init(&out, mem, out.n - 1);
		assert_false(target_clock_request(&t, &out));
	}
}

static void
test_ports(void **state)
{
	static const char *const texts[] = {"db1",    "https://db2:443", "db3",
					    "x.pcap", "unix:/x",	 "db4:80"};
	const struct ports local = {.first = 50000, .last = 50255};
	const struct ports none = {0};
	struct target list[200];
	char mem[TARGET_PORTS_FIELD_MAX];
	struct text out;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(texts); i++)
		assert_null(target_parse(&list[i], texts[i]));
	text_init(&out, mem, sizeof(mem));
	target_put_ports(&out, list, CHECK_COUNT(texts), &local, 0);
	assert_string_equal(text_cstr(&out), "remote=8475,443,80; local=50000-50255");
	text_init(&out, mem, sizeof(mem));
	target_put_ports(&out, list, CHECK_COUNT(texts), &none, 0);
	target_put_ports(&out, &list[3], 2, &local, 0);
	assert_int_equal(out.n, 0);
	for (uint16_t i = 0; i < 200; i++) {
		list[i] = list[0];
		list[i].port = (uint16_t)(65535 - i);
	}
	target_put_ports(&out, list, 200, &local, 0);
	assert_false(out.is_cut);
	assert_non_null(strstr(text_cstr(&out), ",65472; local=50000-50255"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_request_that_does_not_fit),
	    cmocka_unit_test(test_clock_requests),
	    cmocka_unit_test(test_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
