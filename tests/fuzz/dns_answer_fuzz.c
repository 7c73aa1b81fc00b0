/*
 * Any bytes as a name server's answer (src/sys/dns_answer.c): every address lies whole in
 * the message behind its record's head, none is told twice, and their number is bounded.
 * The first byte chooses the type.
 */
#include "sys/dns_answer.h"

#include "fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size), address;
	uint16_t type = fuzz_byte(&in) % 2 ? DNS_TYPE_A : DNS_TYPE_AAAA;
	const uint8_t *least = in.p + 12 + 11;
	struct dns_answer a;
	size_t n = 0;

	if (!dns_answer_init(&a, in, type))
		return 0;
	while (dns_answer_next(&a, &address)) {
		require(address.n == (type == DNS_TYPE_A ? 4 : 16));
		require(address.p >= least && address.p + address.n <= in.p + in.n);
		require(address.p[-10] * 256 + address.p[-9] == type);
		least = address.p + address.n + 11;
		n++;
	}
	require(n <= (size_t)(in.p[6] * 256 + in.p[7]));
	require(!dns_answer_next(&a, &address) && address.n == 0);
	return 0;
}
