/* The event loop, with descriptors of the kernel and its clock. */
#include "sys/loop.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/check.h"
#include "sys/clock.h"

#define MS 1000000u

/* A descriptor that is ready, in memory of its own: a use after free is seen by ASan. */
struct peer {
	struct loop_watch watch;
	struct loop_timer timer;
	struct loop_call call;
	struct peer **victim; /* freed by the first handler that runs */
	struct peer *renewed; /* watches a quiet descriptor from then on */
	unsigned ready;
};

static struct loop loop;
static unsigned n_ready;
static unsigned n_times;
static unsigned n_calls;
static uint64_t times[4];
static uint64_t set_to_ns; /* what on_time sets its timer for, once; 0: nothing */

static void
peer_free(struct peer **place)
{
	struct peer *p = *place;

	*place = NULL;
	if (!p)
		return;
	if (p->watch.fd >= 0)
		close(p->watch.fd);
	loop_remove(&loop, &p->watch);
	loop_timer_cancel(&loop, &p->timer);
	loop_defer_cancel(&p->call);
	free(p);
}

static void
renew(struct peer *p)
{
	close(p->watch.fd);
	loop_remove(&loop, &p->watch);
	assert_int_equal(loop_add(&loop, &p->watch, eventfd(0, EFD_NONBLOCK), LOOP_IN),
			 0);
}

static void
on_ready(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct peer *p = LOOP_OWNER(struct peer, watch, w);

	(void)now_ns;
	n_ready++;
	p->ready |= ready;
	if (p->renewed)
		renew(p->renewed);
	if (p->victim)
		peer_free(p->victim);
}

static void
on_time(struct loop_timer *t, uint64_t now_ns)
{
	struct peer *p = LOOP_OWNER(struct peer, timer, t);

	times[n_times++ % 4] = now_ns;
	if (set_to_ns != 0)
		loop_timer_set(&loop, t, set_to_ns);
	set_to_ns = 0;
	if (p->victim)
		peer_free(p->victim);
}

static void
on_call(struct loop_call *c, uint64_t now_ns)
{
	struct peer *p = LOOP_OWNER(struct peer, call, c);

	(void)now_ns;
	n_calls++;
	if (p->victim)
		peer_free(p->victim);
}

static void
on_call_again(struct loop_call *c, uint64_t now_ns)
{
	(void)now_ns;
	n_calls++;
	loop_defer(&loop, c);
}

static struct peer *
peer_new(unsigned counter)
{
	struct peer *p = calloc(1, sizeof(*p));

	p->watch.on_ready = on_ready;
	p->timer.on_time = on_time;
	p->call.on_call = on_call;
	assert_int_equal(
	    loop_add(&loop, &p->watch, eventfd(counter, EFD_NONBLOCK), LOOP_IN), 0);
	return p;
}

static int
set_up(void **state)
{
	(void)state;
	n_ready = n_times = n_calls = 0;
	set_to_ns = 0;
	return loop_init(&loop);
}

static int
tear_down(void **state)
{
	(void)state;
	loop_fini(&loop);
	return 0;
}

static void
readiness_and_a_hang_up_are_reported(void **state)
{
	struct peer p = {.watch = {.on_ready = on_ready}};
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(loop_add(&loop, &p.watch, fds[0], 0), 0);
	loop_run_once(&loop, 0);
	assert_int_equal(n_ready, 0);
	loop_set(&loop, &p.watch, LOOP_OUT);
	loop_run_once(&loop, LOOP_NEVER);
	assert_int_equal(p.ready, LOOP_OUT);
	p.ready = 0;
	loop_set(&loop, &p.watch, LOOP_IN);
	assert_int_equal(write(fds[1], "x", 1), 1);
	loop_run_once(&loop, LOOP_NEVER);
	assert_int_equal(p.ready, LOOP_IN);
	close(fds[1]);
	loop_set(&loop, &p.watch, 0);
	p.ready = 0;
	loop_run_once(&loop, LOOP_NEVER);
	assert_int_equal(p.ready, LOOP_GONE);
	loop_remove(&loop, &p.watch);
	n_ready = 0;
	loop_run_once(&loop, 0);
	assert_int_equal(n_ready, 0);
	close(fds[0]);
}

/* Both are ready in one batch; whichever comes first frees the other. */
static void
a_handler_may_free_a_watch_that_is_ready_too(void **state)
{
	struct peer *a = peer_new(1);
	struct peer *b = peer_new(1);

	(void)state;
	a->victim = &b;
	b->victim = &a;
	loop_run_once(&loop, LOOP_NEVER);
	assert_int_equal(n_ready, 1);
	assert_true(!a != !b);
	peer_free(&a);
	peer_free(&b);
}

static void
a_handler_may_free_its_own_watch_timer_and_call(void **state)
{
	struct peer *a = peer_new(1);
	struct peer *b = peer_new(0);
	struct peer *c = peer_new(0);

	(void)state;
	a->victim = &a;
	b->victim = &b;
	c->victim = &c;
	loop_timer_set(&loop, &b->timer, 1);
	loop_defer(&loop, &c->call);
	loop_run_once(&loop, LOOP_NEVER);
	assert_null(a);
	assert_null(b);
	assert_null(c);
	loop_run_once(&loop, 0);
	assert_int_equal(n_ready + n_times + n_calls, 3);
}

/* Both are ready in one batch; the first renews the other. */
static void
a_watch_that_is_added_again_has_no_event_of_before(void **state)
{
	struct peer *a = peer_new(1);
	struct peer *b = peer_new(1);

	(void)state;
	a->renewed = b;
	b->renewed = a;
	loop_run_once(&loop, LOOP_NEVER);
	assert_int_equal(n_ready, 1);
	peer_free(&a);
	peer_free(&b);
}

static void
timers_are_called_in_order_and_not_early(void **state)
{
	struct peer late = {.timer = {.on_time = on_time}};
	struct peer early = {.timer = {.on_time = on_time}};
	uint64_t start_ns = clock_monotonic_ns();

	(void)state;
	loop_timer_set(&loop, &late.timer, start_ns + 20 * MS);
	loop_timer_set(&loop, &early.timer, start_ns + 10 * MS);
	while (n_times < 2)
		loop_run_once(&loop, LOOP_NEVER);
	assert_true(times[0] >= start_ns + 10 * MS);
	assert_true(times[1] >= start_ns + 20 * MS);
	assert_false(heap_has(&loop.timers, &late.timer.node));
}

static void
a_timer_that_is_set_again_or_cancelled_is_not_called_at_the_old_time(void **state)
{
	struct peer a = {.timer = {.on_time = on_time}};
	struct peer b = {.timer = {.on_time = on_time}};
	uint64_t start_ns = clock_monotonic_ns();

	(void)state;
	loop_timer_set(&loop, &a.timer, start_ns + 1);
	loop_timer_set(&loop, &b.timer, start_ns + 1);
	loop_timer_set(&loop, &a.timer, start_ns + 30 * MS);
	loop_timer_cancel(&loop, &b.timer);
	loop_run_once(&loop, start_ns + 5 * MS);
	assert_int_equal(n_times, 0);
	loop_timer_set(&loop, &a.timer, LOOP_NEVER);
	loop_run_once(&loop, start_ns + 40 * MS);
	assert_int_equal(n_times, 0);
	assert_true(clock_monotonic_ns() >= start_ns + 40 * MS);
}

static void
a_timer_set_for_the_past_is_called_once_a_round(void **state)
{
	struct peer a = {.timer = {.on_time = on_time}};

	(void)state;
	loop_timer_set(&loop, &a.timer, 1);
	set_to_ns = 2;
	loop_run_once(&loop, LOOP_NEVER);
	assert_int_equal(n_times, 1);
	loop_run_once(&loop, LOOP_NEVER);
	assert_int_equal(n_times, 2);
	assert_null(loop.timers.root);
}

static void
a_call_deferred_twice_is_called_once_before_the_next_wait(void **state)
{
	struct peer a = {.call = {.on_call = on_call}};
	struct peer b = {.call = {.on_call = on_call}};

	(void)state;
	loop_defer(&loop, &a.call);
	loop_defer(&loop, &b.call);
	loop_defer(&loop, &a.call);
	loop_run_once(&loop, LOOP_NEVER); /* does not wait: nothing would end it */
	assert_int_equal(n_calls, 2);
	loop_run_once(&loop, 0);
	assert_int_equal(n_calls, 2);
}

static void
what_a_call_defers_is_for_the_next_round(void **state)
{
	struct peer a = {.call = {.on_call = on_call_again}};

	(void)state;
	loop_defer(&loop, &a.call);
	for (unsigned round = 1; round < 4; round++) {
		loop_run_once(&loop, LOOP_NEVER);
		assert_int_equal(n_calls, round);
	}
	loop_defer_cancel(&a.call);
	loop_run_once(&loop, 0);
	assert_int_equal(n_calls, 3);
}

static void
a_call_may_free_one_that_is_to_follow(void **state)
{
	struct peer *a = peer_new(0);
	struct peer *b = peer_new(0);
	struct peer *c = peer_new(0);

	(void)state;
	a->victim = &b;
	loop_defer(&loop, &a->call);
	loop_defer(&loop, &b->call);
	loop_defer(&loop, &c->call);
	loop_run_once(&loop, LOOP_NEVER);
	assert_null(b);
	assert_int_equal(n_calls, 2);
	peer_free(&a);
	peer_free(&c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(readiness_and_a_hang_up_are_reported),
	    TEST(a_handler_may_free_a_watch_that_is_ready_too),
	    TEST(a_handler_may_free_its_own_watch_timer_and_call),
	    TEST(a_watch_that_is_added_again_has_no_event_of_before),
	    TEST(timers_are_called_in_order_and_not_early),
	    TEST(a_timer_that_is_set_again_or_cancelled_is_not_called_at_the_old_time),
	    TEST(a_timer_set_for_the_past_is_called_once_a_round),
	    TEST(a_call_deferred_twice_is_called_once_before_the_next_wait),
	    TEST(what_a_call_defers_is_for_the_next_round),
	    TEST(a_call_may_free_one_that_is_to_follow),
	};

	alarm(30); /* a wait that nothing ends fails */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
