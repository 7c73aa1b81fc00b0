/*
 * Converting any packet of any link type (src/pcap/linktype.c): no read behind it,
 * lengths that fit what is there, and a header that reads as it was written.
 */
#include "pcap/linktype.h"
#include "fuzz/fuzz.h"

#include <assert.h>

static void
check(uint32_t from, uint32_t to, const uint8_t *data, size_t size)
{
	struct savefile_record record = {.caplen = (uint32_t)size,
					 .origlen = (uint32_t)size};
	struct linktype_change change;

	linktype_convert(from, to, 7, data, &record, &change);
	assert(change.skip <= size);
	assert(change.head_size <= LINKTYPE_HEAD_MAX);
	assert(record.caplen == size - change.skip + change.head_size);
	assert(record.origlen == record.caplen);
	if (change.head_size > 0)
		assert(change.head_size == linktype_cooked_size(to));
	if (linktype_direction(from, data, (uint32_t)size) != 0 && change.head_size > 0)
		assert(linktype_direction(to, change.head, change.head_size) ==
		       linktype_direction(from, data, (uint32_t)size));
}

/* The first byte chooses the link types, the rest is the packet. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t types[] = {
	    SAVEFILE_LINKTYPE_NULL, SAVEFILE_LINKTYPE_ETHERNET,
	    SAVEFILE_LINKTYPE_RAW,  SAVEFILE_LINKTYPE_SLL,
	    SAVEFILE_LINKTYPE_IPV4, SAVEFILE_LINKTYPE_IPV6,
	    SAVEFILE_LINKTYPE_SLL2, 147};
	uint8_t *packet;

	if (size < 2 || size > SAVEFILE_SNAPLEN_MAX)
		return 0;
	packet = malloc(size - 1); /* an exact fit, so that a read behind it shows */
	if (packet == NULL)
		return 0;
	memcpy(packet, data + 1, size - 1);
	check(types[data[0] % 8], types[data[0] / 8 % 8], packet, size - 1);
	free(packet);
	return 0;
}
