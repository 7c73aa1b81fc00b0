/*
 * Capture processes as they run: real packet sockets in a network of their own, libpcap,
 * the sandbox, and a client at the other end of a socket.
 */
#include "worker/capture/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "http/client.h"
#include "http/limits.h"
#include "pcap/savefile_reader.h"
#include "support/check.h"
#include "support/child.h"
#include "sys/log.h"
#include "sys/priv.h"

#define PATIENCE_MS 20000
#define PORT	    9999
#define OTHER_PORT  9998
#define QUERY	    "format=pcapng&linktype=sll2&direction=in&filter=udp+dst+port+9999"
#define SLL2_HEAD   20
#define UDP_AT	    (SLL2_HEAD + 20) /* behind an IPv4 header without options */

static struct config config = {.max_captures = 4,
			       .library = "libpcap",
			       .limits = {.ring_max = 64u << 20,
					  .snaplen_max = SAVEFILE_SNAPLEN_MAX,
					  .payload_max = CAPTURE_PAYLOAD_ALL}};
static struct request request;
static struct child child;
static int client = -1;
static bool has_network;

/* What the client has been sent so far. */
static struct told {
	struct http_client http;
	struct savefile_reader reader;
	uint8_t head_mem[HTTP_RESPONSE_HEAD_MAX];
	uint8_t packet[SAVEFILE_SNAPLEN_MAX];
	size_t packet_size;
	unsigned status;
	char content_type[64];
	char capture_id[64];
	bool has_ended; /* the last chunk */
	uint32_t n_interfaces;
	char interface[16]; /* of the last block */
	uint32_t linktype;
	uint64_t n_records;
	uint64_t n_other; /* not to PORT */
	uint32_t number;  /* in the last datagram; they grow */
	uint32_t n_unordered;
	uint64_t watermark_ns;
	uint32_t n_older; /* than a watermark before them */
	uint32_t n_statistics;
	struct savefile_statistics last; /* of interface 0 */
	char comment[SAVEFILE_COMMENT_MAX + 1];
} told;

static void
take_packet(void)
{
	uint32_t number;

	if (told.reader.is_ng && told.packet_size >= UDP_AT + 12 &&
	    bytes_be16(told.packet + UDP_AT + 2) == PORT) {
		number = bytes_be32(told.packet + UDP_AT + 8);
		told.n_unordered += number <= told.number;
		told.number = number;
	} else {
		told.n_other++;
	}
}

static void
take_piece(const struct savefile_out *out)
{
	memcpy(told.packet + told.packet_size, out->piece.p, out->piece.n);
	told.packet_size += out->piece.n;
	if (out->left == 0)
		take_packet();
}

static void
put_string(char *to, size_t size, struct span s)
{
	snprintf(to, size, "%.*s", (int)s.n, s.n > 0 ? (const char *)s.p : "");
}

static void
take_body(struct span in)
{
	struct savefile_out out;
	enum savefile_event event;

	while ((event = savefile_reader_feed(&told.reader, &in, &out)) != SAVEFILE_MORE) {
		assert_int_not_equal(event, SAVEFILE_BAD);
		if (event == SAVEFILE_INTERFACE) {
			told.n_interfaces++;
			told.linktype = out.interface.linktype;
			put_string(told.interface, sizeof(told.interface),
				   out.interface.name);
		} else if (event == SAVEFILE_RECORD) {
			told.n_records++;
			told.n_older += out.record.time_ns < told.watermark_ns;
			told.packet_size = 0;
			take_piece(&out);
		} else if (event == SAVEFILE_PIECE) {
			take_piece(&out);
		} else if (event == SAVEFILE_STATISTICS &&
			   out.statistics.interface_id == 0) {
			told.n_statistics++;
			told.last = out.statistics;
			told.watermark_ns = out.statistics.time_ns;
			put_string(told.comment, sizeof(told.comment),
				   out.statistics.comment);
		}
	}
}

static void
take_head(const struct http_response_head *head)
{
	struct span value;

	told.status = head->status;
	if (http_head_get(&head->fields, "Content-Type", &value))
		put_string(told.content_type, sizeof(told.content_type), value);
	if (http_head_get(&head->fields, "Ddump-Capture", &value))
		put_string(told.capture_id, sizeof(told.capture_id), value);
}

static void
take(struct span in)
{
	struct http_response_head head;
	struct span data;
	enum http_client_event event;

	while ((event = http_client_feed(&told.http, &in, &head, &data)) !=
	       HTTP_CLIENT_MORE) {
		assert_int_not_equal(event, HTTP_CLIENT_BAD);
		if (event == HTTP_CLIENT_HEAD_DONE)
			take_head(&head);
		if (event == HTTP_CLIENT_DATA)
			take_body(data);
		if (event == HTTP_CLIENT_END) {
			told.has_ended = true;
			return;
		}
	}
}

/* One read; false: the stream is over. */
static bool
hear_some(void)
{
	static uint8_t mem[65536];
	struct pollfd p = {.fd = client, .events = POLLIN};
	ssize_t n;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	n = read(client, mem, sizeof(mem));
	assert_true(n >= 0);
	take(span_of(mem, (size_t)n));
	return n > 0;
}

static void
hear_all(void)
{
	while (hear_some())
		continue;
	assert_int_equal(told.reader.format == SAVEFILE_FAILED, 0);
}

static struct slot *
slot(void)
{
	return &config.slots->slot[0];
}

static int
run_capture(void *fd)
{
	if (priv_become_launcher() < 0) /* whose child it is */
		return 1;
	capture_process_run(&config, &request, *(int *)fd);
	return 0;
}

static void
prepare(const char *query)
{
	char mem[256];
	struct text why;

	if (!has_network)
		skip();
	text_init(&why, mem, sizeof(mem) - 1);
	request_init(&request, &config.limits);
	assert_true(request_parse_query(&request, span_str(query), &config.limits, &why));
	assert_true(request_check(&request, &why));
	request.is_chunked = true;
	request.peer.sa.ss_family = AF_UNIX;
	request.peer.size = sizeof(sa_family_t);
	request.local = request.listener = request.peer;
	memset(slot(), 0, sizeof(*slot()));
	slot()->state = SLOT_ASKED;
	memset(&told, 0, sizeof(told));
	http_client_init(&told.http, told.head_mem, sizeof(told.head_mem));
	savefile_reader_init(&told.reader);
}

/* Runs the capture until it has failed, captures, or is gone. */
static void
start_prepared(void)
{
	struct pollfd p = {.fd = config.bell, .events = POLLIN};
	int buffer = 16384;
	uint64_t rings;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	client = fds[1];
	child_start(&child, run_capture, &fds[0]);
	close(fds[0]);
	while (slot()->state < SLOT_COMMITTED && kill(child.pid, 0) == 0)
		if (poll(&p, 1, 50) == 1)
			assert_int_equal(read(config.bell, &rings, sizeof(rings)), 8);
}

static void
start(const char *query)
{
	prepare(query);
	start_prepared();
	assert_string_equal(slot()->why, "");
	assert_int_equal(slot()->state, SLOT_COMMITTED);
}

/* The guardian holds the client's end, too: a close would not be seen. */
static void
leave(void)
{
	shutdown(client, SHUT_RDWR);
	close(client);
	client = -1;
}

/* The rest of the stream, and an end without a fault. */
static void
finish(enum slot_end end)
{
	hear_all();
	leave();
	assert_int_equal(child_wait(&child), 0);
	assert_int_equal(slot()->end, end);
	assert_int_equal(slot()->is_counted, 1);
	assert_int_equal(slot()->broken_watermarks, 0);
	assert_true(told.has_ended);
	assert_int_equal(told.n_unordered, 0);
	assert_int_equal(told.n_older, 0);
	assert_int_equal(told.n_records, slot()->packets);
}

/* Numbered datagrams. */
static void
send_datagrams(uint16_t port, uint32_t first, uint32_t n, size_t size)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	uint8_t mem[4096] = {0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (uint32_t i = first; i < first + n; i++) {
		bytes_put_be32(mem, i);
		assert_int_equal(
		    sendto(fd, mem, size, 0, (struct sockaddr *)&to, sizeof(to)), size);
	}
	close(fd);
}

static void
count_packets_are_sent_and_the_stream_says_so(void **state)
{
	(void)state;
	start(QUERY "&count=5");
	send_datagrams(OTHER_PORT, 1, 3, 100);
	send_datagrams(PORT, 1, 9, 100);
	finish(SLOT_END_COUNT);
	assert_int_equal(told.status, 200);
	assert_string_equal(told.content_type, "application/x-pcapng");
	assert_int_equal(told.n_records, 5);
	assert_int_equal(told.n_other, 0);
	assert_int_equal(told.number, 5);
	assert_string_equal(told.comment, "count: count reached");
	assert_int_equal(told.last.usrdeliv, 5);
	assert_int_equal(told.last.accept, 5);
	assert_int_equal(slot()->offered, 5);
	assert_int_equal(slot()->dropped, 0);
}

static void
each_interface_has_its_block_before_its_first_packet(void **state)
{
	(void)state;
	start(QUERY "&count=1");
	send_datagrams(PORT, 1, 1, 100);
	finish(SLOT_END_COUNT);
	assert_int_equal(told.n_interfaces, 2);
	assert_string_equal(told.interface, "lo");
	assert_int_equal(told.linktype, SAVEFILE_LINKTYPE_SLL2);
}

static void
what_was_captured_before_a_stop_is_sent(void **state)
{
	(void)state;
	start(QUERY);
	send_datagrams(PORT, 1, 40, 200);
	kill(child.pid, SLOTS_STOP);
	finish(SLOT_END_STOPPED);
	assert_int_equal(told.n_records, 40);
	assert_string_equal(told.comment, "stopped: stopped by its client");
	assert_int_equal(slot()->offered, 40);
}

static void
the_end_of_the_worker_ends_a_capture_in_order(void **state)
{
	(void)state;
	start(QUERY);
	send_datagrams(PORT, 1, 7, 200);
	kill(child.pid, SIGTERM);
	finish(SLOT_END_SHUTDOWN);
	assert_int_equal(told.n_records, 7);
	assert_string_equal(told.comment, "shutdown: worker stopped");
}

static void
a_duration_ends_a_capture_and_the_operators_is_named(void **state)
{
	(void)state;
	start(QUERY "&duration=0.2");
	finish(SLOT_END_DURATION);
	assert_string_equal(told.comment, "duration: duration reached");
	config.limits.duration_max_ns = 200000000;
	start(QUERY "&duration=50");
	finish(SLOT_END_LIMIT);
	assert_string_equal(told.comment, "limit: -max-duration reached, 0.2 s");
	config.limits.duration_max_ns = 0;
}

static void
a_silent_capture_sends_watermarks_that_rise(void **state)
{
	uint64_t first_ns;

	(void)state;
	start(QUERY "&heartbeat=10");
	while (told.n_statistics < 2)
		hear_some();
	first_ns = told.watermark_ns;
	while (told.n_statistics < 6)
		hear_some();
	assert_true(told.watermark_ns > first_ns);
	kill(child.pid, SLOTS_STOP);
	finish(SLOT_END_STOPPED);
}

static void
a_client_that_leaves_ends_its_capture_and_all_is_counted(void **state)
{
	(void)state;
	start(QUERY);
	send_datagrams(PORT, 1, 20, 200);
	leave();
	assert_int_equal(child_wait(&child), 0);
	assert_int_equal(slot()->end, SLOT_END_CLIENT);
	assert_int_equal(slot()->is_counted, 1);
	assert_int_equal(slot()->packets + slot()->dropped, slot()->offered);
	assert_int_equal(slot()->offered, 20);
}

static void
what_a_client_sends_behind_its_request_is_read_away(void **state)
{
	(void)state;
	start(QUERY);
	assert_int_equal(write(client, "GET / HTTP/1.1\r\n\r\n", 18), 18);
	send_datagrams(PORT, 1, 3, 200);
	while (told.n_records < 3)
		hear_some();
	kill(child.pid, SLOTS_STOP);
	finish(SLOT_END_STOPPED);
}

/* More than ring, queue and socket hold together. */
#define FLOOD 4000u

static void
what_a_client_does_not_take_is_dropped_and_every_packet_is_counted(void **state)
{
	(void)state;
	start(QUERY "&buffer=512");
	send_datagrams(PORT, 1, FLOOD, 1400);
	kill(child.pid, SLOTS_STOP);
	finish(SLOT_END_STOPPED);
	assert_int_equal(slot()->offered, FLOOD);
	assert_int_equal(slot()->packets + slot()->dropped, FLOOD);
	assert_true(slot()->dropped > 0);
	assert_true(slot()->stalled_ns > 0);
	assert_int_equal(told.last.osdrop, slot()->dropped);
	assert_int_equal(told.last.ifrecv, FLOOD);
	assert_int_equal(told.last.usrdeliv, told.n_records);
	assert_int_equal(told.last.accept, FLOOD);
}

static void
a_client_that_never_takes_the_end_is_given_up(void **state)
{
	(void)state;
	start(QUERY "&buffer=512");
	send_datagrams(PORT, 1, FLOOD, 1400);
	kill(child.pid, SLOTS_STOP);
	assert_int_equal(child_wait(&child), 0);
	assert_int_equal(slot()->end, SLOT_END_STOPPED);
	assert_int_equal(slot()->offered, FLOOD);
	assert_int_equal(slot()->packets + slot()->dropped, FLOOD);
	leave();
}

static void
a_packet_is_cut_to_the_snaplen_and_the_operators_filter_holds(void **state)
{
	(void)state;
	config.excludes[0] = "udp dst port 9998";
	config.n_excludes = 1;
	start("format=pcap&linktype=native&interface=lo&snaplen=60&count=2&filter=udp");
	assert_int_equal(slot()->state, SLOT_COMMITTED);
	send_datagrams(OTHER_PORT, 1, 1, 100);
	send_datagrams(PORT, 1, 1, 100);
	send_datagrams(PORT, 2, 1, 100);
	finish(SLOT_END_COUNT);
	config.n_excludes = 0;
	assert_string_equal(told.content_type, "application/vnd.tcpdump.pcap");
	assert_int_equal(told.linktype, SAVEFILE_LINKTYPE_ETHERNET);
	assert_int_equal(told.packet_size, 60);
	assert_int_equal(bytes_be16(told.packet + 14 + 20 + 2), PORT);
}

static void
the_id_of_a_capture_is_told_to_its_client(void **state)
{
	(void)state;
	prepare(QUERY "&count=1");
	request.has_id = true;
	memset(request.id, 0xa5, sizeof(request.id));
	start_prepared();
	send_datagrams(PORT, 1, 1, 100);
	finish(SLOT_END_COUNT);
	assert_string_equal(told.capture_id, "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5");
}

static void
interfaces_that_go_or_come_back_end_a_capture_by_name(void **state)
{
	static const struct {
		const char *query;
		const char *change;
		const char *comment;
	} rows[] = {
	    {"format=pcapng&interface=v0", "ip link del v0",
	     "interface: interface gone, v0"},
	    {"format=pcapng&interface=v0,lo",
	     "ip link del v0; ip link add v0 type veth peer name v1",
	     "interface: interface new, v0"},
	    {"format=pcapng&interface=v0&linktype=native", "ip link del v0",
	     "interface: interface gone, v0"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		if (!has_network || system("ip link add v0 type veth peer name v1 && "
					   "ip link set v0 up") != 0)
			skip();
		start(rows[i].query);
		assert_int_equal(system(rows[i].change), 0);
		finish(SLOT_END_INTERFACE);
		assert_string_equal(told.comment, rows[i].comment);
		if (system("ip link del v0 2>/dev/null") != 0)
			continue; /* gone already */
	}
}

static void
what_cannot_be_captured_is_answered_with_its_cause_and_a_way_out(void **state)
{
	static const struct {
		int line;
		const char *query;
		unsigned status;
		const char *why; /* part of it */
	} rows[] = {
	    {__LINE__, "filter=host+www.example.com", 400,
	     "names are not looked up here"},
	    {__LINE__, "filter=port+nosuchport", 400, "give the port's number"},
	    {__LINE__, "filter=tcp+and+and", 400, "pcap-filter(7)"},
	    {__LINE__, "filter=ether+multicast", 400, "linktype=native"},
	    {__LINE__, "filter=vlan+4096", 400, "a VLAN's number is 0 to 4095"},
	    {__LINE__, "filter=tcp+or+vlan+5", 400,
	     "vlan has to be the first or the last"},
	    {__LINE__, "filter=ip+protochain+6", 400, "needs a loop"},
	    {__LINE__, "interface=nosuch0", 400, "no interface is named nosuch0"},
	    {__LINE__, "interface=nosuch0&linktype=native", 400, "is named nosuch0"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].query);

		prepare(rows[i].query);
		start_prepared();
		leave();
		check_u64(__FILE__, rows[i].line, in, (uint64_t)child_wait(&child), 0,
			  "exit");
		check_u64(__FILE__, rows[i].line, in, slot()->state, SLOT_FAILED,
			  "state");
		check_u64(__FILE__, rows[i].line, in, slot()->status, rows[i].status,
			  "status");
		check_u64(__FILE__, rows[i].line, in, slot()->problem,
			  strstr(rows[i].query, "interface") ? SLOT_PROBLEM_NO_INTERFACE
							     : SLOT_PROBLEM_NONE,
			  "problem");
		check_true(__FILE__, rows[i].line, in,
			   strstr(slot()->why, rows[i].why) != NULL, slot()->why);
	}
}

static void
a_vlan_in_front_of_a_filter_is_taken_from_the_kernel(void **state)
{
	(void)state;
	start("format=pcapng&linktype=sll2&duration=0.1&filter=vlan+5+and+udp");
	send_datagrams(PORT, 1, 3, 100);
	finish(SLOT_END_DURATION);
	assert_int_equal(told.n_records, 0);
}

static void
a_filter_that_is_too_large_is_refused_or_killed_in_time(void **state)
{
	static char query[REQUEST_FILTER_MAX + 16] = "filter=port+1";
	int status;

	(void)state;
	while (strlen(query) < REQUEST_FILTER_MAX - 20)
		strcat(query, "+or+port+1");
	prepare(query);
	start_prepared();
	leave();
	status = child_wait(&child);
	if (status != 0) {
		assert_true(status == 128 + SIGXCPU || status == 128 + SIGALRM ||
			    status == 128 + SIGSEGV);
		assert_int_equal(slot()->state, SLOT_COMPILING);
		return;
	}
	assert_int_equal(slot()->status, 400);
	assert_non_null(strstr(slot()->why, "too complex"));
}

static void
an_operators_filter_that_is_bad_is_no_fault_of_the_client(void **state)
{
	(void)state;
	config.excludes[0] = "nonsense here";
	config.n_excludes = 1;
	prepare(QUERY);
	start_prepared();
	config.n_excludes = 0;
	leave();
	assert_int_equal(child_wait(&child), 0);
	assert_int_equal(slot()->status, 500);
	assert_non_null(strstr(slot()->why, "(in the operator's -exclude filter)"));
}

static void
absent_interfaces_of_the_operators_list_do_not_matter_unless_all_are(void **state)
{
	(void)state;
	prepare("format=pcapng&duration=0.1&interface=nosuch0,lo");
	request.has_implied_interfaces = true;
	start_prepared();
	assert_int_equal(slot()->state, SLOT_COMMITTED);
	finish(SLOT_END_DURATION);
	prepare("interface=nosuch0,nosuch1");
	request.has_implied_interfaces = true;
	start_prepared();
	leave();
	assert_int_equal(child_wait(&child), 0);
	assert_string_equal(slot()->why, "none of the interfaces of -interfaces exists");
}

static void
a_validation_ends_behind_the_compiler_and_sends_nothing(void **state)
{
	char byte;

	(void)state;
	prepare(QUERY);
	request.is_validation = true;
	start_prepared();
	assert_int_equal(child_wait(&child), 0);
	assert_int_equal(slot()->state, SLOT_FAILED);
	assert_int_equal(slot()->end, SLOT_END_VALIDATED);
	assert_int_equal(slot()->status, 200);
	assert_int_equal(read(client, &byte, 1), 0);
	leave();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(count_packets_are_sent_and_the_stream_says_so),
	    cmocka_unit_test(each_interface_has_its_block_before_its_first_packet),
	    cmocka_unit_test(what_was_captured_before_a_stop_is_sent),
	    cmocka_unit_test(the_end_of_the_worker_ends_a_capture_in_order),
	    cmocka_unit_test(a_duration_ends_a_capture_and_the_operators_is_named),
	    cmocka_unit_test(a_silent_capture_sends_watermarks_that_rise),
	    cmocka_unit_test(a_client_that_leaves_ends_its_capture_and_all_is_counted),
	    cmocka_unit_test(what_a_client_sends_behind_its_request_is_read_away),
	    cmocka_unit_test(
		what_a_client_does_not_take_is_dropped_and_every_packet_is_counted),
	    cmocka_unit_test(a_client_that_never_takes_the_end_is_given_up),
	    cmocka_unit_test(
		a_packet_is_cut_to_the_snaplen_and_the_operators_filter_holds),
	    cmocka_unit_test(the_id_of_a_capture_is_told_to_its_client),
	    cmocka_unit_test(interfaces_that_go_or_come_back_end_a_capture_by_name),
	    cmocka_unit_test(
		what_cannot_be_captured_is_answered_with_its_cause_and_a_way_out),
	    cmocka_unit_test(a_vlan_in_front_of_a_filter_is_taken_from_the_kernel),
	    cmocka_unit_test(a_filter_that_is_too_large_is_refused_or_killed_in_time),
	    cmocka_unit_test(an_operators_filter_that_is_bad_is_no_fault_of_the_client),
	    cmocka_unit_test(
		absent_interfaces_of_the_operators_list_do_not_matter_unless_all_are),
	    cmocka_unit_test(a_validation_ends_behind_the_compiler_and_sends_nothing),
	};

	log_init("process_test", LOG_ERROR);
	has_network = child_enter_network();
	config.slots = slots_new(&config.bell);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
