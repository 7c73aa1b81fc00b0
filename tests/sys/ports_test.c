/* The range of local ports, and what is taken from it. */
#include "sys/ports.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/check.h"

static const struct {
	int line;
	size_t n_connections;
	size_t size;
} rows[] = {
    {__LINE__, 0, PORTS_MIN},	  {__LINE__, 1, PORTS_MIN},
    {__LINE__, 128, PORTS_MIN},	  {__LINE__, 129, 258},
    {__LINE__, 4000, 8000},	  {__LINE__, 4096, PORTS_MAX},
    {__LINE__, 65535, PORTS_MAX}, {__LINE__, SIZE_MAX, PORTS_MAX},
};

/* Many times: the place is random. A system's range may be smaller than what is wanted. */
static void
a_range_lies_within_the_systems(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows) * 100; i++) {
		struct ports p;
		size_t size;

		ports_init(&p, rows[i / 100].n_connections);
		size = (size_t)p.last - p.first + 1;
		check_true(__FILE__, rows[i / 100].line, span_str("range"),
			   p.first >= 1024 && p.first <= p.last && p.next >= p.first &&
			       p.next <= p.last && size <= rows[i / 100].size,
			   "a range");
		if (rows[i / 100].size == PORTS_MIN)
			check_u64(__FILE__, rows[i / 100].line, span_str("range"), size,
				  PORTS_MIN, "size");
	}
}

static int
bound(struct ports *p, int family, int *rc)
{
	int fd = socket(family, SOCK_STREAM, 0);

	*rc = ports_bind(p, fd, family);
	return fd;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in6 a = {0};
	socklen_t size = sizeof(a);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	return ntohs(a.sin6_port); /* at the same place for both families */
}

/* Each in turn, and what others have is passed over. */
static void
ports_are_given_in_turn(void **state)
{
	int taken = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in any = {.sin_family = AF_INET};
	struct ports p;
	int rc;

	(void)state;
	assert_int_equal(bind(taken, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(listen(taken, 1), 0);
	p.first = port_of(taken);
	p.last = (uint16_t)(p.first + 8); /* others may have some */
	p.next = p.first;
	for (int i = 0; i < 4; i++) {
		int fd = bound(&p, AF_INET, &rc);

		assert_int_equal(rc, 0);
		assert_in_range(port_of(fd), p.first + 1, p.last);
		close(fd);
	}
	close(taken);
}

/* One port, and it is taken: an error, and no endless search. */
static void
a_range_that_is_taken_is_an_error(void **state)
{
	int taken = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in any = {.sin_family = AF_INET};
	struct ports p;
	int rc;

	(void)state;
	assert_int_equal(bind(taken, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(listen(taken, 1), 0);
	p.first = port_of(taken);
	p.last = p.first;
	p.next = p.first;
	close(bound(&p, AF_INET, &rc));
	assert_int_equal(rc, -EADDRINUSE);
	close(taken);
}

/* The end of all ports: the next one is the first of the range. */
static void
behind_the_last_port_comes_the_first(void **state)
{
	struct ports p = {.first = 65534, .last = 65535, .next = 65535};
	int rc;

	(void)state;
	close(bound(&p, AF_INET, &rc));
	assert_int_equal(rc, 0);
	assert_int_equal(p.next, 65534);
	close(bound(&p, AF_INET, &rc));
	assert_int_equal(p.next, 65535);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_range_lies_within_the_systems),
	    cmocka_unit_test(ports_are_given_in_turn),
	    cmocka_unit_test(a_range_that_is_taken_is_an_error),
	    cmocka_unit_test(behind_the_last_port_comes_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
