/* What is part of a packet's key, and what is not. */
#include "path/build.h"

#include "support/rng.h"

static const struct path_keys keys = {.seed = {1, 2}, .payload = 64};

static enum path_key_result
key_of(const struct build *b, struct path_key *key)
{
	uint8_t *copy = malloc(b->n);
	enum path_key_result result;

	memcpy(copy, b->bytes, b->n);
	result = path_key_of(&keys, 0x0800, span_of(copy, b->n), b->wire, key);
	free(copy);
	return result;
}

static bool
is_same(const struct path_key *a, const struct path_key *b)
{
	return a->hash == b->hash && a->lo == b->lo && a->hi == b->hi &&
	       a->kind == b->kind && memcmp(&a->tuple, &b->tuple, sizeof(a->tuple)) == 0;
}

/* Bytes that routers and cards change: TOS, DF, TTL, the header's checksum; and UDP's. */
static bool
is_rewritten(uint32_t at)
{
	return at == 1 || at == 8 || at == 10 || at == 11 || at == 26 || at == 27;
}

static void
only_what_is_compared_makes_another_key(void **state)
{
	struct path_key first;
	struct path_key other;
	struct build b;

	(void)state;
	build_udp(&b, 7, 1000, 100, 1);
	assert_int_equal(key_of(&b, &first), PATH_KEY_OK);
	for (uint32_t at = 0; at < b.n; at++) {
		if (at == 0 || at == 2 || at == 3 || at == 6 || at == 7 || at == 9 ||
		    at == 24 || at == 25)
			continue;
		b.bytes[at] ^= 0x55;
		assert_int_equal(key_of(&b, &other), PATH_KEY_OK);
		if (is_same(&first, &other) != (is_rewritten(at) || at >= 28 + 64))
			fail_msg("byte %u", at);
		b.bytes[at] ^= 0x55;
	}
	b.bytes[6] ^= 0x40;
	key_of(&b, &other);
	assert_true(is_same(&first, &other));
}

static void
tcp_options_and_ecn_are_no_part_of_it(void **state)
{
	struct path_key first;
	struct path_key other;
	struct build b;

	(void)state;
	build_tcp(&b, 7, 0x10, 1000, 0);
	key_of(&b, &first);
	build_tcp(&b, 7, 0x10, 1000, 12);
	b.bytes[32] = 0x80;
	b.bytes[33] = 0xd0;
	b.bytes[40] = 1;
	key_of(&b, &other);
	assert_int_equal(first.kind, PATH_KIND_TCP);
	assert_true(is_same(&first, &other));
}

static void
payload_syn_and_fin_are_ranges(void **state)
{
	static const struct {
		uint8_t flags;
		uint32_t payload, bytes;
		enum path_kind kind;
	} rows[] = {{0x02, 0, 1, PATH_KIND_RANGE},     {0x11, 0, 1, PATH_KIND_RANGE},
		    {0x18, 100, 100, PATH_KIND_RANGE}, {0x19, 100, 101, PATH_KIND_RANGE},
		    {0x10, 0, 20, PATH_KIND_TCP},      {0x14, 0, 20, PATH_KIND_TCP}};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct path_key key;
		struct build b;

		build_tcp(&b, 7, rows[i].flags, UINT32_MAX, rows[i].payload);
		assert_int_equal(key_of(&b, &key), PATH_KEY_OK);
		assert_int_equal(key.kind, rows[i].kind);
		assert_int_equal(key.bytes, rows[i].bytes);
	}
}

static void
tags_are_passed(void **state)
{
	static const uint8_t tag[] = {0, 5, 0x81, 0, 0, 6, 8, 0};
	uint8_t bytes[264];
	struct path_key first;
	struct path_key other;
	struct build b;

	(void)state;
	build_udp(&b, 7, 1000, 100, 1);
	key_of(&b, &first);
	memcpy(bytes, tag, sizeof(tag));
	memcpy(bytes + sizeof(tag), b.bytes, b.n);
	assert_int_equal(
	    path_key_of(&keys, 0x88a8, span_of(bytes, b.n + 8), b.wire + 8, &other),
	    PATH_KEY_OK);
	assert_true(is_same(&first, &other));
}

static void
what_is_cut_off_before_the_compared_bytes_is_short(void **state)
{
	struct path_key key;
	struct build b;

	(void)state;
	build_udp(&b, 7, 1000, 100, 1);
	b.n = 28 + 64;
	assert_int_equal(key_of(&b, &key), PATH_KEY_OK);
	b.n--;
	assert_int_equal(key_of(&b, &key), PATH_KEY_SHORT);
	build_udp(&b, 7, 1000, 10, 1);
	assert_int_equal(key_of(&b, &key), PATH_KEY_OK);
}

static void
hostile_bytes_are_read_within_their_bounds(void **state)
{
	uint64_t rng = 3;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct path_key key;
		struct build b;

		build_udp(&b, 7, 1000, 100, 1);
		for (int k = 0; k < 4; k++)
			b.bytes[rng_next(&rng) % 40] = (uint8_t)rng_next(&rng);
		b.n = (uint32_t)(rng_next(&rng) % (b.n + 1));
		if (b.n > 0)
			key_of(&b, &key);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_what_is_compared_makes_another_key),
	    cmocka_unit_test(tcp_options_and_ecn_are_no_part_of_it),
	    cmocka_unit_test(payload_syn_and_fin_are_ranges),
	    cmocka_unit_test(tags_are_passed),
	    cmocka_unit_test(what_is_cut_off_before_the_compared_bytes_is_short),
	    cmocka_unit_test(hostile_bytes_are_read_within_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
