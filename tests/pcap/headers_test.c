/* Where headers end: each protocol by hand, then random packets whose payload is marked. */
#include "pcap/headers.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "pcap/savefile.h"
#include "support/check.h"

#define MARK 0xee

struct built {
	uint8_t data[2048];
	uint32_t n;
};

static void
put(struct built *b, const void *p, uint32_t n)
{
	memcpy(b->data + b->n, p, n);
	b->n += n;
}

static void
put_zeros(struct built *b, uint32_t n)
{
	memset(b->data + b->n, 0, n);
	b->n += n;
}

static void
put_type(struct built *b, uint16_t type)
{
	bytes_put_be16(b->data + b->n, type);
	b->n += 2;
}

static void
put_ethernet(struct built *b, uint16_t type)
{
	b->n = 0;
	put_zeros(b, 12);
	put_type(b, type);
}

/* size: with options; the total length is put by finish(). */
static uint32_t
put_ipv4(struct built *b, uint8_t protocol, uint32_t size, uint16_t fragment)
{
	uint32_t at = b->n;

	put_zeros(b, size);
	b->data[at] = (uint8_t)(0x40 | size / 4);
	bytes_put_be16(b->data + at + 6, fragment);
	b->data[at + 9] = protocol;
	return at;
}

static uint32_t
put_ipv6(struct built *b, uint8_t next)
{
	uint32_t at = b->n;

	put_zeros(b, 40);
	b->data[at] = 0x60;
	b->data[at + 6] = next;
	return at;
}

static void
put_tcp(struct built *b, uint32_t size, uint32_t told)
{
	uint32_t at = b->n;

	put_zeros(b, size);
	b->data[at + 12] = (uint8_t)(told / 4 << 4);
}

/* n bytes of payload; returns where they begin. */
static uint32_t
put_marks(struct built *b, uint32_t n)
{
	uint32_t at = b->n;

	memset(b->data + at, MARK, n);
	b->n += n;
	return at;
}

static uint32_t
end_of(const struct built *b)
{
	return headers_end(SAVEFILE_LINKTYPE_ETHERNET, b->data, b->n, b->n);
}

static void
the_transport_header_is_the_last_one(void **state)
{
	static const struct {
		uint8_t protocol;
		uint32_t size;
	} rows[] = {{17, 8}, {1, 8}, {132, 12}, {58, 8}, {47, 0}, {50, 0}, {89, 0}};
	struct built b;
	uint32_t end;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_ethernet(&b, 0x0800);
		put_ipv4(&b, rows[i].protocol, 24, 0);
		put_zeros(&b, rows[i].size);
		end = put_marks(&b, 100);
		assert_int_equal(end_of(&b), end);
		put_ethernet(&b, 0x86dd);
		put_ipv6(&b, rows[i].protocol);
		put_zeros(&b, rows[i].size);
		end = put_marks(&b, 100);
		assert_int_equal(end_of(&b), end);
	}
	put_ethernet(&b, 0x0800);
	put_ipv4(&b, 6, 20, 0x4000);
	put_tcp(&b, 32, 32);
	end = put_marks(&b, 100);
	assert_int_equal(end_of(&b), end);
}

static void
a_tcp_data_offset_that_cannot_be_is_twenty_bytes(void **state)
{
	struct built b;
	uint32_t at;

	(void)state;
	put_ethernet(&b, 0x0800);
	put_ipv4(&b, 6, 20, 0);
	put_tcp(&b, 20, 16);
	put_marks(&b, 100);
	assert_int_equal(end_of(&b), 14 + 20 + 20);
	put_ethernet(&b, 0x0800);
	at = put_ipv4(&b, 6, 20, 0);
	put_tcp(&b, 20, 60);
	put_marks(&b, 30);
	bytes_put_be16(b.data + at + 2, 20 + 20 + 30);
	put_marks(&b, 40); /* a trailer */
	assert_int_equal(end_of(&b), 14 + 20 + 20);
	bytes_put_be16(b.data + at + 2, 20 + 20 + 40);
	assert_int_equal(end_of(&b), 14 + 20 + 60);
	bytes_put_be16(b.data + at + 2, 0); /* the host cuts it later */
	assert_int_equal(end_of(&b), 14 + 20 + 60);
}

static void
what_follows_the_ip_packet_is_no_header(void **state)
{
	struct built b;
	uint32_t at;

	(void)state;
	put_ethernet(&b, 0x0800);
	at = put_ipv4(&b, 1, 20, 0);
	put_zeros(&b, 3);
	put_marks(&b, 23); /* padding */
	bytes_put_be16(b.data + at + 2, 23);
	assert_int_equal(end_of(&b), 14 + 23);
}

static void
of_a_later_fragment_only_the_ip_header_is_one(void **state)
{
	struct built b;
	uint32_t end;

	(void)state;
	put_ethernet(&b, 0x0800);
	put_ipv4(&b, 17, 20, 0x2001);
	end = put_marks(&b, 100);
	assert_int_equal(end_of(&b), end);
	put_ethernet(&b, 0x0800);
	put_ipv4(&b, 17, 20, 0x2000); /* the first */
	put_zeros(&b, 8);
	end = put_marks(&b, 100);
	assert_int_equal(end_of(&b), end);
	put_ethernet(&b, 0x86dd);
	put_ipv6(&b, 44);
	put(&b, "\x11\0\0\x09\0\0\0\0", 8);
	end = put_marks(&b, 100);
	assert_int_equal(end_of(&b), end);
	put_ethernet(&b, 0x86dd);
	put_ipv6(&b, 44);
	put(&b, "\x11\0\0\x01\0\0\0\0", 8);
	put_zeros(&b, 8);
	end = put_marks(&b, 100);
	assert_int_equal(end_of(&b), end);
}

static void
eight_extension_headers_are_passed_and_of_more_none(void **state)
{
	struct built b;
	uint32_t end;

	(void)state;
	for (int n = 1; n <= 9; n++) {
		put_ethernet(&b, 0x86dd);
		put_ipv6(&b, 60);
		for (int i = 0; i < n; i++) {
			put(&b, i + 1 < n ? "\x3c\x01" : "\x11\x01", 2);
			put_zeros(&b, 14);
		}
		put_zeros(&b, 8);
		end = put_marks(&b, 100);
		assert_int_equal(end_of(&b), n <= 8 ? end : 14 + 40);
	}
	put_ethernet(&b, 0x86dd);
	put_ipv6(&b, 51);
	put(&b, "\x06\x04", 2); /* AH counts fours, less two */
	put_zeros(&b, 22);
	put_tcp(&b, 20, 20);
	end = put_marks(&b, 100);
	assert_int_equal(end_of(&b), end);
	put_ethernet(&b, 0x86dd);
	put_ipv6(&b, 0);
	put(&b, "\x11\xff", 2); /* beyond what was captured */
	put_marks(&b, 100);
	assert_int_equal(end_of(&b), 14 + 40);
}

static void
what_is_no_ip_ends_behind_the_link_header(void **state)
{
	static const uint16_t types[] = {0x88cc, 0x8847, 0x8863, 0x0100, 0x0800, 0x86dd};
	struct built b;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		put_ethernet(&b, types[i]);
		put_marks(&b, 100); /* version 14 */
		assert_int_equal(end_of(&b), 14);
	}
	put_ethernet(&b, 0x0806);
	put_marks(&b, 46);
	assert_int_equal(end_of(&b), 60);
	assert_int_equal(headers_end(105, b.data, 60, 60), 60);
	assert_int_equal(headers_end(105, b.data, 1000, 1000), HEADERS_UNKNOWN);
	assert_int_equal(headers_end(SAVEFILE_LINKTYPE_ETHERNET, b.data, 9, 60), 9);
}

static void
vlan_tags_belong_to_the_link_header(void **state)
{
	struct built b;
	uint32_t end;

	(void)state;
	put_ethernet(&b, 0x88a8);
	put_type(&b, 7);
	put_type(&b, 0x8100);
	put_type(&b, 8);
	put_type(&b, 0x0800);
	put_ipv4(&b, 17, 20, 0);
	put_zeros(&b, 8);
	end = put_marks(&b, 100);
	assert_int_equal(end_of(&b), end);
	b.data[20] = 0x88; /* of the second tag: LLDP */
	b.data[21] = 0xcc;
	assert_int_equal(end_of(&b), 22);
}

/* Any packet: what lies before the end has no mark, and the byte at it is the first. */
static void
random_packets_give_all_headers_and_no_payload(void **state)
{
	static const uint8_t protocols[] = {1, 6, 17, 47, 50, 58, 89, 132};
	struct built b;
	uint32_t end;

	(void)state;
	srand(7);
	for (int i = 0; i < 20000; i++) {
		uint8_t protocol = protocols[(unsigned)rand() % 8];
		bool is_six = rand() % 2;
		unsigned n_extensions = is_six ? (unsigned)rand() % 9 : 0;
		unsigned n_tags = (unsigned)rand() % 3;
		unsigned size;

		put_ethernet(&b, n_tags > 0 ? 0x8100 : is_six ? 0x86dd : 0x0800);
		for (; n_tags > 0; n_tags--) {
			put_type(&b, 5);
			put_type(&b, n_tags > 1 ? 0x8100 : is_six ? 0x86dd : 0x0800);
		}
		if (is_six)
			put_ipv6(&b, n_extensions > 0 ? 60 : protocol);
		else
			put_ipv4(&b, protocol, 20 + (unsigned)rand() % 11 * 4, 0x4000);
		for (; n_extensions > 0; n_extensions--) {
			uint8_t head[2] = {n_extensions > 1 ? 60 : protocol,
					   (uint8_t)(rand() % 3)};

			put(&b, head, 2);
			put_zeros(&b, head[1] * 8u + 6);
		}
		size = protocol == 6	 ? 20 + (unsigned)rand() % 11 * 4
		       : protocol == 132 ? 12
		       : protocol == 1 || protocol == 17 || protocol == 58 ? 8
									   : 0;
		if (protocol == 6)
			put_tcp(&b, size, size);
		else
			put_zeros(&b, size);
		end = put_marks(&b, (unsigned)rand() % 200);
		assert_int_equal(end_of(&b), end);
		for (uint32_t n = 0; n < b.n; n += 1 + b.n / 8) /* captured in part */
			assert_true(headers_end(SAVEFILE_LINKTYPE_ETHERNET, b.data, n,
						b.n) <= (n < end ? n : end));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_transport_header_is_the_last_one),
	    cmocka_unit_test(a_tcp_data_offset_that_cannot_be_is_twenty_bytes),
	    cmocka_unit_test(what_follows_the_ip_packet_is_no_header),
	    cmocka_unit_test(of_a_later_fragment_only_the_ip_header_is_one),
	    cmocka_unit_test(eight_extension_headers_are_passed_and_of_more_none),
	    cmocka_unit_test(what_is_no_ip_ends_behind_the_link_header),
	    cmocka_unit_test(vlan_tags_belong_to_the_link_header),
	    cmocka_unit_test(random_packets_give_all_headers_and_no_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
