/*
 * Options of pcapng: framing, and what a packet's options say. It must not know what
 * stands in other blocks' options.
 */
#include "pcap/ng_options.h"

#include "base/bytes.h"
#include "pcap/ng_format.h"

static uint16_t
load16(const struct ng_options *o, const uint8_t *p)
{
	return o->is_big_endian ? bytes_be16(p) : bytes_le16(p);
}

bool
ng_options_next(struct ng_options *o, struct ng_option *option)
{
	struct span *rest = &o->rest;
	size_t size;
	size_t padded;

	if (rest->n < NG_OPTION_HEAD)
		return false;
	option->code = load16(o, rest->p);
	size = load16(o, rest->p + 2);
	if (option->code == NG_OPTION_END) {
		rest->n = 0;
		return false;
	}
	padded = (size + 3) / 4 * 4;
	if (padded > rest->n - NG_OPTION_HEAD)
		return false;
	option->value = span_of(rest->p + NG_OPTION_HEAD, size);
	rest->p += NG_OPTION_HEAD + padded;
	rest->n -= NG_OPTION_HEAD + padded;
	return true;
}

struct ng_options
ng_options_of(const struct savefile_record *record, const uint8_t *data)
{
	uint32_t size = record->options & ~3u;
	uint32_t at = savefile_record_bytes(record) - size;

	return (struct ng_options){
	    .rest = span_of(data + at, size),
	    .is_big_endian = (record->options & SAVEFILE_OPTIONS_BIG_ENDIAN) != 0};
}

uint32_t
ng_options_flags(const struct savefile_record *record, const uint8_t *data)
{
	struct ng_options o = ng_options_of(record, data);
	struct ng_option option;

	if (record->options == 0)
		return record->flags;
	while (ng_options_next(&o, &option)) {
		if (option.code == NG_EPB_FLAGS && option.value.n == 4)
			return o.is_big_endian ? bytes_be32(option.value.p)
					       : bytes_le32(option.value.p);
	}
	return 0;
}

uint64_t
ng_options_lost(struct ng_options options)
{
	struct ng_option option;

	while (ng_options_next(&options, &option)) {
		const uint8_t *p = option.value.p;

		if (option.code == NG_EPB_DROPCOUNT && option.value.n == 8)
			return options.is_big_endian
				   ? (uint64_t)bytes_be32(p) << 32 | bytes_be32(p + 4)
				   : (uint64_t)bytes_le32(p + 4) << 32 | bytes_le32(p);
	}
	return 0;
}
