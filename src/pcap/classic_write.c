/*
 * Writes the headers of classic pcap (draft-ietf-opsawg-pcap). It must not know where
 * they go, nor what packets contain.
 */
#include "pcap/classic_write.h"

#include "base/bytes.h"

#define MAGIC_MICRO   0xa1b2c3d4u
#define MAGIC_NANO    0xa1b23c4du
#define VERSION_MAJOR 2
#define VERSION_MINOR 4
#define NS_PER_S      1000000000u
#define NS_PER_US     1000u

void
classic_write_file_header(uint8_t out[static CLASSIC_FILE_HEADER], bool is_nano,
			  uint32_t linktype, uint32_t snaplen)
{
	bytes_put_le32(out, is_nano ? MAGIC_NANO : MAGIC_MICRO);
	bytes_put_le16(out + 4, VERSION_MAJOR);
	bytes_put_le16(out + 6, VERSION_MINOR);
	bytes_put_le32(out + 8, 0);
	bytes_put_le32(out + 12, 0);
	bytes_put_le32(out + 16, snaplen);
	bytes_put_le32(out + 20, linktype);
}

void
classic_write_record_header(uint8_t out[static CLASSIC_RECORD_HEADER], bool is_nano,
			    const struct savefile_record *record)
{
	uint64_t time_ns =
	    record->time_ns < CLASSIC_TIME_MAX ? record->time_ns : CLASSIC_TIME_MAX;
	uint32_t fraction = (uint32_t)(time_ns % NS_PER_S);

	bytes_put_le32(out, (uint32_t)(time_ns / NS_PER_S));
	bytes_put_le32(out + 4, is_nano ? fraction : fraction / NS_PER_US);
	bytes_put_le32(out + 8, record->caplen);
	bytes_put_le32(out + 12, record->origlen);
}
