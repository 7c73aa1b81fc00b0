#ifndef PRINT_PRINT_H
#define PRINT_PRINT_H

#include "print/names.h"

/*
 * Packets as lines of text, in the words of tcpdump 4.99 -nn: ARP, IPv4, IPv6, TCP, UDP,
 * ICMP, ICMPv6 and DNS; "proto N, length L" for everything else. No byte of a packet
 * reaches the text unescaped: it is printable ASCII, tabs and newlines.
 */
#define PRINT_LINE_MAX 16384u /* without the dump; more than DNS answers of 64 KiB need */
#define PRINT_DUMP_MAX \
	66560u		   /* bytes dumped: 64 KiB with their headers; then it says so */
#define PRINT_DUMP_ROW 68u /* of 16 bytes: "\t0x0000:  ", 40, text, "\n" */
#define PRINT_MAX      (PRINT_LINE_MAX + PRINT_DUMP_MAX / 16 * PRINT_DUMP_ROW + 128u)

enum print_time { /* -t to -ttttt of tcpdump */
		  PRINT_TIME_CLOCK,
		  PRINT_TIME_NONE,
		  PRINT_TIME_EPOCH,
		  PRINT_TIME_DELTA, /* since the packet before */
		  PRINT_TIME_DATE,
		  PRINT_TIME_FIRST /* since the first packet */
};

enum print_dump { PRINT_DUMP_NONE, PRINT_DUMP_HEX, PRINT_DUMP_BOTH, PRINT_DUMP_TEXT };

struct print_options {
	enum print_time time;
	bool is_nano;		  /* 9 digits of a second, not 6 */
	bool has_link;		  /* -e */
	enum print_dump dump;	  /* -x, -X, -A */
	bool dumps_link;	  /* -xx, -XX, -AA: from the link header on */
	bool is_absolute;	  /* -S: TCP's sequence numbers as they are */
	struct print_names names; /* of addresses; borrowed */
};

struct print_packet {
	uint64_t time_ns;
	int32_t zone_s;	   /* of local time, east of UTC, at time_ns */
	uint32_t linktype; /* SAVEFILE_LINKTYPE_ of pcap/savefile.h, or any other */
	uint32_t source;   /* whose TCP flows are numbered apart */
	uint32_t origlen;
	struct span name;   /* who captured it: escaped, too */
	uint8_t name_width; /* the name is filled up with spaces to it */
	const char *color;  /* before the name, a terminal's sequence; NULL: none */
	struct span data;
};

struct print_flows;

struct print {
	struct print_options options;
	bool has_packet;   /* one was printed */
	uint64_t first_ns; /* its time */
	uint64_t last_ns;
	struct print_flows *flows;
};

/* flows: zeroed but for their seed; borrowed. */
void print_init(struct print *p, const struct print_options *options,
		struct print_flows *flows);

/* Writes one packet's lines, whole, to out: at most PRINT_MAX bytes. Returns the size. */
size_t print_packet(struct print *p, const struct print_packet *packet, uint8_t *out);

#endif
