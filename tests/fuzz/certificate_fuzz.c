/*
 * Any bytes as certificates, PEM or DER (src/sys/tls/tls.c and chain.c with mbedTLS's
 * parsers): what a bundle holds is counted, a server's certificate is
 * judged, and what is wrong with it is told in plain words; what is good has the host's
 * name. The first byte chooses what the verification of the chain found, and the host.
 */
#include "sys/tls/chain.c"
#include "sys/tls/tls.c"

#include <mbedtls/oid.h>

#include "fuzz/fuzz.h"
#include "sys/tls/chain.h"
#include "sys/tls/name.h"

static void
judge(mbedtls_x509_crt *crt, uint8_t choice, bool is_leaf)
{
	static char mem[8192];
	struct text reason;
	struct tls_engine_peer peer = {.reason = &reason};
	uint32_t flags = choice & 1 ? 1u << choice / 8 : 0, found = flags;

	text_init(&reason, mem, sizeof(mem));
	strcpy(peer.host, choice & 2 ? "127.0.0.1" : "db1.example");
	peer.address_n = tls_name_address(peer.host, peer.address);
	require(tls_chain_judge(&peer, crt, is_leaf ? 0 : 1, &found) == 0);
	require(!reason.is_cut && fuzz_is_plain(text_span(&reason)));
	require((reason.n > 0) == ((found & MBEDTLS_X509_BADCERT_OTHER) != 0) ||
		(flags & MBEDTLS_X509_BADCERT_OTHER));
	if (is_leaf && reason.n == 0)
		require(crt->version == 3 && mbedtls_x509_crt_has_ext_type(
						 crt, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_config c = {.taker = {take_trusted}};
	static char bytes[4096];
	struct span in = span_of(data, size);
	uint8_t choice = fuzz_byte(&in);
	mbedtls_x509_crt *crt = &c.trusted;
	size_t n, counted = 0;

	if (in.n >= sizeof(bytes))
		return 0;
	memcpy(bytes, in.p, in.n);
	bytes[in.n] = '\0';
	mbedtls_x509_crt_init(&c.trusted);
	n = c.taker.take(&c.taker, bytes, in.n);
	mbedtls_x509_crt_parse_der(&c.trusted, in.p, in.n);
	require(n <= count_certificates(&c.trusted));
	for (; crt && crt->version != 0; crt = crt->next) {
		judge(crt, choice, counted == 0);
		counted++;
	}
	require(counted == count_certificates(&c.trusted) && counted <= n + 1);
	is_in_order(&c.trusted);
	mbedtls_x509_crt_free(&c.trusted);
	return 0;
}
