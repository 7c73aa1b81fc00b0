/* One client from its bytes to its answer, with time as an argument and the launcher at the
 * other end of a socket. */
#include "worker/front/client.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/check.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "worker/common/messages.h"

#define S	UINT64_C(1000000000)
#define HOST	" HTTP/1.1\r\nHost: a\r\n\r\n"
#define CAPTURE "GET /capture" HOST
#define CHECK	"GET /validate" HOST

static struct slots slots;
static struct config config = {.slots = &slots,
			       .max_captures = 1,
			       .max_connections = 8,
			       .library = "libpcap",
			       .bell = -1,
			       .limits = {.ring_max = 64u << 20,
					  .snaplen_max = 262144,
					  .payload_max = CAPTURE_PAYLOAD_ALL}};
static struct broker broker;
static struct metrics metrics;
static struct client_env env = {.config = &config,
				.may_capture = true,
				.broker = &broker,
				.metrics = &metrics,
				.links_fd = -1};
static struct client client;
static int peer; /* the client's end */
static int launcher;

static int
set_up(void **state)
{
	struct net_address address = {.size = sizeof(struct sockaddr_un)};
	int fds[2];

	(void)state;
	memset(&slots, 0, sizeof(slots));
	memset(&metrics, 0, sizeof(metrics));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) < 0)
		return -1;
	launcher = fds[1];
	broker_init(&broker, &config, fds[0], &metrics);
	address.sa.ss_family = AF_UNIX;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0)
		return -1;
	peer = fds[1];
	memset(&client, 0, sizeof(client));
	client.env = &env;
	client.number = 5;
	conn_init(&client.conn, fds[0], &address, false, 100 * S);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	conn_fini(&client.conn);
	close(peer);
	close(launcher);
	close(broker.launcher_fd);
	return 0;
}

/* What the client has been sent since. */
static const char *
heard(void)
{
	static char mem[65536];
	ssize_t n = read(peer, mem, sizeof(mem) - 1);

	mem[n > 0 ? n : 0] = '\0';
	return mem;
}

static bool
ask(const char *text, uint64_t now_ns)
{
	assert_int_equal(write(peer, text, strlen(text)), strlen(text));
	return client_step(&client, LOOP_IN, now_ns);
}

static unsigned
status(void)
{
	unsigned n = 0;

	sscanf(heard(), "HTTP/1.1 %u ", &n);
	return n;
}

/* As its owner does it. */
static unsigned
expire(uint64_t now_ns)
{
	client_expire(&client, now_ns);
	client_step(&client, 0, now_ns);
	return status();
}

static void
a_half_request_gets_408_and_an_idle_connection_just_ends(void **state)
{
	(void)state;
	ask("GET /clock HT", 100 * S);
	assert_int_equal(expire(100 * S + CONN_HEAD_NS), 408);
	tear_down(state);
	set_up(state);
	ask("GET /clock" HOST, 100 * S);
	assert_int_equal(status(), 200);
	assert_int_equal(expire(100 * S + CONN_IDLE_NS), 0);
	assert_int_equal(client.conn.state, CONN_CLOSED);
}

static void
a_capture_that_does_not_start_in_time_gets_503_and_is_nobodys(void **state)
{
	struct broker_event e;

	(void)state;
	ask(CAPTURE, 100 * S);
	assert_int_equal(client.conn.state, CONN_STARTING);
	assert_int_equal(expire(100 * S + CONN_START_NS), 503);
	slots.slot[0].state = SLOT_FAILED;
	slots.slot[0].has_exited = 1;
	assert_false(broker_next_event(&broker, 111 * S, &e));
	assert_false(broker_is_busy(&broker));
}

static void
a_validation_waits_for_its_turn_and_is_asked_again(void **state)
{
	struct broker_asker other = {.number = 1, .fd = STDIN_FILENO};
	static struct request r;
	struct broker_event e;

	(void)state;
	r.is_validation = true;
	for (int i = 0; i < SLOTS_VALIDATIONS_MAX; i++)
		assert_int_equal(broker_start(&broker, &other, &r), BROKER_STARTED);
	ask(CHECK, 100 * S);
	assert_int_equal(client.conn.state, CONN_QUEUED);
	client_ask_again(&client, 101 * S);
	assert_int_equal(client.conn.state, CONN_QUEUED);
	broker_forget(&broker, 1);
	slots.slot[0].has_exited = 1;
	assert_false(broker_next_event(&broker, 102 * S, &e));
	client_ask_again(&client, 102 * S);
	assert_int_equal(client.conn.state, CONN_STARTING);
	e = (struct broker_event){.outcome = BROKER_VALID};
	client_tell(&client, &e, 103 * S);
	client_step(&client, 0, 103 * S);
	assert_int_equal(status(), 200);
}

static void
one_capture_too_many_gets_503_and_a_launcher_that_is_gone_500(void **state)
{
	struct broker_asker other = {.number = 1, .fd = STDIN_FILENO};
	static struct request r;

	(void)state;
	assert_int_equal(broker_start(&broker, &other, &r), BROKER_STARTED);
	ask(CAPTURE, 100 * S);
	assert_int_equal(status(), 503);
	tear_down(state);
	set_up(state);
	shutdown(launcher, SHUT_RDWR);
	ask(CAPTURE, 100 * S);
	assert_int_equal(status(), 500);
	assert_int_equal(metrics.rejected[500 - METRICS_STATUS_MIN], 1);
}

static void
what_became_of_a_capture_is_its_answer(void **state)
{
	static const struct {
		enum broker_outcome outcome;
		unsigned status;
		unsigned told;
		const char *has;
	} rows[] = {
	    {BROKER_FAILED, 400, 400, "\"detail\":\"because\""},
	    {BROKER_FAILED, 500, 500, "about:blank"},
	    {BROKER_NO_INTERFACE, 400, 400, ANSWER_PROBLEM_NO_INTERFACE},
	    {BROKER_VALID, 0, 200, "\r\n\r\nok\n"},
	};

	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct broker_event e = {.outcome = rows[i].outcome,
					 .status = rows[i].status,
					 .why = span_str("because")};
		const char *text;
		unsigned told = 0;

		tear_down(state);
		set_up(state);
		ask(CAPTURE, 100 * S);
		client_tell(&client, &e, 101 * S);
		client_step(&client, 0, 101 * S);
		text = heard();
		sscanf(text, "HTTP/1.1 %u ", &told);
		assert_int_equal(told, rows[i].told);
		assert_non_null(strstr(text, rows[i].has));
		assert_non_null(strstr(text, "Connection: close"));
		assert_int_equal(client.conn.state, CONN_LINGERING);
	}
}

static void
a_committed_capture_owns_its_socket_alone(void **state)
{
	struct broker_event e = {.outcome = BROKER_COMMITTED};

	(void)state;
	ask(CAPTURE, 100 * S);
	client_tell(&client, &e, 101 * S);
	assert_int_equal(client.conn.state, CONN_CLOSED);
	assert_string_equal(heard(), "");
}

/* The ID of the capture in slot 0. */
static void
put_question(char *line, size_t size, const char *end)
{
	const uint8_t *id = broker.records[0].request.id;
	size_t n = (size_t)snprintf(line, size, "GET /captures/");

	for (size_t i = 0; i < REQUEST_ID_SIZE; i++)
		n += (size_t)snprintf(line + n, size - n, "%02x", id[i]);
	snprintf(line + n, size - n, "%s" HOST, end);
}

static void
counts_wait_for_the_stopped_capture_but_not_for_ever(void **state)
{
	struct broker_asker other = {.number = 1, .fd = STDIN_FILENO};
	static struct request r;
	char line[256];
	const char *text;

	(void)state;
	assert_int_equal(broker_start(&broker, &other, &r), BROKER_STARTED);
	slots.slot[0].packets = 7;
	put_question(line, sizeof(line), "");
	ask(line, 100 * S);
	text = heard();
	assert_non_null(strstr(text, "\"running\""));
	assert_non_null(strstr(text, "\"at_least\""));
	put_question(line, sizeof(line), "?stop=1");
	ask(line, 100 * S);
	assert_int_equal(client.conn.state, CONN_COUNTING);
	client_ask_again(&client, 101 * S);
	assert_int_equal(client.conn.state, CONN_COUNTING);
	client_expire(&client, 105 * S);
	client_step(&client, 0, 105 * S);
	assert_non_null(strstr(heard(), "\"at_least\""));
	ask(line, 106 * S);
	slots.slot[0].is_counted = 1;
	slots.slot[0].end = SLOT_END_STOPPED;
	client_ask_again(&client, 106 * S);
	client_step(&client, 0, 106 * S);
	text = heard();
	assert_non_null(strstr(text, "\"ended\""));
	assert_non_null(strstr(text, "\"exact\""));
	assert_non_null(strstr(text, "\"stopped\""));
	assert_non_null(strstr(text, "\"captured\":7"));
}

static void
an_id_of_no_capture_is_not_found(void **state)
{
	(void)state;
	ask("GET /captures/000102030405060708090a0b0c0d0eff" HOST, 100 * S);
	assert_int_equal(status(), 404);
}

static void
a_malformed_request_gets_400_and_the_answer_is_the_last(void **state)
{
	(void)state;
	ask("GET /clock HTTP/1.1\r\n\r\n", 100 * S); /* without Host */
	assert_int_equal(status(), 400);
	assert_int_equal(client.conn.state, CONN_LINGERING);
	assert_int_equal(metrics.rejected[0], 1);
	assert_int_equal(expire(100 * S + CONN_LINGER_NS), 0);
	assert_int_equal(client.conn.state, CONN_CLOSED);
}

static void
a_client_with_many_requests_lets_others_have_their_turn(void **state)
{
	static char many[4096];
	const char *at;
	int n = 0;

	(void)state;
	for (int i = 0; i < 3 * CLIENT_REQUESTS_MAX; i++)
		strcat(many, "GET /clock" HOST);
	assert_true(ask(many, 100 * S));
	for (int i = 0; i < 5 && client_step(&client, 0, 100 * S); i++)
		continue;
	for (at = heard(); (at = strstr(at, "time_ns")) != NULL; at++)
		n++;
	assert_int_equal(n, 3 * CLIENT_REQUESTS_MAX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_half_request_gets_408_and_an_idle_connection_just_ends),
	    TEST(a_capture_that_does_not_start_in_time_gets_503_and_is_nobodys),
	    TEST(a_validation_waits_for_its_turn_and_is_asked_again),
	    TEST(one_capture_too_many_gets_503_and_a_launcher_that_is_gone_500),
	    TEST(what_became_of_a_capture_is_its_answer),
	    TEST(a_committed_capture_owns_its_socket_alone),
	    TEST(counts_wait_for_the_stopped_capture_but_not_for_ever),
	    TEST(an_id_of_no_capture_is_not_found),
	    TEST(a_malformed_request_gets_400_and_the_answer_is_the_last),
	    TEST(a_client_with_many_requests_lets_others_have_their_turn),
	};

	log_init("client_test", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
