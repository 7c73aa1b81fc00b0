/* pcapng: an interface block for each interface before its first packet. */
#include <assert.h>

#include "base/bytes.h"
#include "pcap/format.h"
#include "pcap/ng_passed.h"
#include "pcap/ng_write.h"

#define NG_PACKET 6 /* Enhanced Packet Block, pcapng 4.3 */

static_assert(FORMAT_UNIT_MAX >= SAVEFILE_SNAPLEN_MAX + NG_PACKET_HEAD +
				     NG_PACKET_TAIL_MAX + SAVEFILE_OPTIONS_MAX &&
		  FORMAT_UNIT_MAX >= NG_SECTION_MAX &&
		  FORMAT_UNIT_MAX >= NG_INTERFACE_MAX &&
		  FORMAT_UNIT_MAX >= NG_PASSED_MAX &&
		  FORMAT_UNIT_MAX >= NG_STATISTICS_MAX,
	      "any block has room");

static size_t
put_head(uint8_t *out, const struct format_file *file)
{
	return ng_write_section(out, span_str(""), file->os, file->application);
}

static size_t
put_record(uint8_t *out, const struct format_file *file,
	   const struct savefile_record *record, const struct ng_options *options,
	   uint8_t **data)
{
	(void)file;
	ng_write_packet_head(out, record, options);
	*data = out + NG_PACKET_HEAD;
	return NG_PACKET_HEAD + record->caplen +
	       ng_write_packet_tail(*data + record->caplen, record, options);
}

static size_t
unit(struct span s, bool is_head, bool *is_record)
{
	(void)is_head;
	*is_record = s.n >= 4 && bytes_le32(s.p) == NG_PACKET;
	return s.n < 8 ? 8 : bytes_le32(s.p + 4);
}

extern const struct format format_ng;
const struct format format_ng = {.name = "pcapng",
				 .has_flags = true,
				 .time_max_ns = SAVEFILE_TIME_MAX - 1,
				 .put_head = put_head,
				 .put_interface = ng_write_interface,
				 .put_statistics = ng_write_statistics,
				 .put_record = put_record,
				 .unit = unit};
