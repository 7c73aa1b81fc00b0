/*
 * The launcher as it runs, with real capture processes in a network of their own. Its front
 * is a puppet: it passes on whatever the test says, as one that is not what it was could.
 */
#include "worker/launcher/launcher.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"
#include "support/child.h"
#include "sys/log.h"
#include "worker/common/messages.h"
#include "worker/front/front.h"

#define PATIENCE_MS 20000
#define LARGE	    (sizeof(struct request) + 8)

static struct config config = {.max_captures = 2,
			       .library = "libpcap",
			       .limits = {.ring_max = 64u << 20,
					  .snaplen_max = SAVEFILE_SNAPLEN_MAX,
					  .payload_max = CAPTURE_PAYLOAD_ALL}};
static struct request request;
static struct child child;
static int front = -1;	   /* what is said here, the puppet says */
static int puppet_fd = -1; /* its end */
static bool has_network;

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(3 * sizeof(int))];
};

static int pass(int fd, const void *bytes, size_t n, const int *fds, size_t n_fds);

/* Its last word is one byte: what it ends with. */
int
front_run(const struct config *c, int launcher_fd, int stdio_fd, bool may_capture)
{
	static char mem[LARGE];
	union control control;
	struct iovec iov = {.iov_base = mem, .iov_len = sizeof(mem)};

	(void)c;
	(void)may_capture;
	(void)stdio_fd;
	for (;;) {
		struct msghdr m = {.msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = &control,
				   .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(puppet_fd, &m, 0);
		struct cmsghdr *h = CMSG_FIRSTHDR(&m);
		int fds[3];
		size_t n_fds = h ? (h->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

		if (n <= 1)
			return n == 1 ? mem[0] : 0;
		if (n_fds > 0)
			memcpy(fds, CMSG_DATA(h), n_fds * sizeof(int));
		pass(launcher_fd, mem, (size_t)n, fds, n_fds);
		for (size_t i = 0; i < n_fds; i++)
			close(fds[i]);
	}
}

static int
pass(int fd, const void *bytes, size_t n, const int *fds, size_t n_fds)
{
	union control control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = n};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *h;

	if (n_fds > 0) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(h), fds, n_fds * sizeof(int));
	}
	return sendmsg(fd, &m, 0) == (ssize_t)n ? 0 : -1;
}

static int
run_launcher(void *arg)
{
	(void)arg;
	return launcher_run(&config);
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
	puppet_fd = fds[0];
	front = fds[1];
	child_start(&child, run_launcher, NULL);
	close(fds[0]);
	close(config.listen_fd);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (has_network)
		close(front);
	return 0;
}

/* A request as an honest front makes it. */
static void
fill_request(uint32_t number)
{
	memset(&request, 0, sizeof(request));
	request_init(&request, &config.limits);
	request.slot = number;
	request.is_chunked = true;
	request.format = REQUEST_PCAPNG;
	request.listener = config.listener;
	request.local = config.listener;
	net_parse_listen(span_str("127.0.0.1:9"), &request.peer);
}

static struct slot *
slot(uint32_t number)
{
	return &config.slots->slot[number];
}

static bool
wait_until(const _Atomic uint32_t *value, uint32_t wanted)
{
	struct pollfd p = {.fd = config.bell, .events = POLLIN};
	uint64_t rings;

	for (int i = 0; i < PATIENCE_MS / 20 && *value != wanted; i++)
		if (poll(&p, 1, 20) == 1 && read(config.bell, &rings, 8) != 8)
			return false;
	return *value == wanted;
}

/* The client's end of the request's socket. */
static int
send_request(void)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(pass(front, &request, sizeof(request), &fds[0], 1), 0);
	close(fds[0]);
	return fds[1];
}

/* One that captures. */
static int
start(uint32_t number)
{
	int client;

	fill_request(number);
	client = send_request();
	assert_true(wait_until(&slot(number)->state, SLOT_COMMITTED));
	return client;
}

static void
send_stop(uint32_t number)
{
	struct message_stop stop = {.slot = number};

	assert_int_equal(pass(front, &stop, sizeof(stop), NULL, 0), 0);
}

static int
stop_worker(void)
{
	kill(child.pid, SIGTERM);
	return child_wait(&child);
}

/* The stream has begun, and ends. */
static void
hear_all(int client)
{
	struct pollfd p = {.fd = client, .events = POLLIN};
	static char mem[65536];
	size_t total = 0;
	ssize_t n;

	do {
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		n = read(client, mem, sizeof(mem));
		assert_true(n >= 0);
		total += (size_t)n;
	} while (n > 0);
	assert_true(total > 100);
	close(client);
}

static void
a_request_becomes_a_process_that_can_be_stopped(void **state)
{
	int client;

	(void)state;
	if (!has_network)
		skip();
	client = start(0);
	send_stop(0);
	hear_all(client);
	assert_true(wait_until(&slot(0)->has_exited, 1));
	assert_int_equal(slot(0)->end, SLOT_END_STOPPED);
	assert_int_equal(slot(0)->wait_status, 0);
	assert_int_equal(stop_worker(), 0);
}

static void
the_end_of_the_worker_ends_its_captures_first(void **state)
{
	int clients[2];

	(void)state;
	if (!has_network)
		skip();
	for (uint32_t i = 0; i < 2; i++)
		clients[i] = start(i);
	kill(child.pid, SIGTERM);
	for (uint32_t i = 0; i < 2; i++)
		hear_all(clients[i]);
	assert_int_equal(child_wait(&child), 0);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(slot(i)->end, SLOT_END_SHUTDOWN);
		assert_int_equal(slot(i)->has_exited, 1);
	}
}

static void
a_front_that_ends_by_itself_ends_the_worker_with_1(void **state)
{
	int client;
	char status = 3;

	(void)state;
	if (!has_network)
		skip();
	client = start(0);
	assert_int_equal(write(front, &status, 1), 1);
	hear_all(client);
	assert_int_equal(child_wait(&child), 1);
	assert_int_equal(slot(0)->end, SLOT_END_SHUTDOWN);
}

/* Whatever a front says that has been taken over: no such capture is made. */
static void
a_request_that_no_query_can_give_is_refused(void **state)
{
	(void)state;
	if (!has_network)
		skip();
	fill_request(0);
	request.snaplen = SAVEFILE_SNAPLEN_MAX + 1;
	close(send_request());
	assert_true(wait_until(&slot(0)->has_exited, 1));
	assert_int_equal(slot(0)->state, SLOT_FAILED);
	assert_int_equal(slot(0)->status, 500);
	fill_request(1);
	memset(request.filter, 'a', sizeof(request.filter)); /* no end */
	close(send_request());
	assert_true(wait_until(&slot(1)->has_exited, 1));
	fill_request(SLOTS_MAX); /* of no slot at all */
	close(send_request());
	close(start(2)); /* it serves on */
	assert_int_equal(stop_worker(), 0);
}

static void
a_slot_that_is_taken_stays_with_its_process(void **state)
{
	int client;

	(void)state;
	if (!has_network)
		skip();
	client = start(0);
	fill_request(0);
	close(send_request());
	fill_request(SLOTS_MAX);
	close(start(1)); /* behind it: the one before has been looked at */
	assert_int_equal(slot(0)->state, SLOT_COMMITTED);
	assert_int_equal(slot(0)->has_exited, 0);
	send_stop(0);
	hear_all(client);
	assert_int_equal(stop_worker(), 0);
}

static void
more_captures_than_the_operator_allows_are_refused(void **state)
{
	int clients[2];

	(void)state;
	if (!has_network)
		skip();
	for (uint32_t i = 0; i < 2; i++)
		clients[i] = start(i);
	fill_request(2);
	close(send_request());
	assert_true(wait_until(&slot(2)->has_exited, 1));
	assert_int_equal(slot(2)->state, SLOT_FAILED);
	assert_int_equal(slot(2)->status, 500);
	fill_request(3);
	request.is_validation = true; /* these have places of their own */
	close(send_request());
	assert_true(wait_until(&slot(3)->has_exited, 1));
	assert_int_equal(slot(3)->end, SLOT_END_VALIDATED);
	for (uint32_t i = 0; i < 2; i++)
		close(clients[i]);
	assert_int_equal(stop_worker(), 0);
}

static void
messages_that_are_none_start_and_stop_nothing(void **state)
{
	static char large[LARGE];
	int fds[2];
	int client;

	(void)state;
	if (!has_network)
		skip();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	client = start(0);
	fill_request(1);
	assert_int_equal(pass(front, &request, sizeof(request), NULL, 0), 0);
	memcpy(large, &request, sizeof(request)); /* sound, but for what is behind */
	assert_int_equal(pass(front, large, sizeof(large), fds, 1), 0);
	assert_int_equal(pass(front, large, 5, fds, 2), 0);
	send_stop(SLOTS_MAX);
	send_stop(7); /* nobody's */
	fill_request(2);
	assert_int_equal(pass(front, &request, sizeof(request), fds, 2), 0);
	assert_true(wait_until(&slot(2)->state, SLOT_COMMITTED));
	assert_int_equal(slot(1)->state, SLOT_FREE);
	assert_int_equal(slot(0)->state, SLOT_COMMITTED);
	close(fds[0]);
	close(fds[1]);
	close(client);
	assert_int_equal(stop_worker(), 0);
}

/* The launcher's children, the front first. */
static size_t
children(int *pids, size_t max)
{
	char path[64];
	FILE *f;
	size_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", child.pid, child.pid);
	f = fopen(path, "r");
	while (f && n < max && fscanf(f, "%d", &pids[n]) == 1)
		n++;
	if (f)
		fclose(f);
	return n;
}

static void
how_a_capture_died_stands_in_its_slot(void **state)
{
	int pids[8];
	int client;
	size_t n;

	(void)state;
	if (!has_network)
		skip();
	client = start(0);
	n = children(pids, 8);
	if (n < 2)
		skip(); /* a kernel without the list of children */
	kill(pids[n - 1], SIGKILL);
	assert_true(wait_until(&slot(0)->has_exited, 1));
	assert_true(WIFSIGNALED(slot(0)->wait_status));
	assert_int_equal(WTERMSIG(slot(0)->wait_status), SIGKILL);
	close(client);
	kill(pids[0], SIGKILL);
	assert_int_equal(child_wait(&child), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_request_becomes_a_process_that_can_be_stopped),
	    TEST(the_end_of_the_worker_ends_its_captures_first),
	    TEST(a_front_that_ends_by_itself_ends_the_worker_with_1),
	    TEST(a_request_that_no_query_can_give_is_refused),
	    TEST(a_slot_that_is_taken_stays_with_its_process),
	    TEST(more_captures_than_the_operator_allows_are_refused),
	    TEST(messages_that_are_none_start_and_stop_nothing),
	    TEST(how_a_capture_died_stands_in_its_slot),
	};

	log_init("launcher_test", LOG_ERROR);
	has_network = child_enter_network();
	config.slots = slots_new(&config.bell);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
