/* Classic pcap: one link type, no interfaces, no direction. */
#include <assert.h>

#include "base/bytes.h"
#include "pcap/classic_write.h"
#include "pcap/format.h"

static_assert(FORMAT_UNIT_MAX >= SAVEFILE_SNAPLEN_MAX + CLASSIC_RECORD_HEADER,
	      "the largest record has room");

static size_t
put_head(uint8_t *out, const struct format_file *file)
{
	classic_write_file_header(out, file->is_nano, file->linktype,
				  SAVEFILE_SNAPLEN_MAX);
	return CLASSIC_FILE_HEADER;
}

static size_t
put_record(uint8_t *out, const struct format_file *file,
	   const struct savefile_record *record, const struct ng_options *options,
	   uint8_t **data)
{
	(void)options;
	classic_write_record_header(out, file->is_nano, record);
	*data = out + CLASSIC_RECORD_HEADER;
	return CLASSIC_RECORD_HEADER + record->caplen;
}

static size_t
unit(struct span s, bool is_head, bool *is_record)
{
	*is_record = !is_head;
	if (is_head)
		return CLASSIC_FILE_HEADER;
	return s.n < CLASSIC_RECORD_HEADER
		   ? CLASSIC_RECORD_HEADER
		   : (size_t)CLASSIC_RECORD_HEADER + bytes_le32(s.p + 8);
}

extern const struct format format_classic;
const struct format format_classic = {.name = "pcap",
				      .time_max_ns = CLASSIC_TIME_MAX,
				      .put_head = put_head,
				      .put_record = put_record,
				      .unit = unit};
