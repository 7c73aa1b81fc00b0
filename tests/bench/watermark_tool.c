/*
 * Reads a worker's pcapng from standard input and prints as JSON how many packets came on
 * how many interfaces, how many were older than a watermark sent before them, and by how
 * much at most. For benchmarks only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pcap/savefile_reader.h"

static struct savefile_reader reader;
static struct savefile_out out;
static uint8_t bytes[1 << 18];
static uint64_t n_packets, n_broken, n_marks, worst_ns, mark_ns, dropped;
static uint64_t by_interface[NG_INTERFACES_MAX];

static void
note(enum savefile_event event)
{
	if (event == SAVEFILE_STATISTICS && out.statistics.interface_id == 0) {
		n_marks++;
		dropped = out.statistics.osdrop;
		if (!(out.statistics.has & SAVEFILE_HAS_USRDELIV))
			mark_ns = out.statistics.time_ns;
	}
	if (event != SAVEFILE_RECORD)
		return;
	n_packets++;
	by_interface[out.record.interface_id]++;
	if (out.record.time_ns >= mark_ns)
		return;
	n_broken++;
	if (mark_ns - out.record.time_ns > worst_ns)
		worst_ns = mark_ns - out.record.time_ns;
}

int
main(void)
{
	unsigned n_interfaces = 0;
	ssize_t n;

	savefile_reader_init(&reader);
	while ((n = read(0, bytes, sizeof(bytes))) > 0) {
		struct span in = span_of(bytes, (size_t)n);
		enum savefile_event event;

		while ((event = savefile_reader_feed(&reader, &in, &out)) !=
			   SAVEFILE_MORE &&
		       event != SAVEFILE_BAD)
			note(event);
		if (event == SAVEFILE_BAD) {
			fprintf(stderr, "watermark_tool: %s\n", out.reason);
			return 1;
		}
	}
	for (unsigned i = 0; i < NG_INTERFACES_MAX; i++)
		n_interfaces += by_interface[i] > 0;
	printf("{\"packets\": %llu, \"interfaces\": %u, \"watermarks\": %llu, "
	       "\"broken\": %llu, \"worst_us\": %llu, \"dropped\": %llu}\n",
	       (unsigned long long)n_packets, n_interfaces, (unsigned long long)n_marks,
	       (unsigned long long)n_broken, (unsigned long long)(worst_ns / 1000),
	       (unsigned long long)dropped);
	return 0;
}
