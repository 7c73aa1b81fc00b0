/*
 * Any names and texts of a certificate (src/sys/tls/verdict.c, src/sys/tls/name.c): a
 * name that matches is the host's or one wildcard's, whatever its case; what is wrong is
 * told in plain words; and what is good has nothing told.
 */
#include "sys/tls/verdict.h"

#include "fuzz/fuzz.h"
#include "sys/tls/name.h"

static char host[256], subject[256], issuer[256];

static size_t
count(struct span s, uint8_t c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

/* A host without its last dot has as many labels as the name that is for it. */
static void
check_match(struct span name, struct span of)
{
	if (!tls_name_matches(name, of))
		return;
	if (of.p[of.n - 1] == '.')
		of.n--;
	require(count(name, '.') == count(of, '.'));
	require(span_find(name, '*') == 0 || span_find(name, '*') == name.n);
	if (name.p[0] != '*')
		require(span_eq_ci(name, of));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	uint8_t address[16];
	char mem[4096];
	struct text t;
	struct tls_verdict v = {.host = host,
				.subject = subject,
				.issuer = issuer,
				.hash = "SHA-1",
				.from = "2020",
				.to = "2021"};

	v.faults = fuzz_byte(&in);
	v.is_leaf = v.faults % 3 > 0;
	v.version = fuzz_byte(&in) % 5 ? 3 : 1;
	v.rsa_bits = fuzz_byte(&in) * 16u;
	v.has_names = v.rsa_bits % 5 > 0;
	fuzz_string(&in, host, sizeof(host));
	fuzz_string(&in, subject, sizeof(subject));
	fuzz_string(&in, issuer, sizeof(issuer));
	v.address = span_of(address, tls_name_address(host, address));
	while (v.has_names && in.n > 0) {
		unsigned kind = fuzz_byte(&in);
		struct span name = span_split(&in, '\n');

		tls_verdict_name(&v, kind % 8, name);
		check_match(name, span_str(host));
	}
	text_init(&t, mem, sizeof(mem));
	if (tls_verdict_give(&v, &t))
		require(t.n == 0 && v.faults == 0 && (!v.is_leaf || v.is_named));
	else
		require(t.n > 0 && fuzz_is_plain(text_span(&t)));
	return 0;
}
