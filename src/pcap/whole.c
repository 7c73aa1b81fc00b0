/* Walks over records by their lengths. */
#include "pcap/whole.h"

#include "base/bytes.h"
#include "pcap/classic_writer.h"

#define NG_PACKET 6 /* Enhanced Packet Block, pcapng 4.3 */

/* The next unit's size, or more than there is. */
static size_t
unit_size(enum whole_format format, struct span s, bool *is_packet)
{
	*is_packet = true;
	switch (format) {
	case WHOLE_CLASSIC_HEAD:
		*is_packet = false;
		return CLASSIC_FILE_HEADER;
	case WHOLE_CLASSIC:
		return s.n < CLASSIC_RECORD_HEADER
			   ? CLASSIC_RECORD_HEADER
			   : (size_t)CLASSIC_RECORD_HEADER + bytes_le32(s.p + 8);
	case WHOLE_NG:
		*is_packet = s.n >= 4 && bytes_le32(s.p) == NG_PACKET;
		return s.n < 8 ? 8 : bytes_le32(s.p + 4);
	}
	return SIZE_MAX;
}

size_t
whole_rest(enum whole_format format, struct span bytes, size_t at)
{
	uint64_t n_packets;
	size_t begin = whole_prefix(format, span_of(bytes.p, at), &n_packets);
	bool is_packet;

	if (format == WHOLE_CLASSIC_HEAD && begin > 0)
		format = WHOLE_CLASSIC;
	span_take(&bytes, begin);
	return at == begin ? 0 : unit_size(format, bytes, &is_packet) - (at - begin);
}

size_t
whole_prefix(enum whole_format format, struct span bytes, uint64_t *n_packets)
{
	struct span rest = bytes;

	*n_packets = 0;
	while (rest.n > 0) {
		bool is_packet;
		size_t size = unit_size(format, rest, &is_packet);

		if (size > rest.n || size == 0)
			break;
		span_take(&rest, size);
		*n_packets += is_packet;
		if (format == WHOLE_CLASSIC_HEAD)
			format = WHOLE_CLASSIC;
	}
	return bytes.n - rest.n;
}
