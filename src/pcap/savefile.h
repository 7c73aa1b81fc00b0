#ifndef PCAP_SAVEFILE_H
#define PCAP_SAVEFILE_H

#include "base/span.h"

/*
 * What the two capture file formats have in common: classic pcap
 * (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng).
 */
#define SAVEFILE_SNAPLEN_MAX 262144 /* bytes of a packet kept at most, as in libpcap */
#define SAVEFILE_NAME_MAX    128 /* if_name with its target: host names of pods have 60 */
#define SAVEFILE_FILTER_MAX  8192 /* if_filter, cut beyond: as our worker takes them */

/* Bytes of a packet's options kept at most, the largest multiple of 4 in 16 bits: what is
 * behind is not seen, nor a comment that is cut by it. */
#define SAVEFILE_OPTIONS_MAX 65532

/* Times beyond it (the year 2262) become it, so that sums and differences of times fit. */
#define SAVEFILE_TIME_MAX ((uint64_t)INT64_MAX)

/* Link-layer header types (draft-ietf-opsawg-pcaplinktype). */
enum savefile_linktype {
	SAVEFILE_LINKTYPE_NULL = 0,
	SAVEFILE_LINKTYPE_ETHERNET = 1,
	SAVEFILE_LINKTYPE_RAW = 101,
	SAVEFILE_LINKTYPE_LOOP = 108,
	SAVEFILE_LINKTYPE_SLL = 113,
	SAVEFILE_LINKTYPE_IPV4 = 228,
	SAVEFILE_LINKTYPE_IPV6 = 229,
	SAVEFILE_LINKTYPE_SLL2 = 276
};

/* In savefile_record.options: the options are of a big-endian section. */
#define SAVEFILE_OPTIONS_BIG_ENDIAN 1u

/*
 * One packet, without its bytes: these are the packet's, and, where it has options,
 * padding to a multiple of 4 and the options as they came (ng_options.h reads them).
 */
struct savefile_record {
	uint64_t time_ns;      /* since the epoch, UTC */
	uint32_t caplen;       /* bytes kept, <= SAVEFILE_SNAPLEN_MAX */
	uint32_t origlen;      /* bytes on the wire, link header included */
	uint16_t interface_id; /* pcapng: counted through all sections; classic pcap: 0 */
	uint16_t options;      /* their bytes, a multiple of 4, and the bit above */
	uint32_t flags; /* epb_flags (pcapng 4.3.1), 0 when not given; with options the
			   options say it, see ng_options_flags */
};

/* The bytes of a record: what reader, queue and writer pass on. */
static inline uint32_t
savefile_record_bytes(const struct savefile_record *record)
{
	uint32_t options = record->options & ~3u;

	return options > 0 ? ((record->caplen + 3) & ~3u) + options : record->caplen;
}

/* Counts of an Interface Statistics Block; a member counts only if its bit is set. */
#define SAVEFILE_HAS_IFRECV   1u
#define SAVEFILE_HAS_IFDROP   2u
#define SAVEFILE_HAS_OSDROP   4u
#define SAVEFILE_HAS_USRDELIV 8u
#define SAVEFILE_HAS_ACCEPT   16u
#define SAVEFILE_COMMENT_MAX  256 /* bytes written; more are read */

struct savefile_statistics {
	uint64_t time_ns; /* from our own worker this is a watermark, see merge/merge.h */
	uint32_t interface_id;
	uint32_t has; /* SAVEFILE_HAS_ bits */
	uint64_t ifrecv;
	uint64_t ifdrop;
	uint64_t osdrop;
	uint64_t usrdeliv;
	uint64_t accept; /* isb_filteraccept: matched the filter, whatever became of it */
	struct span comment; /* the first one; borrowed as the record's piece is */
};

/* A block of pcapng that is passed on, see ng_passed.h: what comes before its bytes. */
struct savefile_block {
	uint32_t type;
	uint32_t size; /* without type and lengths */
	bool is_big_endian;
};

/* One capturing interface. Spans are borrowed as the function that gives it says. */
struct savefile_interface {
	uint32_t linktype; /* any value; savefile_linktype names those we know */
	uint32_t snaplen;  /* 0: no limit stated */
	struct span name;
	struct span description;
	struct span filter;
	struct span os;
};

#endif
