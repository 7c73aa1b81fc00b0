/* The texts of /etc/hosts and /etc/resolv.conf. */
#include "sys/name_files.h"

#include <string.h>

#include "support/check.h"
#include "support/edge.h"

#define HOSTS                                                              \
	"127.0.0.1 localhost\n10.0.0.1\tDb1.Corp  db1\r\n# 10.0.0.9 db1\n" \
	"10.0.0.2 other # db1\n\n10.0.0.3 DB1\n10.0.0.4 db11 xdb1\n10.0.0.5 dot.\ndb1\n10.0.0.6 db1"

struct hosts_row {
	int line;
	const char *name;
	const char *want; /* addresses, a space behind each */
};

static const struct hosts_row hosts_rows[] = {
    {__LINE__, "db1", "10.0.0.1 10.0.0.3 10.0.0.6 "},
    {__LINE__, "dB1", "10.0.0.1 10.0.0.3 10.0.0.6 "},
    {__LINE__, "DB1.CORP", "10.0.0.1 "},
    {__LINE__, "localhost", "127.0.0.1 "},
    {__LINE__, "10.0.0.1", ""},
    {__LINE__, "dot", ""},
    {__LINE__, "dot.", "10.0.0.5 "},
    {__LINE__, "db1.", ""},
    {__LINE__, "#", ""},
    {__LINE__, "", ""},
};

static void
a_host_is_found_by_any_of_its_names(void **state)
{
	uint8_t *bytes = edge_copy(HOSTS, sizeof(HOSTS) - 1);

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(hosts_rows); i++) {
		const struct hosts_row *row = &hosts_rows[i];
		struct span rest = span_of(bytes, sizeof(HOSTS) - 1);
		struct span address;
		struct text got;
		char mem[256];

		text_init(&got, mem, sizeof(mem));
		while (name_files_next(&rest, span_str(row->name), &address)) {
			text_put(&got, address);
			text_char(&got, ' ');
		}
		check_span(__FILE__, row->line, span_str(row->name), text_span(&got),
			   span_str(row->want), "addresses");
	}
	edge_free(bytes);
}

struct conf_row {
	int line;
	const char *text;
	const char *want; /* servers, then ndots, timeout and attempts */
};

static const struct conf_row conf_rows[] = {
    {__LINE__, "", "127.0.0.1 1 5 2"},
    {__LINE__, "nameserver 10.0.0.1", "10.0.0.1 1 5 2"},
    {__LINE__, "# nameserver 9\n;nameserver 9\nnameserver\t::1 # x\nnameserver b\r\n",
     "::1 b 1 5 2"},
    {__LINE__, "nameserver a\nnameserver b\nnameserver c\nnameserver d\n", "a b c 1 5 2"},
    {__LINE__, "nameservers a\noptions ndots:5 rotate timeout:2\toptions attempts:3",
     "127.0.0.1 5 2 3"},
    {__LINE__, "options ndots:99 timeout:99 attempts:99", "127.0.0.1 15 60 10"},
    {__LINE__, "options ndots:0 timeout:0 attempts:0", "127.0.0.1 0 1 1"},
    {__LINE__, "options ndots: ndots:x timeout:-1 attempts:1x", "127.0.0.1 1 5 2"},
};

static void
resolv_conf_is_read_within_its_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(conf_rows); i++) {
		const struct conf_row *row = &conf_rows[i];
		uint8_t *bytes = edge_copy(row->text, strlen(row->text));
		struct name_files_conf c;
		struct text got;
		char mem[256];

		text_init(&got, mem, sizeof(mem));
		name_files_conf(&c, span_of(bytes, strlen(row->text)));
		for (unsigned k = 0; k < c.n_servers; k++) {
			text_put(&got, c.servers[k]);
			text_char(&got, ' ');
		}
		text_u64(&got, c.ndots);
		text_char(&got, ' ');
		text_u64(&got, c.timeout_s);
		text_char(&got, ' ');
		text_u64(&got, c.attempts);
		check_span(__FILE__, row->line, span_str(row->text), text_span(&got),
			   span_str(row->want), "configuration");
		edge_free(bytes);
	}
}

struct search_row {
	int line;
	const char *conf;
	const char *host;
	const char *want; /* names to ask for, a space behind each */
};

static const struct search_row search_rows[] = {
    {__LINE__, "", "db1", "db1 "},
    {__LINE__, "", "db1.a", "db1.a "},
    {__LINE__, "search a b.c", "db1", "db1.a db1.b.c db1 "},
    {__LINE__, "search a b.c", "db1.x", "db1.x db1.x.a db1.x.b.c "},
    {__LINE__, "search a b.c", "db1.", "db1. "},
    {__LINE__, "search a b.c", "db1.x.", "db1.x. "},
    {__LINE__, "search a\nsearch  b \n", "db1", "db1.b db1 "},
    {__LINE__, "search a\ndomain d", "db1", "db1.d db1 "},
    {__LINE__, "search .", "db1", "db1 db1 "},
    {__LINE__, "search a\noptions ndots:2", "x.y", "x.y.a x.y "},
    {__LINE__, "search a\noptions ndots:2", "x.y.z", "x.y.z x.y.z.a "},
    {__LINE__, "search a\noptions ndots:0", "x", "x x.a "},
};

static void
a_name_is_searched_as_its_dots_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(search_rows); i++) {
		const struct search_row *row = &search_rows[i];
		struct name_files_conf c;
		struct text got;
		char mem[256];

		text_init(&got, mem, sizeof(mem));
		name_files_conf(&c, span_str(row->conf));
		for (unsigned k = 0; k < 8; k++) {
			struct text name;
			char name_mem[64];

			text_init(&name, name_mem, sizeof(name_mem));
			if (!name_files_candidate(&c, span_str(row->host), k, &name))
				break;
			text_put(&got, text_span(&name));
			text_char(&got, ' ');
		}
		check_span(__FILE__, row->line, span_str(row->host), text_span(&got),
			   span_str(row->want), "names");
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_host_is_found_by_any_of_its_names),
	    cmocka_unit_test(resolv_conf_is_read_within_its_bounds),
	    cmocka_unit_test(a_name_is_searched_as_its_dots_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
