/* The columns of a line, and the numbers of a flow. */
#include "print/print.h"

#include <stdlib.h>
#include <string.h>

#include "print/rows.h"

#define UDP                        \
	"4500001c0001000040110000" \
	"0a000001"                 \
	"0a000002"                 \
	"00030004"                 \
	"00080000"
#define SLL            \
	"0001"         \
	"0006"         \
	"020000000001" \
	"0000"         \
	"0800"

static uint8_t out[PRINT_MAX];

static struct span
print(struct print *p, struct print_packet *packet, const char *image)
{
	static uint8_t mem[ROWS_PACKET_MAX];

	packet->data = span_of(mem, image_make(image, mem, sizeof(mem)));
	packet->origlen = (uint32_t)packet->data.n;
	return span_of(out, print_packet(p, packet, out));
}

static void
check(int line, struct span got, const char *want)
{
	check_span(__FILE__, line, span_str(want), got, span_str(want), want);
}

static void
columns_are_time_name_and_direction(void **state)
{
	static const struct {
		int line;
		const char *name, *color;
		uint8_t width;
		uint32_t linktype;
		const char *packet, *want;
	} rows[] = {
	    {__LINE__, "db1/eth0", NULL, 0, SAVEFILE_LINKTYPE_SLL, "0000 " SLL " " UDP,
	     "00:00:01.000000 db1/eth0  In  IP 10.0.0.1.3 > 10.0.0.2.4: UDP, length 0\n"},
	    {__LINE__, "db1", NULL, 5, SAVEFILE_LINKTYPE_SLL, "0004 " SLL " " UDP,
	     "00:00:01.000000 db1    Out IP 10.0.0.1.3 > 10.0.0.2.4: UDP, length 0\n"},
	    {__LINE__, "", NULL, 0, SAVEFILE_LINKTYPE_SLL2,
	     "0800 0000 00000002 0001 01 06 0200000000010000 " UDP,
	     "00:00:01.000000 B   IP 10.0.0.1.3 > 10.0.0.2.4: UDP, length 0\n"},
	    {__LINE__, "a\x1b[31m", NULL, 0, SAVEFILE_LINKTYPE_RAW, UDP,
	     "00:00:01.000000 a^[[31m  IP 10.0.0.1.3 > 10.0.0.2.4: UDP, length 0\n"},
	    {__LINE__, "db1", "\033[32m", 5, SAVEFILE_LINKTYPE_RAW, UDP,
	     "00:00:01.000000 \033[32mdb1\033[m    IP 10.0.0.1.3 > 10.0.0.2.4: UDP, length 0\n"},
	    {__LINE__, "db1", NULL, 0, 147, "00",
	     "00:00:01.000000 db1  link type 147, length 1\n"},
	};
	struct print_options options = {.time = PRINT_TIME_CLOCK};
	struct print p;

	(void)state;
	print_init(&p, &options, NULL);
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct print_packet packet = {.time_ns = 1000000000,
					      .name = span_str(rows[i].name),
					      .color = rows[i].color,
					      .name_width = rows[i].width,
					      .linktype = rows[i].linktype};

		check(rows[i].line, print(&p, &packet, rows[i].packet), rows[i].want);
	}
}

#define TCP(from, to, ports, numbers, flags)               \
	"4500002800010000"                                 \
	"40060000" from to ports numbers "50" flags "0064" \
	"00000000"
#define CLIENT(numbers, flags) TCP("0a000001", "0a000002", "00030004", numbers, flags)
#define SERVER(numbers, flags) TCP("0a000002", "0a000001", "00040003", numbers, flags)

/* Behind a handshake, in the middle of a flow, and with wrapped numbers. */
static void
numbers_are_relative_to_the_flow_of_one_host(void **state)
{
	static const struct {
		int line;
		uint32_t source;
		const char *packet, *want;
	} rows[] = {
	    {__LINE__, 0,
	     CLIENT("fffffffe"
		    "00000000",
		    "02"),
	     "IP 10.0.0.1.3 > 10.0.0.2.4: Flags [S], seq 4294967294, win 100, length 0\n"},
	    {__LINE__, 0,
	     SERVER("00000064"
		    "ffffffff",
		    "12"),
	     "IP 10.0.0.2.4 > 10.0.0.1.3: Flags [S.], seq 100, ack 4294967295, win 100, length "
	     "0\n"},
	    {__LINE__, 0,
	     CLIENT("ffffffff"
		    "00000065",
		    "10"),
	     "IP 10.0.0.1.3 > 10.0.0.2.4: Flags [.], ack 1, win 100, length 0\n"},
	    {__LINE__, 0,
	     SERVER("00000065"
		    "00000004",
		    "11"),
	     "IP 10.0.0.2.4 > 10.0.0.1.3: Flags [F.], seq 1, ack 6, win 100, length 0\n"},
	    {__LINE__, 1,
	     SERVER("00000065"
		    "00000004",
		    "11"),
	     "IP 10.0.0.2.4 > 10.0.0.1.3: Flags [F.], seq 101, ack 4, win 100, length 0\n"},
	    {__LINE__, 1,
	     CLIENT("00000004"
		    "00000066",
		    "10"),
	     "IP 10.0.0.1.3 > 10.0.0.2.4: Flags [.], ack 1, win 100, length 0\n"},
	};
	struct print_options options = {.time = PRINT_TIME_NONE};
	struct print_flows *flows = calloc(1, sizeof(*flows));
	struct print_packet packet = {.linktype = SAVEFILE_LINKTYPE_RAW};
	struct print p;

	(void)state;
	print_init(&p, &options, flows);
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		packet.source = rows[i].source;
		check(rows[i].line, print(&p, &packet, rows[i].packet), rows[i].want);
	}
	p.options.is_absolute = true;
	check(__LINE__, print(&p, &packet, rows[2].packet),
	      "IP 10.0.0.1.3 > 10.0.0.2.4: Flags [.], ack 101, win 100, length 0\n");
	free(flows);
}

static void
dumps_follow_the_line_and_no_header_is_in_them_unless_asked_for(void **state)
{
	struct print_options options = {.time = PRINT_TIME_NONE, .dump = PRINT_DUMP_HEX};
	struct print_packet packet = {.linktype = SAVEFILE_LINKTYPE_ETHERNET};
	struct print p;

	(void)state;
	print_init(&p, &options, NULL);
	check(__LINE__, print(&p, &packet, "020000000001020000000002 1234 abcd"),
	      "proto 0x1234, length 2\n\t0x0000:  abcd\n");
	p.options.dumps_link = true;
	check(
	    __LINE__, print(&p, &packet, "020000000001020000000002 1234 abcd"),
	    "proto 0x1234, length 2\n\t0x0000:  0200 0000 0001 0200 0000 0002 1234 abcd\n");
	p.options.has_link = true;
	p.options.dump = PRINT_DUMP_NONE;
	check(
	    __LINE__, print(&p, &packet, "020000000001020000000002 0800 " UDP),
	    "02:00:00:00:00:02 > 02:00:00:00:00:01, ethertype IPv4 (0x0800), length 42: "
	    "10.0.0.1.3 > 10.0.0.2.4: UDP, length 0\n");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_are_time_name_and_direction),
	    cmocka_unit_test(numbers_are_relative_to_the_flow_of_one_host),
	    cmocka_unit_test(
		dumps_follow_the_line_and_no_header_is_in_them_unless_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
