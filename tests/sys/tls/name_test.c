/* Names and addresses of certificates, row by row. */
#include "sys/tls/name.h"

#include <string.h>

#include "support/check.h"

static void
a_certificates_name_matches_one_host(void **state)
{
	static const struct {
		int line;
		const char *dns_name;
		const char *host;
		bool want;
	} rows[] = {
	    {__LINE__, "db1.example", "db1.example", true},
	    {__LINE__, "DB1.example", "db1.EXAMPLE", true},
	    {__LINE__, "db1.example", "db1.example.", true},
	    {__LINE__, "db1.example.", "db1.example", false},
	    {__LINE__, "db1.example", "db2.example", false},
	    {__LINE__, "db1.example", "x.db1.example", false},
	    {__LINE__, "x.db1.example", "db1.example", false},
	    {__LINE__, "localhost", "localhost", true},
	    {__LINE__, "", "", false},
	    {__LINE__, "", "a", false},
	    {__LINE__, "a..b", "a..b", false},
	    {__LINE__, ".a.b", ".a.b", false},
	    {__LINE__, "*.db.example", "a.db.example", true},
	    {__LINE__, "*.db.example", "A.DB.example.", true},
	    {__LINE__, "*.db.example", "db.example", false},
	    {__LINE__, "*.db.example", ".db.example", false},
	    {__LINE__, "*.db.example", "a.b.db.example", false},
	    {__LINE__, "*.db.example", "*.db.example", true}, /* no host is called that */
	    {__LINE__, "*.example", "a.example", false},
	    {__LINE__, "*.example.", "a.example", false},
	    {__LINE__, "*.", "a", false},
	    {__LINE__, "*", "a", false},
	    {__LINE__, "*", "*", false},
	    {__LINE__, "*..example", "a..example", false},
	    {__LINE__, "a*.db.example", "ab.db.example", false},
	    {__LINE__, "*a.db.example", "ba.db.example", false},
	    {__LINE__, "a.*.example", "a.b.example", false},
	    {__LINE__, "*.*.example", "a.b.example", false},
	    {__LINE__, "xn--*.db.example", "xn--a.db.example", false},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		check_true(__FILE__, rows[i].line, span_str(rows[i].dns_name),
			   tls_name_matches(span_str(rows[i].dns_name),
					    span_str(rows[i].host)) == rows[i].want,
			   "match");
	/* A NUL is a byte like others: it ends no name. */
	check_true(__FILE__, __LINE__, span_str("db1"),
		   !tls_name_matches(span_of("db1\0.evil", 9), span_str("db1")), "NUL");
}

static void
an_address_has_many_spellings(void **state)
{
	static const struct {
		int line;
		const char *host;
		size_t n;
		const char *bytes;
	} rows[] = {
	    {__LINE__, "127.0.0.1", 4, "\x7f\0\0\1"},
	    {__LINE__, "::1", 16, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"},
	    {__LINE__, "fe80::1%eth0", 16, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1"},
	    {__LINE__, "127.0.0.1%eth0", 0, ""},
	    {__LINE__, "127.1", 0, ""},
	    {__LINE__, "127.0.0.01x", 0, ""},
	    {__LINE__, "[::1]", 0, ""},
	    {__LINE__, "db1.example", 0, ""},
	    {__LINE__, "", 0, ""},
	    {__LINE__, "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		uint8_t address[16];
		size_t n = tls_name_address(rows[i].host, address);

		check_u64(__FILE__, rows[i].line, span_str(rows[i].host), n, rows[i].n,
			  "bytes");
		check_span(__FILE__, rows[i].line, span_str(rows[i].host),
			   span_of(address, n), span_of(rows[i].bytes, rows[i].n),
			   "address");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_certificates_name_matches_one_host),
	    cmocka_unit_test(an_address_has_many_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
