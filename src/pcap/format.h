#ifndef PCAP_FORMAT_H
#define PCAP_FORMAT_H

#include "pcap/ng_options.h"

/*
 * The formats of capture files that are written, one table of operations each. A new one is
 * a file format_NAME.c, a row in format.c and its name in the help.
 *
 * A file is a row of units: a head, interfaces, records and statistics. Each operation
 * writes one unit to out, which has room for FORMAT_UNIT_MAX bytes, and returns its size.
 */
#define FORMAT_UNIT_MAX (SAVEFILE_SNAPLEN_MAX + SAVEFILE_OPTIONS_MAX + 64u)

struct format_file {
	bool is_nano; /* time stamps, where the format has both */
	uint32_t linktype;
	struct span os; /* of this machine */
	struct span application;
};

struct format {
	const char *name;     /* of --format; also the extension of a file in it */
	bool has_flags;	      /* a record can say its direction */
	uint64_t time_max_ns; /* what it writes of later times is this one, or no time */
	size_t (*put_head)(uint8_t *out, const struct format_file *file);

	/* NULL: the format has no such unit. */
	size_t (*put_interface)(uint8_t *out, const struct savefile_interface *i);
	size_t (*put_statistics)(uint8_t *out, const struct savefile_statistics *s);

	/* All but the record->caplen bytes of the packet, which go to *data. options may be
	 * NULL: as ng_write_packet_head. */
	size_t (*put_record)(uint8_t *out, const struct format_file *file,
			     const struct savefile_record *record,
			     const struct ng_options *options, uint8_t **data);

	/* The size of the unit that s begins with, or more than s has. is_head: s begins
	 * with the file. */
	size_t (*unit)(struct span s, bool is_head, bool *is_record);
};

/* Not in the table: of --print. It has no put_record: who prints knows where records end. */
extern const struct format format_text;

/* By its name; NULL: unknown. */
const struct format *format_find(struct span name);

/* By the extension of a file's name; pcap for any other, and for NULL. */
const struct format *format_of_path(const char *path);

/* "pcap or pcapng" */
const char *format_names(void);

/*
 * How much of a file is whole when it ends anywhere: the length of the longest beginning of
 * bytes that ends with a unit, and the number of records in it.
 */
size_t format_whole(const struct format *f, bool is_head, struct span bytes,
		    uint64_t *n_records);

/* The bytes from `at` to the end of the unit that it lies in; 0: it lies between two, or
 * nothing of the next is there. */
size_t format_rest(const struct format *f, bool is_head, struct span bytes, size_t at);

#endif
