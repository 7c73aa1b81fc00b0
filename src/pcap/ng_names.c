/* Names of addresses for pcapng. It must not know where they come from. */
#include "pcap/ng_names.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "pcap/ng_format.h"

#define RECORD_IPV4 1
#define RECORD_IPV6 2

size_t
ng_names_put(uint8_t out[static NG_NAMES_RECORD_MAX], const uint8_t *address, size_t n,
	     struct span name)
{
	size_t value = n + name.n + 1;
	size_t padded = (value + 3) / 4 * 4;

	assert((n == 4 || n == 16) && name.n <= NG_NAMES_NAME_MAX);
	bytes_put_le16(out, n == 4 ? RECORD_IPV4 : RECORD_IPV6);
	bytes_put_le16(out + 2, (uint16_t)value);
	memset(out + 4, 0, padded);
	memcpy(out + 4, address, n);
	if (name.n > 0)
		memcpy(out + 4 + n, name.p, name.n);
	return 4 + padded;
}

struct savefile_block
ng_names_block(uint32_t size)
{
	return (struct savefile_block){.type = NG_BLOCK_NAMES, .size = size};
}
