/*
 * Any bytes as a packet of any link type: bounded, printable, one newline behind each line,
 * and nothing read behind the end.
 */
#include "print/print.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pcap/savefile.h"
#include "print/flows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t linktypes[] = {SAVEFILE_LINKTYPE_ETHERNET, SAVEFILE_LINKTYPE_SLL,
				     SAVEFILE_LINKTYPE_SLL2,	 SAVEFILE_LINKTYPE_RAW,
				     SAVEFILE_LINKTYPE_NULL,	 SAVEFILE_LINKTYPE_IPV4,
				     SAVEFILE_LINKTYPE_IPV6,	 147};

static void
check(const struct print_options *o, const uint8_t *out, size_t n)
{
	assert(n > 0 && n <= PRINT_MAX && out[n - 1] == '\n');
	if (o->dump == PRINT_DUMP_NONE)
		assert(n <= PRINT_LINE_MAX + 1);
	for (size_t i = 0; i + 1 < n; i++) {
		bool is_dump = o->dump != PRINT_DUMP_NONE;

		assert((out[i] >= 0x20 && out[i] < 0x7f) ||
		       (is_dump && (out[i] == '\n' || out[i] == '\t')));
	}
}

/* Two bytes of choices, a byte of the wire's length, then the packet, and it again with a
 * flow that is known. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct print_flows flows;
	static uint8_t out[PRINT_MAX];
	struct print_options options;
	struct print_packet packet;
	struct print p;
	uint8_t *copy;

	if (size < 3)
		return 0;
	options = (struct print_options){.time = data[0] % 6,
					 .dump = data[0] >> 3 & 3,
					 .has_link = data[0] >> 5 & 1,
					 .dumps_link = data[0] >> 6 & 1,
					 .is_absolute = data[0] >> 7};
	copy = malloc(size - 3 + (size == 3));
	memcpy(copy, data + 3, size - 3);
	packet = (struct print_packet){.time_ns = size * UINT64_C(1000000000000),
				       .linktype = linktypes[data[1] & 7],
				       .origlen = (uint32_t)(size - 3) + data[2],
				       .name = span_of(copy, (size - 3) % 9),
				       .data = span_of(copy, size - 3)};
	print_init(&p, &options, &flows);
	check(&options, out, print_packet(&p, &packet, out));
	check(&options, out, print_packet(&p, &packet, out));
	free(copy);
	return 0;
}
