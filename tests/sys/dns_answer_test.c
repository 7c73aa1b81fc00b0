/* Answers of name servers, whole, cut and damaged. */
#include "sys/dns_answer.h"

#include <string.h>

#include "support/check.h"
#include "support/edge.h"

#define HEAD(questions, answers) \
	"\x12\x34\x81\x80\x00" questions "\x00" answers "\x00\x00\x00\x00"
#define QUESTION \
	"\x02"   \
	"db\x03" \
	"svc\x00\x00\x01\x00\x01"
#define A(last) "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x0a\x00\x00" last
#define AAAA \
	"\xc0\x0c\x00\x1c\x00\x01\x00\x00\x00\x05\x00\x10\xfd\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\x07"
#define CNAME                                                  \
	"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x05\x00\x04\x01" \
	"x\xc0\x0c"

#define X16 "xxxxxxxxxxxxxxxx"

struct row {
	int line;
	struct span message;
	uint16_t type;
	const char *want; /* last bytes of the addresses; NULL: refused */
};

static const struct row rows[] = {
    {__LINE__, CHECK_BYTES(HEAD("\x01", "\x02") QUESTION A("\x01") A("\x02")), DNS_TYPE_A,
     "\x01\x02"},
    {__LINE__, CHECK_BYTES(HEAD("\x01", "\x03") QUESTION CNAME A("\x01") AAAA),
     DNS_TYPE_A, "\x01"},
    {__LINE__, CHECK_BYTES(HEAD("\x01", "\x03") QUESTION CNAME A("\x01") AAAA),
     DNS_TYPE_AAAA, "\x07"},
    {__LINE__, CHECK_BYTES(HEAD("\x00", "\x01") A("\x09")), DNS_TYPE_A, "\x09"},
    {__LINE__, CHECK_BYTES(HEAD("\x01", "\x00") QUESTION A("\x01")), DNS_TYPE_A, ""},
    /* another class, an address of 5 bytes, fewer records than were promised */
    {__LINE__,
     CHECK_BYTES(
	 HEAD("\x00",
	      "\x02") "\xc0\x0c\x00\x01\x00\x03\0\0\0\x05\x00\x04\x0a\0\0\x01" A("\x02")),
     DNS_TYPE_A, "\x02"},
    {__LINE__,
     CHECK_BYTES(HEAD(
	 "\x00",
	 "\x02") "\xc0\x0c\x00\x01\x00\x01\0\0\0\x05\x00\x05\x0a\0\0\x01\x01" A("\x02")),
     DNS_TYPE_A, "\x02"},
    {__LINE__, CHECK_BYTES(HEAD("\x00", "\x09") A("\x01")), DNS_TYPE_A, "\x01"},
    {__LINE__, CHECK_BYTES(HEAD("\x00", "\x02") "\x40" A("\x01")), DNS_TYPE_A, ""},
    /* a label of 64 bytes is none, even where they are there */
    {__LINE__,
     CHECK_BYTES(
	 HEAD("\x00", "\x01") "\x40" X16 X16 X16 X16
			      "\x00\x00\x01\x00\x01\0\0\0\x05\x00\x04\x0a\0\0\x01"),
     DNS_TYPE_A, ""},
    {__LINE__, CHECK_BYTES(HEAD("\x00", "\x01") "\xc0"), DNS_TYPE_A, ""},
    {__LINE__,
     CHECK_BYTES(HEAD("\x01", "\x01") "\x3f"
				      "cut"),
     DNS_TYPE_A, NULL},
    {__LINE__, CHECK_BYTES("\x12\x34\x01\x80\0\0\0\0\0\0\0\0"), DNS_TYPE_A, NULL},
    {__LINE__, CHECK_BYTES("\x12\x34\x81\x83\0\0\0\0\0\0\0\0"), DNS_TYPE_A, NULL},
    {__LINE__, CHECK_BYTES("\x12\x34\x81\x80\0\0\0\0\0\0\0"), DNS_TYPE_A, NULL},
};

static void
an_answer_gives_its_addresses_or_why_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		uint8_t *bytes = edge_copy(row->message.p, row->message.n);
		uint8_t got[8];
		size_t n = 0;
		struct dns_answer a;
		struct span address;
		bool is_good =
		    dns_answer_init(&a, span_of(bytes, row->message.n), row->type);

		check_true(__FILE__, row->line, row->message, is_good == !!row->want,
			   "taken");
		while (is_good && n < sizeof(got) && dns_answer_next(&a, &address)) {
			assert_int_equal(address.n, row->type == DNS_TYPE_A ? 4 : 16);
			got[n++] = address.p[address.n - 1];
		}
		if (row->want)
			check_span(__FILE__, row->line, row->message, span_of(got, n),
				   span_str(row->want), "addresses");
		edge_free(bytes);
	}
}

/* A good answer cut anywhere ends on a no-access page: nothing behind it is read. */
static void
a_cut_answer_is_not_read_behind_its_end(void **state)
{
	const struct row *row = &rows[1];

	(void)state;
	for (size_t n = 0; n <= row->message.n; n++) {
		uint8_t *bytes = edge_copy(row->message.p, n);
		struct dns_answer a;
		struct span address;
		int count = 0;

		if (dns_answer_init(&a, span_of(bytes, n), DNS_TYPE_A))
			while (dns_answer_next(&a, &address))
				count++;
		assert_in_range(count, 0, 1);
		edge_free(bytes);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_answer_gives_its_addresses_or_why_not),
	    cmocka_unit_test(a_cut_answer_is_not_read_behind_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
