/* The link types that packets have: whole, byte by byte and at every split. */
#include "pcap/survey.h"
#include "support/check.h"

#include <stdio.h>
#include <string.h>

#include "support/image.h"

#define ROOM  4096
#define SHB   "[a0d0d0a w1a2b3c4d h1 h0 qffffffffffffffff ] "
#define ETH   "[1 h1 h0 w0 ] "
#define RAW   "[1 h65 h0 w0 ] "
#define USB   "[1 hdc h0 w0 ] "
#define AT(i) "[6 w" #i " w0 w0 w1 w1 aa ] "

/* clang-format off */
static const struct {
	int line;
	const char *image, *want;
} rows[] = {
	{__LINE__, "", "more"},
	{__LINE__, "\"none at all\"", "end"},
	{__LINE__, "< wa1b2c3d4 h2 h4 z8 w40000 w1 ", "more"},
	{__LINE__, "< wa1b2c3d4 h2 h4 z8 w40000 w1 w1 w2 w0 w0 ", "1 end"},
	{__LINE__, "> wa1b23c4d h2 h4 z8 w40000 w54000114 w1 w2 w1 w1 aa ", "276 end"},
	{__LINE__, "< wa1b2cd34 h2 h4 z8 w40000 wc w1 w2 w1 w1 z9 ", "12 end"},
	/* Interfaces without packets do not count, wherever they stand. */
	{__LINE__, "< " SHB, "more"},
	{__LINE__, "< " SHB ETH RAW, "more"},
	{__LINE__, "< " SHB USB ETH AT(1) AT(1), "1 more"},
	{__LINE__, "> " SHB USB ETH AT(1), "1 more"},
	{__LINE__, "< " SHB ETH AT(0) RAW AT(1) AT(0), "1 101 1 more"},
	{__LINE__, "< " SHB ETH "[3 w1 aa ] " "[2 h0 h0 w0 w0 w1 w1 aa ]", "1 more"},
	{__LINE__, "< " SHB ETH RAW "[2 h1 h5 w0 w0 w1 w1 aa ]", "101 more"},
	{__LINE__, "< " SHB ETH "[5 w7 w0 w0 ] [bad w1 w2 ] [a w1 w0 ] " AT(0), "1 more"},
	/* Sections count their own, in their own order of bytes. */
	{__LINE__, "< " SHB ETH AT(0) "> " SHB RAW AT(0), "1 101 more"},
	{__LINE__, "< " SHB ETH SHB AT(0), "end"},
	/* Damage. */
	{__LINE__, "< " SHB AT(0), "end"},
	{__LINE__, "< " SHB ETH AT(0) "w6 w8 w8 ", "1 end"},
	{__LINE__, "< " SHB ETH AT(0) "w6 w21 w0 ", "1 end"},
	{__LINE__, "< " SHB ETH AT(0) "wa0d0d0a w1c w5 ", "1 end"},
};
/* clang-format on */

/* Feeds it in pieces of step bytes, the first one of `first`. */
static void
survey(const uint8_t *image, size_t n, size_t first, size_t step, char out[static 256])
{
	static struct survey s;
	enum survey_result result = SURVEY_MORE;
	size_t at = 0;
	size_t end = first < n ? first : n;
	size_t length = 0;

	survey_init(&s);
	while (at < n || length == 0) {
		struct span in = span_of(image + at, end - at);
		uint32_t linktype;

		while ((result = survey_feed(&s, &in, &linktype)) == SURVEY_FOUND)
			length +=
			    (size_t)snprintf(out + length, 256 - length, "%u ", linktype);
		at = end;
		end = n - end < step ? n : end + step;
		if (at == n || result == SURVEY_END)
			break;
	}
	snprintf(out + length, 256 - length, result == SURVEY_END ? "end" : "more");
}

static void
only_interfaces_with_packets_count(void **state)
{
	static uint8_t image[ROOM];
	char got[256];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		size_t n = image_make(rows[i].image, image, sizeof(image));

		for (size_t first = 0; first <= n; first++) {
			survey(image, n, first, n, got);
			check_true(__FILE__, rows[i].line, span_str(got),
				   strcmp(got, rows[i].want) == 0, rows[i].want);
		}
		survey(image, n, 1, 1, got);
		check_true(__FILE__, rows[i].line, span_str(got),
			   strcmp(got, rows[i].want) == 0, rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_interfaces_with_packets_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
