/* pcapng blocks, byte by byte, at their bounds, and through the reader. */
#include "pcap/ng_write.h"
#include "support/check.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "support/edge.h"
#include "support/image.h"
#include "support/rng.h"
#include "support/transcript.h"

#define ROOM 16384

static struct span
text(const char *s)
{
	return span_str(s);
}

static void
check_block(int line, const uint8_t *block, size_t n, const char *want)
{
	uint8_t bytes[ROOM];
	size_t n_want = image_make(want, bytes, sizeof(bytes));

	check_span(__FILE__, line, span_str(want), span_of(block, n),
		   span_of(bytes, n_want), "block");
}

static void
a_section_is_these_bytes(void **state)
{
	uint8_t *out = edge_copy((uint8_t[NG_SECTION_MAX]){0}, NG_SECTION_MAX);
	uint8_t long_text[1000];
	size_t n;

	(void)state;
	n = ng_write_section(out, text("amd64"), text("Linux 6"), text("ddump-worker/1"));
	check_block(
	    __LINE__, out, n,
	    "< [a0d0d0a w1a2b3c4d h1 h0 qffffffffffffffff (2 \"amd64\" ) (3 \"Linux 6\" ) "
	    "(4 \"ddump-worker/1\" ) (0 ) ]");
	n = ng_write_section(out, text(""), text(""), text(""));
	check_block(__LINE__, out, n,
		    "< [a0d0d0a w1a2b3c4d h1 h0 qffffffffffffffff (0 ) ]");
	memset(long_text, 'x', sizeof(long_text));
	n = ng_write_section(out, span_of(long_text, 1000), span_of(long_text, 999),
			     span_of(long_text, 153));
	assert_true(n <= NG_SECTION_MAX);
	check_transcript(__FILE__, __LINE__, out, n, "ng; end");
	edge_free(out);
}

static void
an_interface_is_these_bytes(void **state)
{
	static const struct {
		int line;
		struct savefile_interface interface;
		const char *name, *description, *filter, *os, *want;
	} rows[] = {
	    /* clang-format off */
	    {__LINE__, {.linktype = 276, .snaplen = 262144}, "h/eth0", "up link", "port 80", "Linux",
	     "< [1 h114 h0 w40000 (2 \"h/eth0\" ) (3 \"up link\" ) (9 09 ) (11 00 \"port 80\" ) (12 \"Linux\" ) (0 ) ]"},
	    {__LINE__, {.linktype = 1, .snaplen = 0}, "", "", "", "", "< [1 h1 h0 w0 (9 09 ) (0 ) ]"},
	    {__LINE__, {.linktype = 113, .snaplen = 1}, "", "", "tcp", "", "< [1 h71 h0 w1 (9 09 ) (11 00 \"tcp\" ) (0 ) ]"},
	    /* clang-format on */
	};
	uint8_t *out = edge_copy((uint8_t[NG_INTERFACE_MAX]){0}, NG_INTERFACE_MAX);

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct savefile_interface interface = rows[i].interface;

		interface.name = text(rows[i].name);
		interface.description = text(rows[i].description);
		interface.filter = text(rows[i].filter);
		interface.os = text(rows[i].os);
		check_block(rows[i].line, out, ng_write_interface(out, &interface),
			    rows[i].want);
	}
	edge_free(out);
}

/* Names are cut at 128 bytes, before a character that would be split; damage is kept. */
static void
names_are_cut_before_a_character(void **state)
{
	static const struct {
		int line;
		size_t n_a; /* letters, and then what follows */
		const char *rest;
		size_t want;
	} rows[] = {
	    {__LINE__, 127, "b", 128},
	    {__LINE__, 128, "b", 128},
	    {__LINE__, 127, "\xc3\xa4", 127},
	    {__LINE__, 126, "\xc3\xa4z", 128},
	    {__LINE__, 126, "\xe2\x82\xac", 126},
	    {__LINE__, 125, "\xe2\x82\xacz", 128},
	    {__LINE__, 125, "\xf0\x9f\x98\x80", 125},
	    {__LINE__, 124, "\xf0\x9f\x98\x80z", 128},
	    {__LINE__, 124, "\x80\x80\x80\x80\x80\x80", 128},
	    {__LINE__, 128, "\x80\x80\x80\x80\x80\x80", 127},
	};
	uint8_t out[NG_INTERFACE_MAX];
	uint8_t name[256];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		size_t n = rows[i].n_a + strlen(rows[i].rest);
		struct savefile_interface interface = {.name = {name, n}};

		memset(name, 'a', rows[i].n_a);
		memcpy(name + rows[i].n_a, rows[i].rest, strlen(rows[i].rest));
		ng_write_interface(out, &interface);
		check_u64(__FILE__, rows[i].line, span_of(name, n), out[18], rows[i].want,
			  "name length");
	}
}

static void
the_longest_interface_fits(void **state)
{
	uint8_t *out = edge_copy((uint8_t[NG_INTERFACE_MAX]){0}, NG_INTERFACE_MAX);
	uint8_t long_text[15000];
	struct span t = span_of(long_text, sizeof(long_text));
	struct savefile_interface interface = {
	    .linktype = 1, .name = t, .description = t, .filter = t, .os = t};
	size_t n;

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	n = ng_write_interface(out, &interface);
	assert_true(n <= NG_INTERFACE_MAX && n % 4 == 0);
	/* the longest filter that a worker takes is whole, one byte more is not there */
	interface = (struct savefile_interface){.filter = {long_text, 8193}};
	n = ng_write_interface(out, &interface);
	assert_int_equal(n, 16 + 8 + 4 + 8196 + 4 + 4);
	assert_int_equal(bytes_le16(out + 16 + 8 + 2), 8193);
	edge_free(out);
}

static void
statistics_are_these_bytes(void **state)
{
	static const struct {
		int line;
		uint32_t has;
		const char *comment, *want;
	} rows[] = {
	    {__LINE__, 0, "", "< [5 w3 w1 w2 (0 ) ]"},
	    {__LINE__, SAVEFILE_HAS_IFRECV | SAVEFILE_HAS_OSDROP, "",
	     "< [5 w3 w1 w2 (4 q1122334455 ) (7 q7 ) (0 ) ]"},
	    {__LINE__, 31, "end",
	     "< [5 w3 w1 w2 (1 \"end\" ) (4 q1122334455 ) (5 q6 ) (6 q9 ) (7 q7 ) "
	     "(8 q8 ) (0 ) ]"},
	};
	uint8_t *out = edge_copy((uint8_t[NG_STATISTICS_MAX]){0}, NG_STATISTICS_MAX);

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct savefile_statistics s = {.time_ns = UINT64_C(0x100000002),
						.interface_id = 3,
						.has = rows[i].has,
						.ifrecv = 0x1122334455,
						.ifdrop = 6,
						.osdrop = 7,
						.usrdeliv = 8,
						.accept = 9,
						.comment = text(rows[i].comment)};

		check_block(rows[i].line, out, ng_write_statistics(out, &s),
			    rows[i].want);
	}
	edge_free(out);
}

static void
a_long_comment_of_statistics_is_cut(void **state)
{
	uint8_t *out = edge_copy((uint8_t[NG_STATISTICS_MAX]){0}, NG_STATISTICS_MAX);
	char comment[SAVEFILE_COMMENT_MAX + 9];
	struct savefile_statistics s = {.has = 31};

	(void)state;
	memset(comment, 'x', sizeof(comment));
	s.comment = span_of(comment, sizeof(comment));
	assert_int_equal(ng_write_statistics(out, &s),
			 20 + 4 + SAVEFILE_COMMENT_MAX + 5 * 12 + 4 + 4);
	edge_free(out);
}

static void
a_packet_is_these_bytes(void **state)
{
	static const struct {
		int line;
		uint32_t caplen, flags;
		const char *want;
	} rows[] = {
	    {__LINE__, 0, 0, "< [6 w2 w1 w2 w0 w5dc ]"},
	    {__LINE__, 1, 0, "< [6 w2 w1 w2 w1 w5dc ee ]"},
	    {__LINE__, 3, 1, "< [6 w2 w1 w2 w3 w5dc eeeeee z1 (2 w1 ) (0 ) ]"},
	    {__LINE__, 4, 2, "< [6 w2 w1 w2 w4 w5dc eeeeeeee (2 w2 ) (0 ) ]"},
	};
	uint8_t block[NG_PACKET_HEAD + 4 + NG_PACKET_TAIL_MAX];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct savefile_record r = {.time_ns = UINT64_C(0x100000002),
					    .caplen = rows[i].caplen,
					    .origlen = 1500,
					    .interface_id = 2,
					    .flags = rows[i].flags};
		size_t n = NG_PACKET_HEAD + r.caplen;

		memset(block, 0xee, sizeof(block));
		ng_write_packet_head(block, &r, NULL);
		n += ng_write_packet_tail(block + n, &r, NULL);
		check_block(rows[i].line, block, n, rows[i].want);
	}
}

/* A record's comments, passed on from either byte order, between what is not kept. */
static void
comments_are_passed_on_from_either_order(void **state)
{
	static const struct {
		int line;
		uint32_t caplen, flags;
		const char *data, *want;
	} rows[] = {
	    /* clang-format off */
	    {__LINE__, 1, 0, "< ee 000000 (1 \"hi\" ) (3 02aabbccdd ) (2 w5 ) (1 \"you!\" ) (0 ) (1 \"no\" )",
	     "< [6 w2 w1 w2 w1 w5dc ee z3 (1 \"hi\" ) (1 \"you!\" ) (0 ) ]"},
	    {__LINE__, 4, 2, "> eeeeeeee (2 w5 ) (1 \"abc\" ) (1 )", "< [6 w2 w1 w2 w4 w5dc eeeeeeee (2 w2 ) (1 \"abc\" ) (1 ) (0 ) ]"},
	    {__LINE__, 0, 1, "> (2 w5 )", "< [6 w2 w1 w2 w0 w5dc (2 w1 ) (0 ) ]"},
	    {__LINE__, 2, 0, "< eeee0000 (1 \"ok\" ) h1 h9 w0", "< [6 w2 w1 w2 w2 w5dc eeee z2 (1 \"ok\" ) (0 ) ]"},
	    {__LINE__, 3, 0, "< eeeeee00 (0 ) (1 \"no\" )", "< [6 w2 w1 w2 w3 w5dc eeeeee z1 ]"},
	    /* clang-format on */
	};
	uint8_t data[256], *block;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		size_t n_data = image_make(rows[i].data, data, sizeof(data));
		struct savefile_record r = {.time_ns = UINT64_C(0x100000002),
					    .caplen = rows[i].caplen,
					    .origlen = 1500,
					    .interface_id = 2,
					    .flags = rows[i].flags};
		struct ng_options options;
		size_t n = NG_PACKET_HEAD + r.caplen;
		size_t room;

		r.options = (uint16_t)(n_data - (r.caplen + 3) / 4 * 4);
		r.options |= rows[i].data[0] == '>';
		assert_int_equal(savefile_record_bytes(&r), n_data);
		options = ng_options_of(&r, data);
		room = n + NG_PACKET_TAIL_MAX + options.rest.n;
		block = edge_copy((uint8_t[512]){0}, room);
		memset(block, 0xee, room);
		ng_write_packet_head(block, &r, &options);
		n += ng_write_packet_tail(block + n, &r, &options);
		check_block(rows[i].line, block, n, rows[i].want);
		edge_free(block);
	}
}

/* read(write(x)) = x, flags included, for a whole stream of what the worker sends. */
static void
what_is_written_is_read(void **state)
{
	uint64_t rng = rng_seed("ng_write");
	uint8_t file[ROOM], *p = file;
	char want[TRANSCRIPT_MAX];
	int n = snprintf(want, sizeof(want), "ddump; if 276 262144 name=any os=Linux");
	struct savefile_interface interface = {
	    .linktype = 276, .snaplen = 262144, .name = text("any"), .os = text("Linux")};

	(void)state;
	p += ng_write_section(p, text(""), text(""), text("ddump-worker/0"));
	p += ng_write_interface(p, &interface);
	for (int i = 0; i < 20; i++) {
		struct savefile_record r = {.time_ns = rng_next(&rng) >> 1,
					    .caplen = (uint32_t)rng_below(&rng, 30),
					    .flags = (uint32_t)rng_below(&rng, 3)};
		struct savefile_statistics s = {
		    .time_ns = r.time_ns, .has = 1, .ifrecv = rng_next(&rng)};

		r.origlen = r.caplen + (uint32_t)rng_below(&rng, 9);
		ng_write_packet_head(p, &r, NULL);
		memset(p + NG_PACKET_HEAD, 0x11, r.caplen);
		p += NG_PACKET_HEAD + r.caplen;
		p += ng_write_packet_tail(p, &r, NULL);
		p += ng_write_statistics(p, &s);
		n += snprintf(want + n, sizeof(want) - (size_t)n, "; rec %llu %u/%u @0 ",
			      (unsigned long long)r.time_ns, r.caplen, r.origlen);
		memset(want + n, '1', 2 * r.caplen);
		n += (int)(2 * r.caplen);
		if (r.flags != 0)
			n += snprintf(want + n, sizeof(want) - (size_t)n, " flags=%u",
				      r.flags);
		n += snprintf(want + n, sizeof(want) - (size_t)n,
			      "; stat %llu @0 recv=%llu", (unsigned long long)s.time_ns,
			      (unsigned long long)s.ifrecv);
	}
	snprintf(want + n, sizeof(want) - (size_t)n, "; end");
	check_transcript(__FILE__, __LINE__, file, (size_t)(p - file), want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_section_is_these_bytes),
	    cmocka_unit_test(an_interface_is_these_bytes),
	    cmocka_unit_test(names_are_cut_before_a_character),
	    cmocka_unit_test(the_longest_interface_fits),
	    cmocka_unit_test(statistics_are_these_bytes),
	    cmocka_unit_test(a_long_comment_of_statistics_is_cut),
	    cmocka_unit_test(a_packet_is_these_bytes),
	    cmocka_unit_test(comments_are_passed_on_from_either_order),
	    cmocka_unit_test(what_is_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
