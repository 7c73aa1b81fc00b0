/* VLAN terms: a row a filter, with what is left of it; and random words, where what is
 * taken must be a term wherever it stands. */
#include "pcap/vlan_term.h"
#include "support/check.h"

#include <string.h>

#include "support/edge.h"
#include "support/rng.h"

#define ANY   VLAN_TERM_ANY
#define NONE  VLAN_TERM_NONE
#define TAKEN VLAN_TERM_TAKEN
#define RANGE VLAN_TERM_RANGE

static const struct row {
	int line;
	enum vlan_term result;
	uint32_t id;
	const char *filter, *rest; /* rest without white space around it */
} rows[] = {
    {__LINE__, TAKEN, ANY, "vlan", ""},
    {__LINE__, TAKEN, ANY, " \t\r\nvlan ", ""},
    {__LINE__, TAKEN, 0, "vlan 0", ""},
    {__LINE__, TAKEN, 4095, "vlan 4095", ""},
    {__LINE__, TAKEN, 255, "vlan 0xfF", ""},
    {__LINE__, TAKEN, 5, "vlan 5 and tcp", "tcp"},
    {__LINE__, TAKEN, 5, "vlan 5&&tcp", "tcp"},
    {__LINE__, TAKEN, ANY, "vlan&&tcp", "tcp"},
    {__LINE__, TAKEN, 5, "tcp and vlan 5", "tcp"},
    {__LINE__, TAKEN, ANY, "tcp&&vlan", "tcp"},
    {__LINE__, TAKEN, 5, "vlan 5 and (tcp or udp)", "(tcp or udp)"},
    {__LINE__, TAKEN, 5, "(tcp or udp)and vlan 5", "(tcp or udp)"},
    {__LINE__, TAKEN, 5, "vlan 5 and(tcp||udp)", "(tcp||udp)"},
    {__LINE__, TAKEN, 5, "vlan 5 and not tcp", "not tcp"},
    {__LINE__, TAKEN, 5, "vlan 5 and !(tcp or udp)", "!(tcp or udp)"},
    {__LINE__, TAKEN, 5, "ip and tcp[13] & 2 != 0 and vlan 5", "ip and tcp[13] & 2 != 0"},
    {__LINE__, TAKEN, 5, "vlan 5 and host or.example and port 1",
     "host or.example and port 1"},
    {__LINE__, TAKEN, ANY, "vlan and vlan 3", "vlan 3"}, /* libpcap refuses the rest */
    {__LINE__, TAKEN, ANY, "host vlan and vlan", "host vlan"},
    /* Left to libpcap. */
    {__LINE__, NONE, ANY, "", ""},
    {__LINE__, NONE, ANY, "  ", ""},
    {__LINE__, NONE, ANY, "tcp", "tcp"},
    {__LINE__, NONE, ANY, "a or b and vlan 5", "a or b and vlan 5"},
    {__LINE__, NONE, ANY, "vlan 5 and tcp or udp", "vlan 5 and tcp or udp"},
    {__LINE__, NONE, ANY, "vlan 5||tcp", "vlan 5||tcp"},
    {__LINE__, NONE, ANY, "vlan or vlan 5", "vlan or vlan 5"},
    {__LINE__, NONE, ANY, "not vlan", "not vlan"},
    {__LINE__, NONE, ANY, "!vlan 5", "!vlan 5"},
    {__LINE__, NONE, ANY, "tcp and not vlan 5", "tcp and not vlan 5"},
    {__LINE__, NONE, ANY, "tcp and !vlan", "tcp and !vlan"},
    {__LINE__, NONE, ANY, "(vlan 5) and tcp", "(vlan 5) and tcp"},
    {__LINE__, NONE, ANY, "(vlan 5 and tcp)", "(vlan 5 and tcp)"},
    {__LINE__, NONE, ANY, "tcp and (udp and vlan 5", "tcp and (udp and vlan 5"},
    {__LINE__, NONE, ANY, "tcp) and (udp and vlan 5", "tcp) and (udp and vlan 5"},
    {__LINE__, NONE, ANY, "vlan 5 and tcp) or (udp", "vlan 5 and tcp) or (udp"},
    {__LINE__, NONE, ANY, "a and vlan and b", "a and vlan and b"},
    {__LINE__, NONE, ANY, "tcp and host vlan", "tcp and host vlan"},
    {__LINE__, NONE, ANY, "host vlan", "host vlan"},
    {__LINE__, NONE, ANY, "host \\vlan", "host \\vlan"},
    {__LINE__, NONE, ANY, "\\vlan", "\\vlan"},
    {__LINE__, NONE, ANY, "'vlan' and tcp", "'vlan' and tcp"},
    {__LINE__, NONE, ANY, "VLAN", "VLAN"},
    {__LINE__, NONE, ANY, "vlan5", "vlan5"},
    {__LINE__, NONE, ANY, "vlan-5 and tcp", "vlan-5 and tcp"},
    {__LINE__, NONE, ANY, "vlan\v5", "vlan\v5"},
    {__LINE__, NONE, ANY, "vlan 05", "vlan 05"},
    {__LINE__, NONE, ANY, "vlan -1", "vlan -1"},
    {__LINE__, NONE, ANY, "vlan (5)", "vlan (5)"},
    {__LINE__, NONE, ANY, "vlan 5 6", "vlan 5 6"},
    {__LINE__, NONE, ANY, "vlan 5 tcp", "vlan 5 tcp"},
    {__LINE__, NONE, ANY, "vlan and", "vlan and"},
    {__LINE__, NONE, ANY, "and vlan", "and vlan"},
    {__LINE__, NONE, ANY, "&&vlan", "&&vlan"},
    {__LINE__, NONE, ANY, "vlan & tcp", "vlan & tcp"},
    {__LINE__, NONE, ANY, "vlan 18446744073709551616", "vlan 18446744073709551616"},
    {__LINE__, RANGE, ANY, "vlan 4096", "vlan 4096"},
    {__LINE__, RANGE, ANY, "tcp and vlan 0x1000", "tcp and vlan 0x1000"},
    {__LINE__, RANGE, ANY, "vlan 18446744073709551614", "vlan 18446744073709551614"},
};

static struct span
trimmed(struct span s)
{
	while (s.n > 0 && strchr(" \t\r\n", s.p[0]))
		s = span_of(s.p + 1, s.n - 1);
	while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]))
		s.n--;
	return s;
}

static void
a_term_is_taken_where_it_stands_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		size_t n = strlen(r->filter);
		uint8_t *copy = edge_copy(r->filter, n);
		struct span filter = span_of(copy, n);
		struct span rest;
		uint32_t id = 0;

		check_u64(__FILE__, r->line, filter, vlan_term_take(filter, &id, &rest),
			  r->result, "result");
		check_u64(__FILE__, r->line, filter, id, r->id, "id");
		check_span(__FILE__, r->line, filter, trimmed(rest),
			   trimmed(span_str(r->rest)), "rest");
		edge_free(copy);
	}
}

/* Whatever is taken: the rest lies in the filter, and holds every word but the term's. */
static void
any_words_leave_a_part_of_the_filter(void **state)
{
	static const char *const words[] = {"vlan", "5",   "and", "&&", "or",  "||", "(",
					    ")",    "not", "!",	  "[",	"]",   " ",  "&",
					    "tcp",  "\t",  "0x",  "\\", "4096"};
	uint64_t rng = 20261130;
	size_t taken = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char text[128] = "";
		struct span filter, rest;
		uint8_t *copy;
		uint32_t id;

		for (size_t n = rng_below(&rng, 9); n > 0; n--) {
			strcat(text, words[rng_below(&rng, CHECK_COUNT(words))]);
			strcat(text, rng_below(&rng, 3) ? " " : "");
		}
		copy = edge_copy(text, strlen(text));
		filter = span_of(copy, strlen(text));
		if (vlan_term_take(filter, &id, &rest) == VLAN_TERM_TAKEN) {
			taken++;
			assert_true(id <= VLAN_TERM_ANY && rest.n + 4 <= filter.n);
			assert_true(rest.n == 0 || rest.p == filter.p ||
				    rest.p + rest.n == filter.p + filter.n);
		}
		edge_free(copy);
	}
	assert_true(taken > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_term_is_taken_where_it_stands_alone),
	    cmocka_unit_test(any_words_leave_a_part_of_the_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
