/* Names of the merged stream's interfaces, and what is counted of them. */
#include "cli/model/interfaces.h"

#include <string.h>

#include "support/check.h"

#define SLL 113

static struct interfaces all;
static struct target targets[3];

static void
set_up(uint32_t linktype, bool is_strict)
{
	struct target *scratch[3];
	static const char *const texts[3] = {"http://u:secret@db1/capture?filter=secret",
					     "unix:/run/x", "./dir/a.pcap"};

	for (size_t i = 0; i < 3; i++)
		assert_null(target_parse(&targets[i], texts[i]));
	target_name_all(targets, 3, scratch);
	assert_true(interfaces_init(&all, 3, linktype, is_strict));
}

static enum interfaces_result
add(uint32_t source, uint32_t connection, uint32_t linktype, struct span name,
    uint32_t *number)
{
	struct savefile_interface given = {.linktype = linktype, .name = name};

	return interfaces_add(&all, source, connection, &targets[source], &given, number);
}

/* Its name in the merged stream. */
static struct span
name_of(uint32_t source, uint32_t connection, const char *own)
{
	uint32_t number;

	assert_int_equal(add(source, connection, SLL, span_str(own), &number),
			 INTERFACES_OK);
	return all.list[number].name;
}

struct name_row {
	int line;
	uint32_t source;
	uint32_t connection;
	const char *own;
	const char *want;
	uint32_t n; /* interfaces then known */
};

/* One after the other. */
static const struct name_row name_rows[] = {
    {__LINE__, 0, 1, "any", "db1/any", 1},
    {__LINE__, 0, 1, "eth0", "db1/eth0", 2},
    {__LINE__, 1, 1, "eth0", "unix:/run/x/eth0", 3},
    {__LINE__, 2, 1, "", "a.pcap", 4},
    {__LINE__, 2, 1, "", "a.pcap#2", 5},
    {__LINE__, 2, 1, "a/b", "a.pcap/a/b", 6},
    /* the same after a reconnect, in any order; a second one of the name is new */
    {__LINE__, 0, 2, "eth0", "db1/eth0", 6},
    {__LINE__, 0, 2, "any", "db1/any", 6},
    {__LINE__, 0, 2, "eth0", "db1/eth0#2", 7},
    {__LINE__, 0, 3, "eth0", "db1/eth0", 7},
    {__LINE__, 0, 3, "eth0", "db1/eth0#2", 7},
    /* what happens to be another's name is marked by its number */
    {__LINE__, 0, 3, "eth0#2", "db1/eth0#2~8", 8},
    {__LINE__, 0, 3, "eth0#2~9", "db1/eth0#2~9", 9},
    /* hostile bytes */
    {__LINE__, 1, 1, "a\033[2J\xff", "unix:/run/x/a\xef\xbf\xbd[2J\xef\xbf\xbd", 10},
};

static void
each_target_and_interface_has_its_name(void **state)
{
	(void)state;
	set_up(SLL, false);
	for (size_t i = 0; i < CHECK_COUNT(name_rows); i++) {
		const struct name_row *row = &name_rows[i];
		struct span got = name_of(row->source, row->connection, row->own);

		check_span(__FILE__, row->line, span_str(row->own), got,
			   span_str(row->want), "name");
		check_u64(__FILE__, row->line, span_str(row->own), all.n, row->n,
			  "interfaces");
	}
	interfaces_fini(&all);
}

static void
assert_all_differ(void)
{
	for (uint32_t i = 0; i < all.n; i++)
		for (uint32_t j = 0; j < i; j++)
			assert_false(span_eq(all.list[i].name, all.list[j].name));
}

/* Long names are cut behind a character, and differ nevertheless. */
static void
long_names_are_cut_and_differ(void **state)
{
	char own[3 * SAVEFILE_NAME_MAX];

	(void)state;
	set_up(SLL, false);
	memset(targets[0].name, 'h', TARGET_NAME_MAX - 1);
	for (size_t n = 0; n + 1 < sizeof(own); n++) {
		struct span name;

		memset(own, 'e', n);
		memcpy(own + n, "\xc3\xa4", 2);
		name = name_of(0, 1, n % 2 ? "eth0" : "eth1");
		assert_true(name.n <= SAVEFILE_NAME_MAX);
		if (n + 3 > sizeof(own))
			continue;
		own[n + 2] = '\0';
		name = name_of(1, 1, own);
		assert_true(name.n <= SAVEFILE_NAME_MAX);
		assert_true((name.p[name.n - 1] & 0xc0) != 0xc0);
	}
	assert_all_differ();
	assert_non_null(memmem(all.list[0].name.p, all.list[0].name.n, "h/eth1~1", 8));
	interfaces_fini(&all);
}

static void
a_description_tells_where_it_comes_from(void **state)
{
	static const char *const want[3] = {"http://db1:8475/capture, the \xef\xbf\xbd",
					    "unix:/run/x, the \xef\xbf\xbd",
					    "./dir/a.pcap, the \xef\xbf\xbd"};
	struct savefile_interface given = {.linktype = SLL,
					   .name = span_str("e"),
					   .description = span_str("the \n"),
					   .filter = span_str("icmp"),
					   .os = span_str("Linux 6")};

	(void)state;
	set_up(SLL, false);
	for (uint32_t i = 0; i < 3; i++) {
		char mem[256];
		struct text t;
		uint32_t number;

		interfaces_add(&all, i, 1, &targets[i], &given, &number);
		text_init(&t, mem, sizeof(mem));
		interfaces_put_description(&t, &all.list[number]);
		check_span(__FILE__, __LINE__, span_str(want[i]), text_span(&t),
			   span_str(want[i]), "description");
		assert_true(span_eq(all.list[number].filter, given.filter));
		assert_true(span_eq(all.list[number].os, given.os));
	}
	interfaces_fini(&all);
}

static void
a_description_tells_the_clocks_offset(void **state)
{
	struct interface i = {.target = &targets[0],
			      .offset = {.kind = CLOCK_OFFSET_KNOWN,
					 .offset_ns = 1300000,
					 .bound_ns = 200000}};
	char mem[256];
	struct text t;

	(void)state;
	set_up(SLL, false);
	text_init(&t, mem, sizeof(mem));
	interfaces_put_description(&t, &i);
	assert_string_equal(text_cstr(&t),
			    "http://db1:8475/capture, offset +1.3 ms \xc2\xb1"
			    "0.2 ms");
	interfaces_fini(&all);
}

/* A filter that all of a source's interfaces share is kept once. */
static void
a_filter_that_is_shared_is_kept_once(void **state)
{
	struct savefile_interface given = {.linktype = SLL, .filter = span_str("icmp")};
	uint32_t number;

	(void)state;
	set_up(SLL, false);
	for (int i = 0; i < 3; i++) {
		given.filter = i < 2 ? given.filter : span_str("arp");
		interfaces_add(&all, 0, 1, &targets[0], &given, &number);
	}
	assert_ptr_equal(all.list[1].filter.p, all.list[0].filter.p);
	assert_true(span_eq(all.list[2].filter, span_str("arp")));
	interfaces_fini(&all);
}

/* A source's counts begin at 0 with each connection: they add up. */
static void
counts_add_up_over_connections(void **state)
{
	struct savefile_statistics told = {.has =
					       SAVEFILE_HAS_IFRECV | SAVEFILE_HAS_OSDROP,
					   .ifrecv = 10,
					   .osdrop = 1,
					   .usrdeliv = 99};
	struct savefile_statistics sum;
	uint32_t number;

	(void)state;
	set_up(SLL, false);
	add(0, 1, SLL, span_str("any"), &number);
	interfaces_sum(&all, number, &sum);
	assert_int_equal(sum.has, SAVEFILE_HAS_USRDELIV);
	interfaces_note_statistics(&all, number, &told);
	told.ifrecv = 20;
	told.osdrop = 2;
	interfaces_note_statistics(&all, number, &told);
	add(0, 2, SLL, span_str("any"), &number);
	told.ifrecv = 5;
	told.osdrop = 3;
	interfaces_note_statistics(&all, number, &told);
	all.list[number].packets = 7;
	interfaces_sum(&all, number, &sum);
	assert_int_equal(sum.has, SAVEFILE_HAS_IFRECV | SAVEFILE_HAS_OSDROP |
				      SAVEFILE_HAS_USRDELIV);
	assert_int_equal(sum.ifrecv, 25);
	assert_int_equal(sum.osdrop, 5);
	assert_int_equal(sum.usrdeliv, 7);
	assert_int_equal(sum.interface_id, number);
	interfaces_fini(&all);
}

struct linktype_row {
	int line;
	uint32_t output;
	bool is_strict;
	uint32_t given;
	bool is_refused;
};

static const struct linktype_row linktype_rows[] = {
    {__LINE__, SLL, false, 1, false},
    {__LINE__, SLL, false, 276, false},
    {__LINE__, SLL, false, 105, true},
    {__LINE__, SLL, true, 276, true},
    {__LINE__, 105, true, 105, false},
    {__LINE__, 1, false, SLL, true},
    {__LINE__, INTERFACES_MIXED, false, 105, false},
    {__LINE__, INTERFACES_OPEN, true, 105, false},
    {__LINE__, INTERFACES_OPEN, false, 9, false},
};

/* Whether the interface comes before or after the link type is decided. */
static void
a_link_type_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(linktype_rows); i++) {
		const struct linktype_row *row = &linktype_rows[i];
		uint32_t number;

		set_up(row->output, row->is_strict);
		assert_int_equal(add(0, 1, row->given, span_str("e"), &number),
				 INTERFACES_OK);
		check_u64(__FILE__, row->line, span_str(""), all.list[0].is_refused,
			  row->is_refused, "after");
		interfaces_fini(&all);
		set_up(INTERFACES_OPEN, row->is_strict);
		add(0, 1, row->given, span_str("e"), &number);
		assert_false(all.list[0].is_refused);
		interfaces_set_linktype(&all, row->output);
		check_u64(__FILE__, row->line, span_str(""), all.list[0].is_refused,
			  row->is_refused, "before");
		interfaces_fini(&all);
	}
}

/* An interface's statistics and its packets' drop counts tell of the same packets. */
static void
drops_are_the_larger_of_both_counts(void **state)
{
	struct savefile_statistics told = {.has = SAVEFILE_HAS_IFDROP, .ifdrop = 3};
	uint32_t first, second;
	uint64_t lost;

	(void)state;
	set_up(SLL, false);
	add(0, 1, SLL, span_str("eth0"), &first);
	add(0, 1, SLL, span_str("eth1"), &second);
	assert_false(interfaces_lost(&all, 0, &lost));
	interfaces_note_statistics(&all, first, &told);
	assert_true(interfaces_lost(&all, 0, &lost));
	assert_int_equal(lost, 3);
	all.list[first].lost = 2;
	all.list[second].lost = 4;
	assert_true(interfaces_lost(&all, 0, &lost));
	assert_int_equal(lost, 7);
	all.list[first].lost = 10;
	interfaces_lost(&all, 0, &lost);
	assert_int_equal(lost, 14);
	interfaces_sum(&all, first, &told);
	assert_int_equal(told.ifdrop + told.osdrop, 10);
	assert_false(interfaces_lost(&all, 1, &lost));
	interfaces_fini(&all);
}

/* One source cannot use up what others need: neither numbers nor memory. */
static void
one_source_cannot_use_up_what_others_need(void **state)
{
	static char filter[8192];
	struct savefile_interface given = {.linktype = SLL};
	enum interfaces_result result = INTERFACES_OK;
	uint32_t number;
	uint32_t n = 0;

	(void)state;
	set_up(SLL, false);
	while (n <= INTERFACES_EACH_MAX &&
	       add(0, 1, SLL, span_str("eth0"), &number) == INTERFACES_OK)
		n++;
	assert_int_equal(n, INTERFACES_EACH_MAX);
	memset(filter, 'a', sizeof(filter));
	for (n = 0; result == INTERFACES_OK && n < 1000; n++) {
		memcpy(filter, (char[2]){(char)('A' + n % 50), (char)('A' + n / 50)}, 2);
		given.filter = span_of(filter, sizeof(filter));
		result = interfaces_add(&all, 1, 1, &targets[1], &given, &number);
	}
	assert_int_equal(result, INTERFACES_FULL);
	assert_in_range(n, 100, INTERFACES_TEXT_MAX / sizeof(filter));
	assert_int_equal(add(2, 1, SLL, span_str("x"), &number), INTERFACES_OK);
	interfaces_fini(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_target_and_interface_has_its_name),
	    cmocka_unit_test(long_names_are_cut_and_differ),
	    cmocka_unit_test(a_description_tells_where_it_comes_from),
	    cmocka_unit_test(a_description_tells_the_clocks_offset),
	    cmocka_unit_test(a_filter_that_is_shared_is_kept_once),
	    cmocka_unit_test(counts_add_up_over_connections),
	    cmocka_unit_test(a_link_type_that_does_not_fit_is_refused),
	    cmocka_unit_test(drops_are_the_larger_of_both_counts),
	    cmocka_unit_test(one_source_cannot_use_up_what_others_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
