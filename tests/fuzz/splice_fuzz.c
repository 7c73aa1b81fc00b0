/*
 * Splicing any instructions (src/pcap/splice.c, src/pcap/splice_part.c): what comes out
 * must be a program that Linux takes, as far as jumps, length and the end go.
 */
#include "pcap/splice.h"
#include "fuzz/fuzz.h"

#include <assert.h>

#define HEAD 8

static void
check(const struct splice_program *p)
{
	assert(p->n > 0 && p->n <= SPLICE_MAX);
	for (size_t i = 0; i < p->n; i++) {
		size_t left = p->n - i - 1;

		if (p->insns[i].code == 0x05)
			assert(p->insns[i].k < left);
		else if ((p->insns[i].code & 0x07) == 0x05)
			assert(p->insns[i].jt < left && p->insns[i].jf < left);
	}
	assert((p->insns[p->n - 1].code & 0x07) == 0x06);
}

/* data: what is selected, then instructions, the first data[0] of them an exclude's. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t sizes[] = {0, 16, 20};
	static const uint32_t ifindexes[300];
	static struct splice_insn in[SPLICE_MAX], joint[SPLICE_MAX];
	struct splice_program out = {joint, 0};
	struct splice_program exclude, user;
	struct splice_select select = {0};
	size_t n;

	if (size < HEAD || (size - HEAD) / sizeof(in[0]) > SPLICE_MAX)
		return 0;
	n = (size - HEAD) / sizeof(in[0]);
	memcpy(in, data + HEAD, n * sizeof(in[0]));
	exclude = (struct splice_program){in, data[0] < n ? data[0] : n};
	user = (struct splice_program){in + exclude.n, n - exclude.n};
	select.cooked_size = sizes[data[1] % 3];
	select.snaplen = 1 + data[2];
	select.is_in = data[3] & 1;
	select.is_out = !select.is_in && (data[3] & 2);
	select.has_loopback_copies = data[3] & 4;
	select.is_vlan = data[3] & 16;
	select.vlan_id = data[5] & 1 ? SPLICE_VLAN_ANY : data[5];
	select.ifindexes = (data[3] & 8) ? ifindexes : NULL;
	select.n_ifindexes = data[4];
	if (splice_join(&select, &exclude, exclude.n > 0, &user, &out) == SPLICE_OK)
		check(&out);
	return 0;
}
