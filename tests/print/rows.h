#ifndef PRINT_ROWS_H
#define PRINT_ROWS_H

#include <stdlib.h>
#include <string.h>

#include "pcap/savefile.h"
#include "print/flows.h"
#include "print/print.h"
#include "support/check.h"
#include "support/edge.h"
#include "support/image.h"

/*
 * Packets as images (support/image.h) and what they print as. The texts are tcpdump 4.99.3's
 * for the same packets, but where a row says otherwise. Each packet ends at a page that
 * faults, and is tried at every length: a short one must read nothing behind its end.
 */
struct row {
	int line;
	const char *packet;
	const char *want;
};

#define ROWS_PACKET_MAX 2048

/* The line of a packet, without its newline, in out. */
static inline size_t
rows_print(const struct print_options *options, uint32_t linktype, const uint8_t *p,
	   size_t n, uint8_t *out)
{
	struct print_flows *flows = calloc(1, sizeof(*flows));
	struct print printer;
	struct print_packet packet = {.linktype = linktype, .origlen = (uint32_t)n};
	size_t size;

	print_init(&printer, options, flows);
	packet.data = span_of(p, n);
	size = print_packet(&printer, &packet, out);
	free(flows);
	check_true(__FILE__, __LINE__, packet.data, size > 0 && out[size - 1] == '\n',
		   "a line ends");
	return size - 1;
}

static inline void
rows_check_with(const struct print_options *options, const struct row *rows, size_t n,
		uint32_t linktype)
{
	static uint8_t out[PRINT_MAX];

	for (size_t i = 0; i < n; i++) {
		uint8_t packet[ROWS_PACKET_MAX];
		size_t size = image_make(rows[i].packet, packet, sizeof(packet));

		for (size_t cut = 0; cut <= size; cut++) {
			uint8_t *copy = edge_copy(packet, cut);
			size_t got = rows_print(options, linktype, copy, cut, out);

			if (cut == size)
				check_span(__FILE__, rows[i].line, span_of(packet, size),
					   span_of(out, got), span_str(rows[i].want),
					   rows[i].want);
			edge_free(copy);
		}
	}
}

static inline void
rows_check(const struct row *rows, size_t n, uint32_t linktype)
{
	const struct print_options options = {.time = PRINT_TIME_NONE};

	rows_check_with(&options, rows, n, linktype);
}

#endif
