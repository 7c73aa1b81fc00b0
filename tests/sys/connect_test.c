/* Which address is tried when (RFC 8305), with sockets of this host. */
#include "sys/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "support/check.h"
#include "sys/clock.h"

#define MS UINT64_C(1000000)

/* A letter for each address: a to z are IPv4, A to Z are IPv6. */
static struct net_address
address_of(char name)
{
	struct net_address a = {.size = sizeof(struct sockaddr_in)};

	a.sa.ss_family = AF_INET;
	if (name < 'a') {
		a.sa.ss_family = AF_INET6;
		a.size = sizeof(struct sockaddr_in6);
	}
	net_set_port(&a, (uint16_t)name);
	return a;
}

struct row {
	int line;
	const char *given;
	const char *tried;
};

static const struct row rows[] = {
    {__LINE__, "", ""},
    {__LINE__, "a", "a"},
    {__LINE__, "abc", "abc"},
    {__LINE__, "ABab", "AaBb"},
    {__LINE__, "abAB", "aAbB"},
    {__LINE__, "Aabcd", "Aabcd"},
    {__LINE__, "abcdA", "aAbcd"},
    {__LINE__, "aAbcBC", "aAbBcC"},
    /* one family has few: it still gets its turns; the rest is not tried */
    {__LINE__, "abcdefghijklmnopqrstAB", "aAbBcdefghijklmn"},
    {__LINE__, "ABCDEFGHIJKLMNOPQRSTa", "AaBCDEFGHIJKLMNO"},
};

static void
on_ready(struct connect *c, uint64_t now_ns)
{
	(void)c;
	(void)now_ns;
}

static void
addresses_are_tried_in_turn_of_their_families(void **state)
{
	static struct connect c;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct net_address list[32];
		char tried[CONNECT_ADDRESSES_MAX + 1] = "";
		size_t n = strlen(rows[i].given);

		for (size_t k = 0; k < n; k++)
			list[k] = address_of(rows[i].given[k]);
		connect_start(&c, NULL, NULL, list, n, on_ready);
		for (size_t k = 0; k < c.n; k++)
			tried[k] = (char)net_port(&c.list[k]);
		check_span(__FILE__, rows[i].line, span_str(rows[i].given),
			   span_str(tried), span_str(rows[i].tried), "order");
	}
}

static struct net_address
local(uint16_t port)
{
	struct net_address a = {.size = sizeof(struct sockaddr_in)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};

	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memcpy(&a.sa, &v4, sizeof(v4));
	return a;
}

/* Listens; *a becomes where. */
static int
listener(struct net_address *a, int backlog)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*a = local(0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a->sa, a->size), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(net_local(fd, a), 0);
	return fd;
}

/* A listener that answers nobody any more: its queue is full. */
static int
silent(struct net_address *a, int fillers[2])
{
	int fd = listener(a, 0);

	for (int i = 0; i < 2; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fillers[i], (struct sockaddr *)&a->sa, a->size) < 0)
			assert_int_equal(errno, EINPROGRESS);
	}
	return fd;
}

/* Steps at one and the same time, as often as something happens. */
static enum connect_result
step_until_over(struct connect *c, struct loop *loop, uint64_t now_ns, int *fd)
{
	enum connect_result result = connect_step(c, now_ns, fd);

	for (int i = 0; i < 1000 && result == CONNECT_MORE; i++) {
		loop_run_once(loop, clock_monotonic_ns() + 10 * MS);
		result = connect_step(c, now_ns, fd);
	}
	return result;
}

/* Nobody listens at the first: the next one follows at once. */
static void
a_refusal_brings_the_next_address_at_once(void **state)
{
	static struct connect c;
	struct net_address list[2];
	struct loop loop;
	int fds[2] = {listener(&list[0], 1), listener(&list[1], 1)};
	int fd = -1;

	(void)state;
	close(fds[0]);
	assert_int_equal(loop_init(&loop), 0);
	connect_start(&c, &loop, NULL, list, 2, on_ready);
	assert_int_equal(step_until_over(&c, &loop, 5, &fd), CONNECT_DONE);
	assert_int_equal(c.error, -ECONNREFUSED);
	assert_true(fd >= 0);
	close(fd);
	close(fds[1]);
	loop_fini(&loop);
}

/* The first says nothing: the second is tried 250 ms later, and both go on. */
static void
a_silent_address_is_joined_after_250_ms(void **state)
{
	static struct connect c;
	struct net_address list[3];
	struct loop loop;
	int fillers[2];
	int fds[2] = {silent(&list[0], fillers), listener(&list[1], 1)};
	int fd;

	(void)state;
	list[2] = list[0];
	assert_int_equal(loop_init(&loop), 0);
	connect_start(&c, &loop, NULL, list, 3, on_ready);
	assert_int_equal(connect_step(&c, 1000 * MS, &fd), CONNECT_MORE);
	assert_int_equal(c.n_open, 1);
	assert_int_equal(connect_deadline(&c), 1000 * MS + CONNECT_DELAY_NS);
	assert_int_equal(connect_step(&c, 1249 * MS, &fd), CONNECT_MORE);
	assert_int_equal(c.next, 1);
	connect_step(&c, 1250 * MS, &fd);
	assert_int_equal(c.next, 2);
	assert_int_equal(step_until_over(&c, &loop, 1251 * MS, &fd), CONNECT_DONE);
	assert_int_equal(c.n_open, 0);
	assert_int_equal(c.next, 3); /* the third is not needed */
	close(fd);
	for (int i = 0; i < 2; i++) {
		close(fds[i]);
		close(fillers[i]);
	}
	loop_fini(&loop);
}

/* All fail: the last error and its address are told. */
static void
the_last_failure_is_told(void **state)
{
	static struct connect c;
	struct net_address list[2];
	struct loop loop;
	int fd;

	(void)state;
	for (int i = 0; i < 2; i++)
		close(listener(&list[i], 1));
	assert_int_equal(loop_init(&loop), 0);
	connect_start(&c, &loop, NULL, list, 2, on_ready);
	assert_int_equal(step_until_over(&c, &loop, 5, &fd), CONNECT_FAILED);
	assert_int_equal(c.error, -ECONNREFUSED);
	assert_int_equal(c.last, 1);
	connect_start(&c, &loop, NULL, list, 0, on_ready);
	assert_int_equal(connect_step(&c, 5, &fd), CONNECT_FAILED);
	loop_fini(&loop);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_are_tried_in_turn_of_their_families),
	    cmocka_unit_test(a_refusal_brings_the_next_address_at_once),
	    cmocka_unit_test(a_silent_address_is_joined_after_250_ms),
	    cmocka_unit_test(the_last_failure_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
