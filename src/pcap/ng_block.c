/*
 * The blocks of pcapng that describe (draft-ietf-opsawg-pcapng sections 3.5, 4.1, 4.2 and
 * 4.6) and their options. It must not know how blocks are framed or arrive.
 */
#include "pcap/ng_block.h"

#include <string.h>

#include "base/bytes.h"
#include "pcap/ng_format.h"
#include "pcap/ng_options.h"
#include "pcap/ng_time.h"

#define VERSION_MAJOR	 1
#define TSRESOL_DEFAULT	 6 /* microseconds */
#define FILTER_IS_STRING 0

static const char text_ddump[] = "ddump-worker/";

static uint16_t
load16(const struct ng_reader *r, const uint8_t *p)
{
	return r->is_big_endian ? bytes_be16(p) : bytes_le16(p);
}

static uint32_t
load32(const struct ng_reader *r, const uint8_t *p)
{
	return r->is_big_endian ? bytes_be32(p) : bytes_le32(p);
}

/* A 64-bit option value, in the section's byte order, unlike the halves of time stamps. */
static uint64_t
load64(const struct ng_reader *r, const uint8_t *p)
{
	uint64_t first = load32(r, p);
	uint64_t second = load32(r, p + 4);

	return r->is_big_endian ? first << 32 | second : second << 32 | first;
}

static struct span
behind(struct span block, size_t fixed)
{
	return span_of(block.p + fixed, block.n - fixed);
}

/* Some writers terminate texts with a zero byte, against section 3.5. */
static struct span
text_of(struct span value)
{
	return span_of(value.p, span_find(value, 0));
}

static const char *
read_section(struct ng_reader *r, struct span block, struct ng_options *rest)
{
	struct ng_option option;

	if (block.n < NG_SECTION_FIXED)
		return "section header too short";
	if (load16(r, block.p + 12) != VERSION_MAJOR)
		return "pcapng version other than 1";
	r->section_first = r->n_interfaces;
	r->is_ddump = false;
	rest->rest = behind(block, NG_SECTION_FIXED);
	while (ng_options_next(rest, &option)) {
		if (option.code == NG_SHB_USERAPPL)
			r->is_ddump = span_starts(option.value, span_str(text_ddump));
	}
	return NULL;
}

/* False: a value of another length than its option has. */
static bool
read_interface_option(const struct ng_reader *r, const struct ng_option *option,
		      struct ng_interface *entry, struct savefile_interface *out)
{
	struct span value = option->value;

	switch (option->code) {
	case NG_IF_NAME:
		out->name = text_of(value);
		break;
	case NG_IF_DESCRIPTION:
		out->description = text_of(value);
		break;
	case NG_IF_OS:
		out->os = text_of(value);
		break;
	case NG_IF_FILTER:
		if (value.n > 0 && value.p[0] == FILTER_IS_STRING)
			out->filter = text_of(behind(value, 1));
		break;
	case NG_IF_TSRESOL:
		if (value.n != 1)
			return false;
		entry->tsresol = value.p[0];
		break;
	case NG_IF_TSOFFSET:
		if (value.n != 8)
			return false;
		entry->tsoffset_s = (int64_t)load64(r, value.p);
		break;
	}
	return true;
}

static const char *
read_interface(struct ng_reader *r, struct span block, struct ng_options *rest,
	       struct savefile_interface *out)
{
	struct ng_interface entry = {.tsresol = TSRESOL_DEFAULT};
	struct ng_option option;

	if (block.n < NG_INTERFACE_FIXED)
		return "interface description too short";
	if (r->n_interfaces == NG_INTERFACES_MAX)
		return "more than 4096 interfaces";
	entry.linktype = load16(r, block.p + 8);
	entry.snaplen = load32(r, block.p + 12);
	*out = (struct savefile_interface){
	    .linktype = entry.linktype,
	    .snaplen = entry.snaplen,
	};
	rest->rest = behind(block, NG_INTERFACE_FIXED);
	while (ng_options_next(rest, &option)) {
		if (!read_interface_option(r, &option, &entry, out))
			return "interface option of a wrong length";
	}
	r->interfaces[r->n_interfaces++] = entry;
	return NULL;
}

static void
read_count(const struct ng_reader *r, const struct ng_option *option,
	   struct savefile_statistics *out)
{
	uint64_t v;

	if (option->value.n != sizeof(v))
		return;
	v = load64(r, option->value.p);
	switch (option->code) {
	case NG_ISB_IFRECV:
		out->ifrecv = v;
		out->has |= SAVEFILE_HAS_IFRECV;
		break;
	case NG_ISB_IFDROP:
		out->ifdrop = v;
		out->has |= SAVEFILE_HAS_IFDROP;
		break;
	case NG_ISB_FILTERACCEPT:
		out->accept = v;
		out->has |= SAVEFILE_HAS_ACCEPT;
		break;
	case NG_ISB_OSDROP:
		out->osdrop = v;
		out->has |= SAVEFILE_HAS_OSDROP;
		break;
	case NG_ISB_USRDELIV:
		out->usrdeliv = v;
		out->has |= SAVEFILE_HAS_USRDELIV;
		break;
	}
}

/* Of an interface that no block described: some writers have them; *event becomes MORE. */
static const char *
read_statistics(struct ng_reader *r, struct span block, struct ng_options *rest,
		struct savefile_statistics *out, enum savefile_event *event)
{
	const struct ng_interface *interface;
	struct ng_option option;
	uint32_t id;

	if (block.n < NG_STATISTICS_FIXED)
		return "interface statistics too short";
	id = load32(r, block.p + 8);
	if (id >= r->n_interfaces - r->section_first) {
		*event = SAVEFILE_MORE;
		return NULL;
	}
	id += r->section_first;
	interface = &r->interfaces[id];
	*out = (struct savefile_statistics){
	    .time_ns = ng_time_to_ns((uint64_t)load32(r, block.p + 12) << 32 |
					 load32(r, block.p + 16),
				     interface->tsresol, interface->tsoffset_s),
	    .interface_id = id,
	};
	rest->rest = behind(block, NG_STATISTICS_FIXED);
	while (ng_options_next(rest, &option)) {
		if (option.code == NG_OPTION_COMMENT && out->comment.n == 0)
			out->comment = text_of(option.value);
		read_count(r, &option, out);
	}
	return NULL;
}

bool
ng_block_is_read(uint32_t type)
{
	return type == NG_BLOCK_SECTION || type == NG_BLOCK_INTERFACE ||
	       type == NG_BLOCK_STATISTICS;
}

static enum savefile_event
started(struct ng_reader *r)
{
	enum savefile_event event = r->is_started ? SAVEFILE_MORE : SAVEFILE_START;

	r->is_started = true;
	return event;
}

enum savefile_event
ng_block_read(struct ng_reader *r, uint32_t type, struct span block, bool is_cut,
	      struct savefile_out *out)
{
	struct ng_options rest = {{NULL, 0}, r->is_big_endian};
	enum savefile_event event = SAVEFILE_STATISTICS;

	if (type == NG_BLOCK_SECTION) {
		out->reason = read_section(r, block, &rest);
	} else if (type == NG_BLOCK_INTERFACE) {
		event = SAVEFILE_INTERFACE;
		out->reason = read_interface(r, block, &rest, &out->interface);
	} else {
		out->reason = read_statistics(r, block, &rest, &out->statistics, &event);
	}
	if (out->reason == NULL && rest.rest.n > 0 && !is_cut)
		out->reason = "option longer than its block";
	if (out->reason != NULL)
		return SAVEFILE_BAD;
	return type == NG_BLOCK_SECTION ? started(r) : event;
}
