/*
 * The front as it runs: its own process without rights, clients over TCP in a network of
 * their own, and the launcher at the other end of a socket.
 */
#include "worker/front/front.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/client.h"
#include "http/limits.h"
#include "support/check.h"
#include "support/child.h"
#include "sys/log.h"
#include "worker/common/messages.h"

#define PATIENCE_MS 20000
#define HOST	    " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

static struct config config = {.max_captures = 2,
			       .max_connections = 3,
			       .library = "libpcap",
			       .limits = {.ring_max = 64u << 20,
					  .snaplen_max = SAVEFILE_SNAPLEN_MAX,
					  .payload_max = CAPTURE_PAYLOAD_ALL}};
static struct child child;
static int launcher; /* the launcher's end, and the front's */
static bool has_network;

static int
run_front(void *arg)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* by the launcher, whose child it is */
	return front_run(&config, *(const int *)arg, -1, true);
}

static int
set_up(void **state)
{
	int fds[2];

	(void)state;
	if (!has_network)
		return 0;
	memset(config.slots, 0, sizeof(*config.slots));
	net_parse_listen(span_str("127.0.0.1:0"), &config.listener);
	config.listen_fd = net_listen(&config.listener, 0);
	if (config.listen_fd < 0 || net_local(config.listen_fd, &config.listener) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0)
		return -1;
	launcher = fds[1];
	child_start(&child, run_front, &fds[0]);
	close(fds[0]);
	close(config.listen_fd);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (!has_network)
		return 0;
	close(launcher);
	return 0;
}

static int
connect_front(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(
	    connect(fd, (struct sockaddr *)&config.listener.sa, config.listener.size), 0);
	return fd;
}

static bool
wait_for(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, PATIENCE_MS) == 1;
}

static char body[65536];

/* The status of the next answer, whose body is in `body`; 0: the connection ended. */
static unsigned
hear(int fd)
{
	static uint8_t mem[HTTP_RESPONSE_HEAD_MAX];
	static uint8_t bytes[65536];
	struct http_client c;
	struct http_response_head head;
	unsigned status = 0;
	size_t size = 0;

	http_client_init(&c, mem, sizeof(mem));
	for (;;) {
		struct span in;
		struct span data;
		enum http_client_event event;
		ssize_t n;

		assert_true(wait_for(fd));
		n = read(fd, bytes, sizeof(bytes));
		if (n <= 0)
			return 0;
		in = span_of(bytes, (size_t)n);
		while ((event = http_client_feed(&c, &in, &head, &data)) !=
		       HTTP_CLIENT_MORE) {
			assert_int_not_equal(event, HTTP_CLIENT_BAD);
			if (event == HTTP_CLIENT_HEAD_DONE)
				status = head.status;
			if (event == HTTP_CLIENT_DATA) {
				memcpy(body + size, data.p, data.n);
				size += data.n;
			}
			body[size] = '\0';
			if (event == HTTP_CLIENT_END)
				return status;
		}
	}
}

static void
say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static unsigned
ask(int fd, const char *text)
{
	say(fd, text);
	return hear(fd);
}

static struct request request;

/* The launcher's next message; *fd is the client's socket, or -1. Its size. */
static ssize_t
next_message(int *fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = &request, .iov_len = sizeof(request)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	ssize_t n;

	assert_true(wait_for(launcher));
	n = recvmsg(launcher, &m, 0);
	*fd = -1;
	if (CMSG_FIRSTHDR(&m))
		memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	return n;
}

static void
expect_request(int *fd)
{
	assert_int_equal(next_message(fd), sizeof(struct request));
	assert_true(*fd >= 0);
}

static struct slot *
slot_of_request(void)
{
	return &config.slots->slot[request.slot];
}

/* The process of the request is over. */
static void
exit_slot(struct slot *s)
{
	s->has_exited = 1;
	slots_ring(config.bell);
}

static int
stop(void)
{
	kill(child.pid, SIGTERM);
	return child_wait(&child);
}

static void
one_connection_has_many_answers(void **state)
{
	int fd;

	(void)state;
	if (!has_network)
		skip();
	fd = connect_front();
	assert_int_equal(ask(fd, "GET /healthz" HOST), 200);
	assert_string_equal(body, "ok\n");
	assert_int_equal(ask(fd, "GET /interfaces" HOST), 200);
	assert_non_null(strstr(body, "\"name\":\"lo\""));
	assert_int_equal(ask(fd, "GET /metrics" HOST), 200);
	assert_non_null(strstr(body, "ddump_connections_open 1\n"));
	assert_int_equal(ask(fd, "GET /nothing" HOST), 404);
	assert_int_equal(ask(fd, "GET /captures" HOST), 200);
	assert_int_equal(ask(fd, "BAD\r\n\r\n"), 400);
	assert_int_equal(hear(fd), 0);
	close(fd);
	assert_int_equal(stop(), 0);
}

static void
a_capture_gets_the_clients_socket_and_the_front_lets_go_of_it(void **state)
{
	struct net_address own;
	char mem[8] = "";
	int passed;
	int fd;

	(void)state;
	if (!has_network)
		skip();
	fd = connect_front();
	say(fd, "GET /capture?filter=icmp&count=3" HOST);
	expect_request(&passed);
	assert_string_equal(request.filter, "icmp");
	assert_int_equal(request.count, 3);
	assert_int_equal(net_local(fd, &own), 0);
	assert_int_equal(net_port(&request.peer), net_port(&own));
	assert_int_equal(net_port(&request.local), net_port(&config.listener));
	slot_of_request()->state = SLOT_COMMITTED;
	slots_ring(config.bell);
	say(passed, "packets");
	assert_true(wait_for(fd));
	assert_int_equal(read(fd, mem, sizeof(mem)), 7);
	assert_string_equal(mem, "packets");
	close(passed);
	assert_true(wait_for(fd)); /* the front has none of it left */
	assert_int_equal(read(fd, mem, sizeof(mem)), 0);
	exit_slot(slot_of_request());
	close(fd);
	assert_int_equal(stop(), 0);
}

static void
a_capture_that_fails_is_answered_by_the_front(void **state)
{
	int passed;
	int fd;

	(void)state;
	if (!has_network)
		skip();
	fd = connect_front();
	say(fd, "GET /capture?filter=nonsense" HOST);
	expect_request(&passed);
	close(passed);
	strcpy(slot_of_request()->why, "because");
	slot_of_request()->status = 400;
	slot_of_request()->end = SLOT_END_FAILED;
	slot_of_request()->state = SLOT_FAILED;
	exit_slot(slot_of_request());
	assert_int_equal(hear(fd), 400);
	assert_non_null(strstr(body, "because"));
	assert_int_equal(hear(fd), 0);
	close(fd);
	assert_int_equal(stop(), 0);
}

static void
a_validation_too_many_waits_until_one_has_ended(void **state)
{
	int passed[3];
	int fd[3];

	(void)state;
	if (!has_network)
		skip();
	for (int i = 0; i < 3; i++) {
		fd[i] = connect_front();
		say(fd[i], "GET /validate?filter=icmp" HOST);
		if (i < SLOTS_VALIDATIONS_MAX)
			expect_request(&passed[i]);
	}
	slot_of_request()->status = 200;
	slot_of_request()->end = SLOT_END_VALIDATED;
	slot_of_request()->state = SLOT_FAILED;
	exit_slot(slot_of_request());
	assert_int_equal(hear(fd[1]), 200);
	expect_request(&passed[2]);
	assert_true(request.is_validation);
	for (int i = 0; i < 3; i++) {
		close(passed[i]);
		exit_slot(&config.slots->slot[i]);
	}
	assert_int_equal(hear(fd[0]), 500); /* its process died without a word */
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	assert_int_equal(stop(), 0);
}

static void
a_stopped_captures_counts_come_when_they_are_final(void **state)
{
	char line[256] = "GET /captures/";
	struct slot *s;
	int passed;
	int none;
	int fd;

	(void)state;
	if (!has_network)
		skip();
	fd = connect_front();
	say(fd, "GET /capture" HOST);
	expect_request(&passed);
	s = slot_of_request();
	assert_true(request.has_id);
	for (size_t i = 0; i < REQUEST_ID_SIZE; i++)
		sprintf(line + strlen(line), "%02x", request.id[i]);
	strcat(line, "?stop=1" HOST);
	s->state = SLOT_COMMITTED;
	slots_ring(config.bell);
	close(fd);
	fd = connect_front();
	say(fd, line);
	assert_int_equal(next_message(&none), sizeof(struct message_stop));
	s->packets = s->offered = 12;
	s->end = SLOT_END_STOPPED;
	s->is_counted = 1;
	slots_ring(config.bell);
	assert_int_equal(hear(fd), 200);
	assert_non_null(strstr(body, "\"exact\""));
	assert_non_null(strstr(body, "\"captured\":12"));
	close(passed);
	exit_slot(s);
	close(fd);
	assert_int_equal(stop(), 0);
}

static void
captures_beyond_the_limit_get_503(void **state)
{
	int passed;
	int fd[3];

	(void)state;
	if (!has_network)
		skip();
	for (int i = 0; i < 2; i++) {
		fd[i] = connect_front();
		say(fd[i], "GET /capture" HOST);
		expect_request(&passed);
		close(passed);
	}
	fd[2] = connect_front();
	assert_int_equal(ask(fd[2], "GET /capture" HOST), 503);
	for (int i = 0; i < 3; i++) {
		exit_slot(&config.slots->slot[i]);
		close(fd[i]);
	}
	assert_int_equal(stop(), 0);
}

/* max_connections is 3: the oldest of those that idle makes room. */
static void
a_newcomer_takes_the_place_of_the_oldest_that_idles(void **state)
{
	int fd[4];

	(void)state;
	if (!has_network)
		skip();
	for (int i = 0; i < 4; i++) {
		fd[i] = connect_front();
		assert_int_equal(ask(fd[i], "GET /clock" HOST), 200);
	}
	assert_int_equal(hear(fd[0]), 0);
	for (int i = 1; i < 4; i++)
		assert_int_equal(ask(fd[i], "GET /clock" HOST), 200);
	for (int i = 0; i < 4; i++)
		close(fd[i]);
	assert_int_equal(stop(), 0);
}

static void
who_finds_no_place_is_told_so_and_the_reserve_answers_counts_only(void **state)
{
	int fd[3 + FRONT_RESERVE + 1];
	int passed;

	(void)state;
	if (!has_network)
		skip();
	for (int i = 0; i < 3; i++) { /* they owe nothing: they wait for an answer */
		fd[i] = connect_front();
		say(fd[i], i == 0 ? "GET /capture" HOST : "GET /validate" HOST);
		expect_request(&passed);
		close(passed);
	}
	for (int i = 3; i < 3 + FRONT_RESERVE; i++)
		fd[i] = connect_front();
	assert_int_equal(ask(fd[3], "GET /clock" HOST), 503);
	assert_int_equal(
	    ask(fd[4], "GET /captures/000102030405060708090a0b0c0d0eff" HOST), 404);
	for (int i = 0; i < 3; i++)
		exit_slot(&config.slots->slot[i]);
	for (int i = 0; i < 3; i++)
		assert_int_equal(hear(fd[i]), 500);
	for (int i = 0; i < 3 + FRONT_RESERVE; i++)
		close(fd[i]);
	assert_int_equal(stop(), 0);
}

static void
an_answer_under_way_is_still_sent_when_the_worker_stops(void **state)
{
	int passed;
	int fd;
	int idle;

	(void)state;
	if (!has_network)
		skip();
	idle = connect_front();
	assert_int_equal(ask(idle, "GET /clock" HOST), 200);
	fd = connect_front();
	say(fd, "GET /capture" HOST);
	expect_request(&passed);
	close(passed);
	kill(child.pid, SIGTERM);
	assert_int_equal(hear(idle), 0); /* it has seen the signal */
	slot_of_request()->status = 503;
	slot_of_request()->state = SLOT_FAILED;
	exit_slot(slot_of_request());
	assert_int_equal(hear(fd), 503);
	close(fd);
	close(idle);
	assert_int_equal(child_wait(&child), 0);
}

static void
without_its_launcher_the_front_ends_with_1(void **state)
{
	(void)state;
	if (!has_network)
		skip();
	shutdown(launcher, SHUT_RDWR); /* the guardian holds this end, too */
	assert_int_equal(child_wait(&child), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_connection_has_many_answers),
	    TEST(a_capture_gets_the_clients_socket_and_the_front_lets_go_of_it),
	    TEST(a_capture_that_fails_is_answered_by_the_front),
	    TEST(a_validation_too_many_waits_until_one_has_ended),
	    TEST(a_stopped_captures_counts_come_when_they_are_final),
	    TEST(captures_beyond_the_limit_get_503),
	    TEST(a_newcomer_takes_the_place_of_the_oldest_that_idles),
	    TEST(who_finds_no_place_is_told_so_and_the_reserve_answers_counts_only),
	    TEST(an_answer_under_way_is_still_sent_when_the_worker_stops),
	    TEST(without_its_launcher_the_front_ends_with_1),
	};

	log_init("front_test", LOG_ERROR);
	has_network = child_enter_network();
	config.slots = slots_new(&config.bell);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
