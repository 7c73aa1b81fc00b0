/*
 * Writes pcapng blocks (draft-ietf-opsawg-pcapng) in the one shape that every reader
 * takes, see design.md section 6. It must not know where they go.
 */
#include "pcap/ng_write.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "pcap/ng_format.h"

#define VERSION_MAJOR	 1
#define LENGTH_UNKNOWN	 0xffffffffu /* of a section, as two words */
#define TSRESOL_NANO	 9
#define FILTER_IS_STRING 0 /* the first byte of if_filter: libpcap's syntax follows */

/* Most bytes of each text; with their heads and padding they fill their blocks. */
#define SECTION_TEXT_MAX 152
#define OS_TEXT_MAX	 128

static_assert(NG_SECTION_FIXED + 3 * (NG_OPTION_HEAD + SECTION_TEXT_MAX) +
		      NG_OPTION_HEAD + NG_TRAILER <=
		  NG_SECTION_MAX,
	      "a section header block can overflow");
static_assert(NG_INTERFACE_FIXED + (NG_OPTION_HEAD + SAVEFILE_NAME_MAX) +
		      (NG_OPTION_HEAD + NG_DESCRIPTION_MAX) + (NG_OPTION_HEAD + 4) +
		      (NG_OPTION_HEAD + SAVEFILE_FILTER_MAX + 4) +
		      (NG_OPTION_HEAD + OS_TEXT_MAX) + NG_OPTION_HEAD + NG_TRAILER <=
		  NG_INTERFACE_MAX,
	      "an interface description block can overflow");
static_assert(NG_STATISTICS_FIXED + 5 * (NG_OPTION_HEAD + 8) + NG_OPTION_HEAD +
		      SAVEFILE_COMMENT_MAX + NG_OPTION_HEAD + NG_TRAILER <=
		  NG_STATISTICS_MAX,
	      "an interface statistics block can overflow");

static uint32_t
padding(uint32_t n)
{
	return (4 - n % 4) % 4;
}

/* At most max bytes of s, not ending inside a UTF-8 character (RFC 3629 section 3). */
static size_t
cut_text(struct span s, size_t max)
{
	size_t n = max;

	if (s.n <= max)
		return s.n;
	while (n > 0 && max - n < 4 && (s.p[n] & 0xc0) == 0x80)
		n--;
	return n > 0 && max - n < 4 ? n : max;
}

/* Head and value, padded with zeros; n is the length before padding. */
static uint8_t *
put_option(uint8_t *p, uint16_t code, const void *value, size_t n)
{
	size_t pad = padding((uint32_t)n);

	bytes_put_le16(p, code);
	bytes_put_le16(p + 2, (uint16_t)n);
	memcpy(p + NG_OPTION_HEAD, value, n);
	memset(p + NG_OPTION_HEAD + n, 0, pad);
	return p + NG_OPTION_HEAD + n + pad;
}

/* Nothing for an empty text. */
static uint8_t *
put_text(uint8_t *p, uint16_t code, struct span text, size_t max)
{
	size_t n = cut_text(text, max);

	return n == 0 ? p : put_option(p, code, text.p, n);
}

static uint8_t *
put_u64(uint8_t *p, uint16_t code, uint64_t v)
{
	uint8_t value[8];

	bytes_put_le32(value, (uint32_t)v);
	bytes_put_le32(value + 4, (uint32_t)(v >> 32));
	return put_option(p, code, value, sizeof(value));
}

/* End of options, and the length at both ends of the block that began at out. */
static size_t
finish(uint8_t *out, uint8_t *p)
{
	uint32_t size;

	bytes_put_le32(p, NG_OPTION_END);
	p += NG_OPTION_HEAD;
	size = (uint32_t)(p - out) + NG_TRAILER;
	bytes_put_le32(out + 4, size);
	bytes_put_le32(p, size);
	return size;
}

static void
put_time(uint8_t *p, uint64_t time_ns)
{
	bytes_put_le32(p, (uint32_t)(time_ns >> 32));
	bytes_put_le32(p + 4, (uint32_t)time_ns);
}

size_t
ng_write_section(uint8_t out[static NG_SECTION_MAX], struct span hardware, struct span os,
		 struct span userappl)
{
	uint8_t *p = out + NG_SECTION_FIXED;

	bytes_put_le32(out, NG_BLOCK_SECTION);
	bytes_put_le32(out + 8, NG_BYTE_ORDER_MAGIC);
	bytes_put_le16(out + 12, VERSION_MAJOR);
	bytes_put_le16(out + 14, 0);
	bytes_put_le32(out + 16, LENGTH_UNKNOWN);
	bytes_put_le32(out + 20, LENGTH_UNKNOWN);
	p = put_text(p, NG_SHB_HARDWARE, hardware, SECTION_TEXT_MAX);
	p = put_text(p, NG_SHB_OS, os, SECTION_TEXT_MAX);
	p = put_text(p, NG_SHB_USERAPPL, userappl, SECTION_TEXT_MAX);
	return finish(out, p);
}

/* The option's value has a byte more than the text. */
static uint8_t *
put_filter(uint8_t *p, struct span filter)
{
	size_t n = cut_text(filter, SAVEFILE_FILTER_MAX);
	size_t pad = padding((uint32_t)n + 1);

	if (n == 0)
		return p;
	bytes_put_le16(p, NG_IF_FILTER);
	bytes_put_le16(p + 2, (uint16_t)(n + 1));
	p += NG_OPTION_HEAD;
	*p++ = FILTER_IS_STRING;
	memcpy(p, filter.p, n);
	memset(p + n, 0, pad);
	return p + n + pad;
}

size_t
ng_write_interface(uint8_t out[static NG_INTERFACE_MAX],
		   const struct savefile_interface *interface)
{
	static const uint8_t tsresol = TSRESOL_NANO;
	uint8_t *p = out + NG_INTERFACE_FIXED;

	bytes_put_le32(out, NG_BLOCK_INTERFACE);
	bytes_put_le16(out + 8, (uint16_t)interface->linktype);
	bytes_put_le16(out + 10, 0);
	bytes_put_le32(out + 12, interface->snaplen);
	p = put_text(p, NG_IF_NAME, interface->name, SAVEFILE_NAME_MAX);
	p = put_text(p, NG_IF_DESCRIPTION, interface->description, NG_DESCRIPTION_MAX);
	p = put_option(p, NG_IF_TSRESOL, &tsresol, sizeof(tsresol));
	p = put_filter(p, interface->filter);
	p = put_text(p, NG_IF_OS, interface->os, OS_TEXT_MAX);
	return finish(out, p);
}

size_t
ng_write_statistics(uint8_t out[static NG_STATISTICS_MAX],
		    const struct savefile_statistics *statistics)
{
	uint8_t *p = out + NG_STATISTICS_FIXED;

	bytes_put_le32(out, NG_BLOCK_STATISTICS);
	bytes_put_le32(out + 8, statistics->interface_id);
	put_time(out + 12, statistics->time_ns);
	p = put_text(p, NG_OPTION_COMMENT, statistics->comment, SAVEFILE_COMMENT_MAX);
	if (statistics->has & SAVEFILE_HAS_IFRECV)
		p = put_u64(p, NG_ISB_IFRECV, statistics->ifrecv);
	if (statistics->has & SAVEFILE_HAS_IFDROP)
		p = put_u64(p, NG_ISB_IFDROP, statistics->ifdrop);
	if (statistics->has & SAVEFILE_HAS_ACCEPT)
		p = put_u64(p, NG_ISB_FILTERACCEPT, statistics->accept);
	if (statistics->has & SAVEFILE_HAS_OSDROP)
		p = put_u64(p, NG_ISB_OSDROP, statistics->osdrop);
	if (statistics->has & SAVEFILE_HAS_USRDELIV)
		p = put_u64(p, NG_ISB_USRDELIV, statistics->usrdeliv);
	return finish(out, p);
}

/* Bytes of the comments; with p not NULL they are written there. */
static uint32_t
put_comments(uint8_t *p, const struct ng_options *options)
{
	struct ng_options rest = *options;
	struct ng_option option;
	uint32_t n = 0;

	while (ng_options_next(&rest, &option)) {
		uint32_t size = (uint32_t)option.value.n;

		if (option.code != NG_OPTION_COMMENT)
			continue;
		if (p != NULL)
			put_option(p + n, NG_OPTION_COMMENT, option.value.p, size);
		n += NG_OPTION_HEAD + size + padding(size);
	}
	return n;
}

static uint32_t
tail_size(const struct savefile_record *record, const struct ng_options *options)
{
	uint32_t n = record->flags == 0 ? 0 : NG_OPTION_HEAD + 4;

	if (options != NULL)
		n += put_comments(NULL, options);
	return padding(record->caplen) + n + (n > 0 ? NG_OPTION_HEAD : 0) + NG_TRAILER;
}

void
ng_write_packet_head(uint8_t out[static NG_PACKET_HEAD],
		     const struct savefile_record *record,
		     const struct ng_options *options)
{
	uint32_t size = NG_PACKET_HEAD + record->caplen + tail_size(record, options);

	bytes_put_le32(out, NG_BLOCK_PACKET);
	bytes_put_le32(out + 4, size);
	bytes_put_le32(out + 8, record->interface_id);
	put_time(out + 12, record->time_ns);
	bytes_put_le32(out + 20, record->caplen);
	bytes_put_le32(out + 24, record->origlen);
}

size_t
ng_write_packet_tail(uint8_t out[static NG_PACKET_TAIL_MAX],
		     const struct savefile_record *record,
		     const struct ng_options *options)
{
	uint32_t size = tail_size(record, options);
	uint32_t pad = padding(record->caplen);
	uint8_t *p = out + pad;
	uint8_t value[4];

	memset(out, 0, pad);
	if (record->flags != 0) {
		bytes_put_le32(value, record->flags);
		p = put_option(p, NG_EPB_FLAGS, value, sizeof(value));
	}
	if (options != NULL)
		p += put_comments(p, options);
	if (p > out + pad) {
		bytes_put_le32(p, NG_OPTION_END);
		p += NG_OPTION_HEAD;
	}
	bytes_put_le32(p, NG_PACKET_HEAD + record->caplen + size);
	return size;
}
