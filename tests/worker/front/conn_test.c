/* One connection over a socketpair: what it asks of its owner, and what it sends. */
#include "worker/front/conn.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/check.h"
#include "sys/loop.h"

#define S     UINT64_C(1000000000)
#define GET   "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
#define LARGE (3u << 20) /* more than a socketpair takes at once */
#define BLANKS \
	"Content-Type: text/plain\r\nContent-Length: 3\r\nCache-Control: no-store\r\n"

static struct conn conn;
static int peer = -1; /* the client's end; -1: closed */

static int
set_up(void **state)
{
	struct net_address address = {.size = sizeof(struct sockaddr_un)};
	int fds[2];

	(void)state;
	address.sa.ss_family = AF_UNIX;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0)
		return -1;
	peer = fds[1];
	conn_init(&conn, fds[0], &address, false, 100 * S);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	conn_fini(&conn);
	if (peer >= 0)
		close(peer);
	return 0;
}

static void
say(const char *text)
{
	assert_int_equal(write(peer, text, strlen(text)), strlen(text));
}

/* What the client has been sent since. */
static const char *
heard(void)
{
	static char mem[8192];
	ssize_t n = read(peer, mem, sizeof(mem) - 1);

	mem[n > 0 ? n : 0] = '\0';
	return mem;
}

static void
answer(uint64_t now_ns)
{
	struct answer a;

	answer_text(&a, "text/plain", span_str("ok\n"));
	conn_answer(&conn, &a, now_ns);
}

static void
a_request_is_returned_and_its_answer_sent_and_the_connection_goes_on(void **state)
{
	(void)state;
	assert_int_equal(conn_step(&conn, LOOP_IN, 101 * S), CONN_WAITS);
	assert_int_equal(conn_interest(&conn), LOOP_IN);
	assert_true(conn_is_idle(&conn));
	assert_int_equal(conn_seat(&conn).kind, EVICT_UNFINISHED); /* its first */
	for (int i = 0; i < 2; i++) {
		say(GET);
		assert_int_equal(conn_step(&conn, LOOP_IN, 102 * S), CONN_REQUEST);
		assert_true(span_eq(conn.http.target.path, span_str("/x")));
		answer(102 * S);
		assert_int_equal(conn_interest(&conn), LOOP_OUT);
		assert_int_equal(conn_step(&conn, 0, 102 * S), CONN_WAITS);
		assert_string_equal(heard(), "HTTP/1.1 200 OK\r\n" BLANKS "\r\nok\n");
		assert_int_equal(conn_seat(&conn).kind, EVICT_IDLE);
	}
}

static void
two_requests_at_once_are_returned_one_after_the_other(void **state)
{
	(void)state;
	say(GET GET);
	assert_int_equal(conn_step(&conn, LOOP_IN, 101 * S), CONN_REQUEST);
	answer(101 * S);
	assert_int_equal(conn_step(&conn, 0, 101 * S), CONN_REQUEST);
	answer(101 * S);
	assert_int_equal(conn_step(&conn, 0, 101 * S), CONN_WAITS);
}

static void
the_answer_to_head_has_no_body_and_the_next_one_has(void **state)
{
	(void)state;
	say("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(conn_step(&conn, LOOP_IN, 101 * S), CONN_REQUEST);
	answer(101 * S);
	conn_step(&conn, 0, 101 * S);
	assert_string_equal(heard(), "HTTP/1.1 200 OK\r\n" BLANKS "\r\n");
	assert_false(conn.is_head);
	say(GET);
	assert_int_equal(conn_step(&conn, LOOP_IN, 101 * S), CONN_REQUEST);
	answer(101 * S);
	conn_step(&conn, 0, 101 * S);
	assert_non_null(strstr(heard(), "\r\n\r\nok\n"));
}

static void
what_is_no_request_is_bad_and_ends_the_connection(void **state)
{
	struct answer a;

	(void)state;
	say("GET /x\r\n\r\n");
	assert_int_equal(conn_step(&conn, LOOP_IN, 101 * S), CONN_BAD);
	assert_int_equal(conn.http.status, 400);
	answer_problem(&a, conn.http.status, span_str(conn.http.reason));
	conn_answer(&conn, &a, 101 * S);
	assert_int_equal(conn_step(&conn, 0, 101 * S), CONN_WAITS);
	assert_non_null(strstr(heard(), "Connection: close\r\n"));
	assert_int_equal(conn.state, CONN_LINGERING);
	assert_int_equal(conn_deadline_ns(&conn), 101 * S + CONN_LINGER_NS);
	say("more");
	assert_int_equal(conn_step(&conn, LOOP_IN, 101 * S), CONN_WAITS);
	close(peer);
	peer = -1;
	conn_step(&conn, LOOP_IN, 101 * S);
	assert_int_equal(conn.state, CONN_CLOSED);
}

static void
a_last_answer_says_so(void **state)
{
	struct answer a;

	(void)state;
	say(GET GET);
	assert_int_equal(conn_step(&conn, LOOP_IN, 101 * S), CONN_REQUEST);
	answer_refuse(&a, 503, span_str("no"));
	conn_answer(&conn, &a, 101 * S);
	conn_step(&conn, 0, 101 * S);
	assert_int_equal(conn.state, CONN_LINGERING);
	assert_non_null(strstr(heard(), "Connection: close\r\n"));
}

/* The body is copied (ASan sees what becomes of it). */
static void
an_answer_that_the_client_does_not_take_waits_for_it(void **state)
{
	size_t total = 0;
	struct answer a;
	char *mem = malloc(LARGE);

	(void)state;
	memset(mem, 'x', LARGE);
	say(GET);
	assert_int_equal(conn_step(&conn, LOOP_IN, 101 * S), CONN_REQUEST);
	answer_text(&a, "text/plain", span_of(mem, LARGE));
	conn_answer(&conn, &a, 101 * S);
	free(mem);
	assert_int_equal(conn_step(&conn, 0, 101 * S), CONN_WAITS);
	assert_int_equal(conn.state, CONN_WRITING);
	assert_int_equal(conn_seat(&conn).kind, EVICT_ANSWERING);
	assert_int_equal(conn_deadline_ns(&conn), 101 * S + CONN_WRITE_NS);
	while (conn.state == CONN_WRITING) {
		total += strlen(heard());
		conn_step(&conn, LOOP_OUT, 101 * S);
	}
	for (size_t n = 1; n > 0; total += n)
		n = strlen(heard());
	assert_true(total > LARGE && total < LARGE + ANSWER_HEAD_MAX);
}

static void
a_waiting_connection_is_closed_by_its_client_alone(void **state)
{
	static const enum conn_state states[] = {CONN_QUEUED, CONN_STARTING,
						 CONN_COUNTING};

	(void)state;
	say(GET);
	assert_int_equal(conn_step(&conn, LOOP_IN, 101 * S), CONN_REQUEST);
	for (size_t i = 0; i < CHECK_COUNT(states); i++) {
		conn_wait(&conn, states[i], 102 * S);
		conn_wait(&conn, states[i], 103 * S); /* its time goes on */
		assert_int_equal(conn_interest(&conn), 0);
		assert_int_equal(conn_step(&conn, 0, 103 * S), CONN_WAITS);
		assert_int_equal(conn_deadline_ns(&conn),
				 102 * S + (states[i] == CONN_COUNTING ? CONN_COUNT_NS
								       : CONN_START_NS));
	}
	assert_int_equal(conn.state, CONN_COUNTING);
	conn_step(&conn, LOOP_GONE, 103 * S);
	assert_int_equal(conn.state, CONN_CLOSED);
	assert_int_equal(conn_seat(&conn).kind, EVICT_FREE);
}

static void
a_capture_that_starts_is_never_evicted(void **state)
{
	(void)state;
	conn_wait(&conn, CONN_STARTING, 102 * S);
	assert_int_equal(conn_seat(&conn).kind, EVICT_KEPT);
}

/* The time of a head begins with its first byte, that of a silent client before. */
static void
the_deadline_of_a_head_does_not_move_with_its_bytes(void **state)
{
	(void)state;
	assert_int_equal(conn_deadline_ns(&conn), 100 * S + CONN_IDLE_NS);
	say("GET /x");
	conn_step(&conn, LOOP_IN, 120 * S);
	assert_int_equal(conn_deadline_ns(&conn), 120 * S + CONN_HEAD_NS);
	say(" HTTP");
	conn_step(&conn, LOOP_IN, 121 * S);
	assert_int_equal(conn_deadline_ns(&conn), 120 * S + CONN_HEAD_NS);
	assert_int_equal(conn_seat(&conn).since_ns, 100 * S);
}

/* More than can be read away in one go, of one that has its last answer. */
static void
a_client_that_never_lets_up_is_stepped_again(void **state)
{
	static char much[CONN_STEPS_MAX * 4096 + 1];
	struct answer a;

	(void)state;
	memset(much, 'x', sizeof(much));
	say("GET /x HTTP/1.0\r\n\r\n");
	assert_int_equal(conn_step(&conn, LOOP_IN, 101 * S), CONN_REQUEST);
	answer_text(&a, "text/plain", span_str("ok\n"));
	conn_answer(&conn, &a, 101 * S);
	assert_int_equal(write(peer, much, sizeof(much)), sizeof(much));
	assert_int_equal(conn_step(&conn, 0, 101 * S), CONN_MORE);
	assert_int_equal(conn_step(&conn, 0, 101 * S), CONN_WAITS);
	assert_int_equal(conn.state, CONN_LINGERING);
}

static void
a_place_of_the_reserve_has_one_request_and_less_time(void **state)
{
	(void)state;
	conn.is_reserve = true;
	assert_int_equal(conn_deadline_ns(&conn), 100 * S + CONN_RESERVE_NS);
	say(GET);
	assert_int_equal(conn_step(&conn, LOOP_IN, 101 * S), CONN_REQUEST);
	answer(101 * S);
	conn_step(&conn, 0, 101 * S);
	assert_int_equal(conn.state, CONN_LINGERING);
}

static void
a_stop_closes_who_reads_and_lets_an_answer_go_out(void **state)
{
	(void)state;
	say(GET);
	assert_int_equal(conn_step(&conn, LOOP_IN, 101 * S), CONN_REQUEST);
	answer(101 * S);
	conn_stop(&conn);
	assert_int_equal(conn.state, CONN_WRITING);
	conn_step(&conn, 0, 101 * S);
	assert_int_equal(conn.state, CONN_LINGERING);
	conn.state = CONN_READING;
	conn_stop(&conn);
	assert_int_equal(conn.state, CONN_CLOSED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_request_is_returned_and_its_answer_sent_and_the_connection_goes_on),
	    TEST(two_requests_at_once_are_returned_one_after_the_other),
	    TEST(the_answer_to_head_has_no_body_and_the_next_one_has),
	    TEST(what_is_no_request_is_bad_and_ends_the_connection),
	    TEST(a_last_answer_says_so),
	    TEST(an_answer_that_the_client_does_not_take_waits_for_it),
	    TEST(a_waiting_connection_is_closed_by_its_client_alone),
	    TEST(a_capture_that_starts_is_never_evicted),
	    TEST(the_deadline_of_a_head_does_not_move_with_its_bytes),
	    TEST(a_client_that_never_lets_up_is_stepped_again),
	    TEST(a_place_of_the_reserve_has_one_request_and_less_time),
	    TEST(a_stop_closes_who_reads_and_lets_an_answer_go_out),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
