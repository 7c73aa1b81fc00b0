/* Whose certificate is accepted, and the words for the others. */
#include "sys/tls/verdict.h"

#include <string.h>

#include "base/text.h"
#include "support/check.h"

struct name {
	unsigned kind;
	const char *bytes;
	size_t n;
};

#define DNS(s)                                    \
	{                                         \
		TLS_VERDICT_DNS, s, sizeof(s) - 1 \
	}
#define ADDRESS(s)                                    \
	{                                             \
		TLS_VERDICT_ADDRESS, s, sizeof(s) - 1 \
	}
#define MAIL(s)                     \
	{                           \
		1, s, sizeof(s) - 1 \
	}
#define TEST_NET "\xc0\x00\x02\x01" /* 192.0.2.1 */

struct row {
	int line;
	const char *host;
	const char *address; /* 4 bytes, NULL: host is a name */
	int version;	     /* 0: 3 */
	bool has_no_names;
	struct name names[6];
	const char *want; /* NULL: it is good */
};

static const struct row leaf_rows[] = {
    {__LINE__, "db1", NULL, 0, false, {DNS("db1")}, NULL},
    {__LINE__, "DB1.example", NULL, 0, false, {DNS("x"), DNS("db1.EXAMPLE")}, NULL},
    {__LINE__, "db1.eu.example", NULL, 0, false, {DNS("*.eu.example")}, NULL},
    {__LINE__, "192.0.2.1", TEST_NET, 0, false, {ADDRESS(TEST_NET)}, NULL},
    {__LINE__, "192.0.2.1", TEST_NET, 0, false, {DNS("db1"), ADDRESS(TEST_NET)}, NULL},
    /* a common name never counts */
    {__LINE__,
     "db1",
     NULL,
     0,
     true,
     {{0}},
     "certificate has a common name only (\"CN=db1\"), no subjectAltName"},
    {__LINE__,
     "192.0.2.1",
     TEST_NET,
     0,
     true,
     {{0}},
     "certificate has a common name only (\"CN=db1\"), no subjectAltName"},
    /* version 1 and 2 have no extensions */
    {__LINE__,
     "db1",
     NULL,
     1,
     true,
     {{0}},
     "certificate is of X.509 version 1, which has no subjectAltName"},
    {__LINE__,
     "db1",
     NULL,
     2,
     false,
     {DNS("db1")},
     "certificate is of X.509 version 2, which has no subjectAltName"},
    /* names for others */
    {__LINE__,
     "db1",
     NULL,
     0,
     false,
     {DNS("db2")},
     "certificate is for db2, not for db1"},
    {__LINE__,
     "db1",
     NULL,
     0,
     false,
     {MAIL("db1")},
     "certificate is for no name, not for db1"},
    {__LINE__,
     "db1",
     NULL,
     0,
     false,
     {DNS("db1\0.evil.example")},
     "certificate is for db1\\x00.evil.example, not for db1"},
    {__LINE__,
     "db1",
     NULL,
     0,
     false,
     {DNS("a"), DNS("b"), DNS("c"), DNS("d"), DNS("e")},
     "certificate is for a, b, c, d and 1 more, not for db1"},
    {__LINE__,
     "a.db1.example",
     NULL,
     0,
     false,
     {DNS("*.example")},
     "certificate is for *.example, not for a.db1.example"},
    {__LINE__, "db1.example", NULL, 0, false, {DNS("*.example")}, ""},
    /* an address is one in iPAddress alone, and a name none */
    {__LINE__,
     "192.0.2.1",
     TEST_NET,
     0,
     false,
     {DNS("192.0.2.1")},
     "certificate has the address as dNSName, not as iPAddress"},
    {__LINE__,
     "192.0.2.1",
     TEST_NET,
     0,
     false,
     {ADDRESS("\xc0\x00\x02\x02")},
     "certificate is for 192.0.2.2, not for 192.0.2.1"},
    {__LINE__,
     "192.0.2.1",
     TEST_NET,
     0,
     false,
     {DNS("*.0.2.1")},
     "certificate is for *.0.2.1, not for 192.0.2.1"},
    {__LINE__,
     "192.0.2.1",
     TEST_NET,
     0,
     false,
     {ADDRESS(TEST_NET "\xff\xff\xff\xff")},
     ""},
    {__LINE__, "db1", NULL, 0, false, {ADDRESS("db1\0")}, ""},
};

static void
only_a_subject_alternative_name_names_a_host(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(leaf_rows); i++) {
		const struct row *r = &leaf_rows[i];
		struct tls_verdict v = {.host = r->host,
					.is_leaf = true,
					.has_names = !r->has_no_names,
					.version = r->version ? r->version : 3,
					.subject = "CN=db1",
					.issuer = "CN=ca"};
		char mem[256];
		struct text why;
		bool is_good;

		if (r->address)
			v.address = span_of(r->address, 4);
		for (size_t n = 0; r->names[n].bytes; n++)
			tls_verdict_name(&v, r->names[n].kind,
					 span_of(r->names[n].bytes, r->names[n].n));
		text_init(&why, mem, sizeof(mem));
		is_good = tls_verdict_give(&v, &why);
		check_true(__FILE__, r->line, span_str(r->host), is_good == !r->want,
			   "good");
		if (r->want && r->want[0] != '\0')
			check_span(__FILE__, r->line, span_str(r->host), text_span(&why),
				   span_str(r->want), "reason");
	}
}

static void
each_fault_has_its_words(void **state)
{
	static const struct {
		int line;
		unsigned faults;
		bool is_leaf;
		const char *issuer;
		unsigned rsa_bits;
		const char *want;
	} rows[] = {
	    {__LINE__, TLS_VERDICT_UNTRUSTED, true, "CN=ca", 0,
	     "issuer \"CN=ca\" is not trusted, or its certificate was not sent"},
	    {__LINE__, TLS_VERDICT_UNTRUSTED, true, "CN=db1", 0,
	     "certificate is self-signed and not trusted"},
	    {__LINE__, TLS_VERDICT_UNTRUSTED, false, "CN=db1", 0,
	     "CA certificate \"CN=db1\" is self-signed and not trusted"},
	    {__LINE__, TLS_VERDICT_EXPIRED, true, "CN=ca", 0,
	     "certificate expired on TO"},
	    {__LINE__, TLS_VERDICT_FUTURE, false, "CN=ca", 0,
	     "CA certificate \"CN=db1\" is not yet valid: from FROM"},
	    {__LINE__, TLS_VERDICT_WEAK_HASH, true, "CN=ca", 0,
	     "certificate has a weak signature (SHA1)"},
	    {__LINE__, TLS_VERDICT_WEAK_KEY, true, "CN=ca", 1024,
	     "certificate has a weak key (RSA of 1024 bits)"},
	    {__LINE__, TLS_VERDICT_WEAK_KEY, true, "CN=ca", 4096,
	     "certificate has a weak key, or its issuer has"},
	    {__LINE__, TLS_VERDICT_KEY_USAGE, true, "CN=ca", 0,
	     "certificate has the wrong usage: not for digital signatures"},
	    {__LINE__, TLS_VERDICT_NOT_SERVER, true, "CN=ca", 0,
	     "certificate has the wrong usage: not for servers"},
	    {__LINE__, TLS_VERDICT_OTHER, true, "CN=ca", 0,
	     "certificate cannot be accepted"},
	    {__LINE__, TLS_VERDICT_UNTRUSTED | TLS_VERDICT_EXPIRED, true, "CN=ca", 0,
	     "issuer \"CN=ca\" is not trusted, or its certificate was not sent; certificate "
	     "expired on TO"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct tls_verdict v = {.host = "db1",
					.is_leaf = rows[i].is_leaf,
					.has_names = true,
					.version = 3,
					.faults = rows[i].faults,
					.rsa_bits = rows[i].rsa_bits,
					.subject = "CN=db1",
					.issuer = rows[i].issuer,
					.hash = "SHA1",
					.from = "FROM",
					.to = "TO"};
		char mem[256];
		struct text why;

		tls_verdict_name(&v, TLS_VERDICT_DNS, span_str("db1"));
		text_init(&why, mem, sizeof(mem));
		assert_false(tls_verdict_give(&v, &why));
		check_span(__FILE__, rows[i].line, span_str(rows[i].issuer),
			   text_span(&why), span_str(rows[i].want), "reason");
	}
}

static void
an_issuer_needs_no_name(void **state)
{
	struct tls_verdict v = {
	    .host = "db1", .version = 3, .subject = "CN=ca", .issuer = "CN=ca"};
	char mem[64];
	struct text why;

	(void)state;
	text_init(&why, mem, sizeof(mem));
	assert_true(tls_verdict_give(&v, &why));
}

static void
words_that_do_not_fit_are_no_consent(void **state)
{
	struct tls_verdict v = {.host = "db1",
				.version = 3,
				.faults = TLS_VERDICT_OTHER,
				.subject = "CN=ca",
				.issuer = "CN=ca"};
	struct text why;
	char mem[1];

	(void)state;
	text_init(&why, mem, sizeof(mem));
	assert_false(tls_verdict_give(&v, &why));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_a_subject_alternative_name_names_a_host),
	    cmocka_unit_test(each_fault_has_its_words),
	    cmocka_unit_test(an_issuer_needs_no_name),
	    cmocka_unit_test(words_that_do_not_fit_are_no_consent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
