/* Counts of captures that have ended, found by their IDs. */
#include "worker/front/tally.h"

#include <string.h>

#include "support/check.h"

#define S UINT64_C(1000000000)

static struct record
record_with_id(uint8_t byte)
{
	struct record r = {.end = SLOT_END_STOPPED,
			   .counts.offered = byte + UINT64_C(10),
			   .counts.packets = byte,
			   .counts.dropped = 7,
			   .counts.own_packets = 3,
			   .counts.own_bytes = 99,
			   .is_counted = true};

	r.request.has_id = true;
	memset(r.request.id, byte, sizeof(r.request.id));
	return r;
}

static void
an_ended_capture_is_found_for_a_minute(void **state)
{
	static struct tallies all;
	struct record r = record_with_id(5);
	uint8_t id[REQUEST_ID_SIZE];
	const struct tally *t;

	(void)state;
	memcpy(id, r.request.id, sizeof(id));
	assert_null(tally_find(&all, id, 1000 * S));
	tally_add(&all, &r, 1000 * S);
	t = tally_find(&all, id, 1060 * S - 1);
	assert_non_null(t);
	assert_int_equal(t->counts.packets, 5);
	assert_int_equal(t->counts.offered, 15);
	assert_null(tally_find(&all, id, 1060 * S));
	id[15]++;
	assert_null(tally_find(&all, id, 1000 * S));
}

static void
the_newest_256_are_kept(void **state)
{
	static struct tallies all;
	uint8_t id[REQUEST_ID_SIZE] = {0};

	(void)state;
	for (unsigned i = 0; i < TALLY_MAX + 1; i++) {
		struct record r = record_with_id(0);

		r.request.id[0] = (uint8_t)i;
		r.request.id[1] = (uint8_t)(i >> 8);
		tally_add(&all, &r, S);
	}
	assert_null(tally_find(&all, id, S)); /* the first one */
	id[0] = 1;
	assert_non_null(tally_find(&all, id, S));
	id[0] = 0;
	id[1] = 1;
	assert_non_null(tally_find(&all, id, S)); /* the last one */
}

static void
one_without_an_id_cannot_be_found(void **state)
{
	static struct tallies all;
	struct record r = record_with_id(0);

	(void)state;
	r.request.has_id = false;
	tally_add(&all, &r, S);
	assert_null(tally_find(&all, r.request.id, S));
}

static void
ids_are_32_lower_case_hex_digits(void **state)
{
	static const struct {
		int line;
		const char *text;
		bool is_good;
	} rows[] = {
	    {__LINE__, "000102030405060708090a0b0c0d0eff", true},
	    {__LINE__, "000102030405060708090A0B0C0D0EFF", false},
	    {__LINE__, "000102030405060708090a0b0c0d0ef", false},
	    {__LINE__, "000102030405060708090a0b0c0d0effa", false},
	    {__LINE__, "000102030405060708090a0b0c0d0efg", false},
	    {__LINE__, "g00102030405060708090a0b0c0d0eff", false},
	    {__LINE__, "", false},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		uint8_t id[REQUEST_ID_SIZE];
		struct span in = span_str(rows[i].text);
		bool is_good = tally_parse_id(in, id);

		check_true(__FILE__, rows[i].line, in, is_good == rows[i].is_good, "id");
		if (is_good)
			assert_true(id[1] == 1 && id[15] == 0xff);
	}
}

static void
expect_json(const struct tally *tally, const char *want)
{
	char mem[TALLY_JSON_MAX];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	tally_put_json(&t, tally);
	assert_string_equal(text_cstr(&t), want);
}

static void
json_says_what_is_exact(void **state)
{
	struct record r = record_with_id(2);
	struct tally t;

	(void)state;
	t = tally_of(&r);
	expect_json(&t, "{\"state\":\"ended\",\"counts\":\"exact\",\"offered\":12,"
			"\"captured\":2,\"dropped_by_kernel\":7,\"own_traffic\":3,"
			"\"own_bytes\":99,\"end\":\"stopped\"}\n");
	r.is_counted = false;
	t = tally_of(&r);
	expect_json(&t, "{\"state\":\"running\",\"counts\":\"at_least\",\"offered\":12,"
			"\"captured\":2,\"dropped_by_kernel\":7,\"own_traffic\":3,"
			"\"own_bytes\":99}\n");
	t.ended_ns = 1; /* its process was killed */
	t.end = SLOT_END_NONE;
	expect_json(&t, "{\"state\":\"ended\",\"counts\":\"at_least\",\"offered\":12,"
			"\"captured\":2,\"dropped_by_kernel\":7,\"own_traffic\":3,"
			"\"own_bytes\":99,\"end\":\"died\"}\n");
}

static void
json_has_room_for_the_largest_numbers(void **state)
{
	struct tally tally = {.end = (enum slot_end)999, .is_exact = false};
	char mem[TALLY_JSON_MAX];
	struct text t;

	(void)state;
	tally.counts.offered = tally.counts.packets = tally.counts.dropped =
	    tally.counts.own_packets = tally.counts.own_bytes = tally.ended_ns =
		UINT64_MAX;
	text_init(&t, mem, sizeof(mem));
	tally_put_json(&t, &tally);
	assert_false(t.is_cut);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_ended_capture_is_found_for_a_minute),
	    cmocka_unit_test(the_newest_256_are_kept),
	    cmocka_unit_test(one_without_an_id_cannot_be_found),
	    cmocka_unit_test(ids_are_32_lower_case_hex_digits),
	    cmocka_unit_test(json_says_what_is_exact),
	    cmocka_unit_test(json_has_room_for_the_largest_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
