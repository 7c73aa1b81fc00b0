/* What an argument names, what people call it, and the request made for it. */
#include "cli/target/target.h"

#include <stdio.h>
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
    {__LINE__, {"-", "./-"}, {"stdin", "-"}},
    {__LINE__,
     {"web=db1", "db1?filter=icmp", "f=x.d/a", "in=-"},
     {"web", "db1", "f", "in"}},
    {__LINE__, {"a=http://u:secret@db1", "b=unix:/x", "c=/d/x.pcap"}, {"a", "b", "c"}},
    {__LINE__,
     {"exec:A=1 /bin/cat x", "exec:cat y", "exec:zcat /z?a=b", "a=exec:cat x"},
     {"cat#1", "cat#2", "zcat", "a"}},
    {__LINE__,
     {"ssh://ann@db1", "ssh://db1:2222", "ssh://db2", "exec+sh:docker exec -i web"},
     {"db1:22", "db1:2222", "db2", "docker"}},
};

static void
a_target_is_called_by_its_host_or_label(void **state)
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
a_target_is_what_its_scheme_says(void **state)
{
	static const struct {
		const char *text;
		enum target_way way;
	} rows[] = {
	    {"x.pcap", TARGET_OPEN},	     {"X.PCAPNG", TARGET_OPEN},
	    {"/dev/stdin", TARGET_OPEN},     {"./a", TARGET_OPEN},
	    {"../a", TARGET_OPEN},	     {"host", TARGET_LOOK_UP},
	    {"host/x", TARGET_LOOK_UP},	     {"http://host/x.pcap", TARGET_LOOK_UP},
	    {"unix:/x", TARGET_SOCKET},	     {"unix:/x.pcap", TARGET_SOCKET},
	    {"exec:cat x", TARGET_COMMAND},  {"ssh://host", TARGET_COMMAND},
	    {"exec+sh:env", TARGET_COMMAND},
	};
	struct target t;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		assert_null(target_parse(&t, rows[i].text));
		check_u64(__FILE__, __LINE__, span_str(rows[i].text), t.ops->way,
			  rows[i].way, "way");
	}
}

/* What is wrong is said without the password. */
static void
what_is_wrong_is_said_without_the_password(void **state)
{
	static const char *const rows[] = {
	    "",
	    "http://",
	    "db1:0",
	    "db1:99999",
	    "ftp://db1",
	    "dns+ftp://db1",
	    "dns+http://",
	    "http://u:secret@db1:x",
	    "u:secret@[::1",
	    "exec:",
	    "exec+sh:",
	    "ssh://",
	    "ssh://u:secret@h",
	    "ssh://h/x",
	    "ssh://-h",
	    "ssh://-u@h",
	    "exec:  ",
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
	assert_non_null(strstr(target_parse(&t, "a b=http://u:secret@h"), "label"));
	assert_null(strstr(t.name, "secret"));
	assert_non_null(strstr(target_parse(&t, "http://u:a/b@db1"), "%2F"));
	assert_non_null(strstr(target_parse(&t, "http://u:secret@db1:x"), "port"));
}

static const struct target *
name_two(struct target list[2], const char *one, const char *other)
{
	struct target *scratch[2];

	assert_null(target_parse(&list[0], one));
	assert_null(target_parse(&list[1], other));
	return target_name_all(list, 2, scratch);
}

static void
a_label_is_no_other_targets_name(void **state)
{
	struct target list[2];
	struct target *scratch[2];

	(void)state;
	assert_ptr_equal(name_two(list, "db1", "db1=db2"), &list[1]);
	assert_ptr_equal(name_two(list, "db1=db2", "db1"), &list[0]);
	assert_non_null(name_two(list, "a=db1", "a=db2"));
	assert_non_null(name_two(list, "x.pcap=db1", "/d/x.pcap"));
	assert_null(name_two(list, "a=db1", "A=db2"));
	assert_non_null(name_two(list, "db1=db2", "db1:80?x"));
	assert_null(name_two(list, "svc=dns+http://db", "db"));
	list[0] = target_at_address(&list[0], span_str("::1"));
	list[1] = target_at_address(&list[0], span_str("10.0.0.1"));
	assert_null(target_name_all(list, 2, scratch));
	assert_string_equal(list[0].name, "svc#::1");
	assert_string_equal(list[1].name, "svc#10.0.0.1");
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
     "GET /capture HTTP/1.1",
     "Host: [fe80::1]:80"},
    {__LINE__,
     "unix:/x?filter=icmp",
     {0},
     "GET /capture?filter=icmp HTTP/1.1",
     "Host: localhost"},
    {__LINE__,
     "db1?filter=icmp",
     {.query = {2, {{"filter", "tcp"}, {"snaplen", "96"}}}},
     "GET /capture?filter=icmp&snaplen=96 HTTP/1.1",
     "Ddump-Options: linktype=sll2, heartbeat=50, precision=nano"},
    {__LINE__,
     "db1",
     {.query =
	  {3,
	   {{"filter", "port 53 & x"}, {"interface", "eth0,lo"}, {"direction", "in"}}}},
     "GET /capture?filter=port%2053%20%26%20x&interface=eth0%2Clo&direction=in HTTP/1.1",
     "Accept: application/x-pcapng"},
    {__LINE__,
     "http://user:p%40ss@db1/",
     {0},
     "GET /capture HTTP/1.1",
     "Authorization: Basic dXNlcjpwQHNz"},
    {__LINE__,
     "db1",
     {.linktype = OPTIONS_LINKTYPE_NATIVE, .query = {1, {{"interface", "eth0"}}}},
     "GET /capture?interface=eth0 HTTP/1.1",
     "Ddump-Options: linktype=native, heartbeat=50, precision=nano"},
    {__LINE__,
     "http://u@db1/",
     {0},
     "GET /capture HTTP/1.1",
     "Authorization: Basic dTo="},
};

static void
a_request_has_the_targets_query_before_the_defaults(void **state)
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
a_request_that_does_not_fit_is_none(void **state)
{
	static char filter[40000];
	struct options o = {.query = {1, {{"filter", filter}}}};
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
the_clock_is_asked_beside_the_capture(void **state)
{
	static const char *const rows[][3] = {
	    {"db1", "GET /clock HTTP/1.1", "Host: db1:8475"},
	    {"db1?filter=icmp", "GET /clock HTTP/1.1", "User-Agent: ddump/"},
	    {"unix:/x", "GET /clock HTTP/1.1", "Host: localhost"},
	    {"http://u:p@db1/", "GET /clock HTTP/1.1", "Authorization: Basic dTpw"},
	    {"http://db1/capture", "GET /clock HTTP/1.1", ""},
	    {"http://db1/x/y/capture?count=1", "GET /x/y/clock HTTP/1.1", ""},
	    {"http://db1/x/", "GET /x/clock HTTP/1.1", ""},
	    {"http://db1/capture/", "GET /clock HTTP/1.1", ""},
	    {"http://db1/x/y", "GET /x/clock HTTP/1.1", ""},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char mem[1024];
		struct text out;
		struct target t;
		struct span line;

		assert_null(target_parse(&t, rows[i][0]));
		text_init(&out, mem, sizeof(mem));
		assert_true(target_side_request(&t, "clock", &out));
		line = text_span(&out);
		line.n = span_find(line, '\r');
		check_span(__FILE__, __LINE__, span_str(rows[i][0]), line,
			   span_str(rows[i][1]), "request line");
		assert_non_null(strstr(text_cstr(&out), rows[i][2]));
		assert_string_equal(text_cstr(&out) + out.n - 4, "\r\n\r\n");
		text_init(&out, mem, out.n - 1);
		assert_false(target_side_request(&t, "clock", &out));
	}
}

static void
each_port_of_the_targets_is_told_once(void **state)
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

struct same_row {
	int line;
	const char *one;
	const char *other;
	bool is_same;
};

static const struct same_row same_rows[] = {
    {__LINE__, "db1", "http://DB1:8475/capture", true},
    {__LINE__, "http://u:p@db1/", "http://v@db1/", true},
    {__LINE__, "db1", "https://db1", false},
    {__LINE__, "db1", "db1:80", false},
    {__LINE__, "db1", "db1/", true},
    {__LINE__, "db1/x/", "db1/x/capture", true},
    {__LINE__, "db1/x/capture/", "db1/x/capture", true},
    {__LINE__, "db1/x", "db1/x/", false},
    {__LINE__, "db1", "db1/x", false},
    {__LINE__, "db1", "db1?filter=icmp", false},
    {__LINE__, "db1?filter=icmp", "db1/capture?filter=icmp", true},
    {__LINE__, "db1?", "db1", true},
    {__LINE__, "db1", "db1.", false},
    {__LINE__, "db1", "dns+http://db1", false},
    {__LINE__, "dns+http://db1", "dns+http://DB1:8475", true},
    {__LINE__, "[::1]", "[0:0:0:0:0:0:0:1]:8475", true},
    {__LINE__, "[::1]", "[::2]", false},
    {__LINE__, "[fe80::1%eth0]", "[fe80:0::1%25eth0]", true},
    {__LINE__, "[fe80::1%eth0]", "[fe80::1%eth1]", false},
    {__LINE__, "[fe80::1%eth0]", "[fe80::1]", false},
    {__LINE__, "127.0.0.1", "[::ffff:127.0.0.1]", false},
    {__LINE__, "unix:/a", "unix:///a", true},
    {__LINE__, "unix:/a", "unix:/A", false},
    {__LINE__, "unix:/a", "unix:/a?filter=udp", false},
    {__LINE__, "/a.pcap", "/a.pcap", true},
    {__LINE__, "./a.pcap", "a.pcap", false},
    {__LINE__, "a.pcap", "http://a.pcap", false},
};

static void
spellings_of_one_target_are_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(same_rows); i++) {
		const struct same_row *row = &same_rows[i];
		struct target list[4];
		struct target *pointers[4] = {&list[0], &list[1], &list[2], &list[3]};

		assert_null(target_parse(&list[0], row->one));
		assert_null(target_parse(&list[1], "[::7]:7"));
		assert_null(target_parse(&list[2], row->other));
		assert_null(target_parse(&list[3], row->one));
		check_true(__FILE__, row->line, span_str(row->one),
			   target_is_same(&list[0], &list[2]) == row->is_same &&
			       target_is_same(&list[2], &list[0]) == row->is_same,
			   row->other);
		target_sort(pointers, 4);
		for (size_t k = 1; k < 4; k++)
			check_true(__FILE__, row->line, span_str(row->one),
				   !target_is_same(pointers[k - 1], pointers[k]) ||
				       pointers[k - 1] < pointers[k],
				   "in the order of the list");
	}
}

/* Each byte of other alphabets takes four: what does not fit must not cost all of it. */
static void
a_long_name_is_cut_not_empty(void **state)
{
	static const char *const formats[] = {"./%s.pcap", "unix:/%s", "%s"};
	char letters[101];
	char text[128];
	struct target t;

	(void)state;
	memset(letters, 0xc3, sizeof(letters));
	letters[100] = '\0';
	for (size_t i = 0; i < CHECK_COUNT(formats); i++) {
		snprintf(text, sizeof(text), formats[i], letters);
		target_parse(&t, text);
		assert_true(strlen(t.name) > TARGET_NAME_MAX - 8);
		assert_non_null(strstr(t.name, "\\xc3\\xc3"));
	}
}

/* One of a name's addresses: connected to by the address, asked for by the name. */
static void
an_address_is_asked_for_by_its_name(void **state)
{
	static const char *const texts[] = {"dns+http://u:secret@db.svc:80",
					    "10.0.0.1:80", "[fd00::1]"};
	static const char *const names[] = {"10.0.0.2", "10.0.0.1", "[fd00::1]:80",
					    "[fd00::1]:8475"};
	struct options o = {0};
	struct target all;
	struct target list[4];
	struct target *scratch[4];
	char mem[512];
	struct text out;

	(void)state;
	assert_null(target_parse(&all, texts[0]));
	assert_true(target_is_all(&all));
	list[0] = target_at_address(&all, span_str("10.0.0.2"));
	assert_null(target_parse(&list[1], texts[1]));
	list[2] = target_at_address(&all, span_str("fd00::1"));
	assert_null(target_parse(&list[3], texts[2]));
	target_name_all(list, 4, scratch);
	for (size_t i = 0; i < 4; i++) {
		check_span(__FILE__, __LINE__, span_str(names[i]), span_str(list[i].name),
			   span_str(names[i]), "name");
		assert_false(target_is_all(&list[i]));
		assert_int_equal(target_is_same(&list[i], &list[1]), i == 1);
	}
	list[3] = target_at_address(&all, span_str("10.0.0.1"));
	assert_true(target_is_same(&list[3], &list[1]));
	text_init(&out, mem, sizeof(mem));
	target_put_authority(&list[2], &out);
	check_span(__FILE__, __LINE__, span_str(texts[0]), text_span(&out),
		   span_str("[fd00::1]:80"), "authority");
	text_init(&out, mem, sizeof(mem));
	assert_true(target_request(&list[2], &o, NULL, "", &out));
	assert_non_null(strstr(text_cstr(&out), "Host: db.svc:80\r\n"));
}

static void
a_target_is_shown_without_its_login(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
	    {"db1", "db1"},
	    {"http://u:secret@db1/x?y", "http://db1/x?y"},
	    {"u@db1", "db1"},
	    {"dns+https://:secret@db1", "dns+https://db1"},
	    {"u:se@cret@[::1]:80", "[::1]:80"},
	    {"/a@b:c.pcap", "/a@b:c.pcap"},
	    {"./\x1b.pcap", "./\\x1b.pcap"},
	    {"web=u:secret@db1:80", "db1:80"},
	    {"web=http://u:secret@db1", "web=http://db1"},
	    {"web=/x.pcap", "web=/x.pcap"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct target t;
		char mem[128];
		struct text out;

		assert_null(target_parse(&t, rows[i].text));
		text_init(&out, mem, sizeof(mem));
		target_put_text(&t, &out);
		check_span(__FILE__, __LINE__, span_str(rows[i].text), text_span(&out),
			   span_str(rows[i].want), "shown");
	}
}

/* A worker's host name is its target's where nobody else has it. */
static void
a_host_names_the_targets_of_dns(void **state)
{
	static const struct {
		int line;
		const char *host;
		const char *want;
	} rows[] = {
	    {__LINE__, "web-1", "web-1"},  {__LINE__, "db1", "10.0.0.1"},
	    {__LINE__, "DB1", "10.0.0.1"}, {__LINE__, "10.0.0.2", "10.0.0.1"},
	    {__LINE__, "a/b", "10.0.0.1"}, {__LINE__, "\033[2J", "10.0.0.1"},
	    {__LINE__, "", "10.0.0.1"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct target all;
		struct target list[4];
		struct target *scratch[4];
		char mem[64];
		struct text place;

		assert_null(target_parse(&all, "dns+http://pods"));
		list[0] = target_at_address(&all, span_str("10.0.0.1"));
		list[1] = target_at_address(&all, span_str("10.0.0.2"));
		assert_null(target_parse(&list[2], "db1"));
		assert_null(target_parse(&all, "x=dns+http://pods:1"));
		list[3] = target_at_address(&all, span_str("10.0.0.3"));
		assert_null(target_name_all(list, 4, scratch));
		target_take_host(list, 4, 0, span_str(rows[i].host));
		check_span(__FILE__, rows[i].line, span_str(rows[i].host),
			   span_str(list[0].name), span_str(rows[i].want), "name");
		/* neither a host that was named, nor one with a label */
		target_take_host(list, 4, 2, span_str("other"));
		target_take_host(list, 4, 3, span_str("other"));
		assert_string_equal(list[2].name, "db1");
		assert_string_equal(list[3].name, "x#10.0.0.3");
		text_init(&place, mem, sizeof(mem));
		target_put_place(&list[1], &place);
		assert_string_equal(text_cstr(&place), "http://pods:8475 at 10.0.0.2");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_host_names_the_targets_of_dns),
	    cmocka_unit_test(a_target_is_called_by_its_host_or_label),
	    cmocka_unit_test(spellings_of_one_target_are_the_same),
	    cmocka_unit_test(an_address_is_asked_for_by_its_name),
	    cmocka_unit_test(a_target_is_shown_without_its_login),
	    cmocka_unit_test(a_target_is_what_its_scheme_says),
	    cmocka_unit_test(what_is_wrong_is_said_without_the_password),
	    cmocka_unit_test(a_label_is_no_other_targets_name),
	    cmocka_unit_test(a_long_name_is_cut_not_empty),
	    cmocka_unit_test(a_request_has_the_targets_query_before_the_defaults),
	    cmocka_unit_test(a_request_that_does_not_fit_is_none),
	    cmocka_unit_test(the_clock_is_asked_beside_the_capture),
	    cmocka_unit_test(each_port_of_the_targets_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
