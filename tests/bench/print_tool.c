/*
 * print_tool [-t...] [-eS] [-x|-xx|-X|-XX|-A|-AA] FILE: a capture file through the core of
 * --print, for the comparison with tcpdump and for measuring. UTC, no names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pcap/savefile_reader.h"
#include "print/flows.h"
#include "print/print.h"

static uint8_t *
read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	long size;

	if (f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0) {
		rewind(f);
		p = malloc((size_t)size + 1);
		*n = fread(p, 1, (size_t)size, f);
	}
	if (!p) {
		perror(path);
		exit(1);
	}
	return p;
}

static void
set_flag(struct print_options *o, const char *flag)
{
	char c = flag[1];
	size_t n = strlen(flag) - 1;

	if (c == 't')
		o->time = (enum print_time)n;
	o->has_link |= c == 'e';
	o->is_absolute |= c == 'S';
	if (c != 'x' && c != 'X' && c != 'A')
		return;
	o->dump = c == 'x'   ? PRINT_DUMP_HEX
		  : c == 'X' ? PRINT_DUMP_BOTH
			     : PRINT_DUMP_TEXT;
	o->dumps_link = n == 2;
}

static void
print_file(struct print *p, const char *path)
{
	static uint8_t out[PRINT_MAX];
	static uint32_t linktypes[65536];
	struct savefile_reader reader;
	struct savefile_out event;
	size_t n;
	uint8_t *bytes = read_file(path, &n);
	struct span in = span_of(bytes, n);
	size_t n_interfaces = 0;
	enum savefile_event what;

	savefile_reader_init(&reader);
	do {
		what = savefile_reader_feed(&reader, &in, &event);
		if (what == SAVEFILE_INTERFACE)
			linktypes[n_interfaces++ & 65535] = event.interface.linktype;
		if (what != SAVEFILE_RECORD || event.left > 0)
			continue;
		struct print_packet packet = {
		    .time_ns = event.record.time_ns,
		    .linktype = linktypes[event.record.interface_id],
		    .origlen = event.record.origlen,
		    .data = span_of(event.piece.p, event.record.caplen)};
		fwrite(out, 1, print_packet(p, &packet, out), stdout);
	} while (what != SAVEFILE_MORE && what != SAVEFILE_BAD);
	free(bytes);
}

int
main(int argc, char **argv)
{
	static struct print_flows flows;
	struct print_options options = {.is_nano = false};
	struct print p;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++)
		set_flag(&options, argv[i]);
	print_init(&p, &options, &flows);
	for (; i < argc; i++)
		print_file(&p, argv[i]);
	return 0;
}
