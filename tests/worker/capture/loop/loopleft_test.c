/* Who is out: by a proof, for as long as another capture has one, and in how many places. */
#include "worker/capture/loop/loopleft.h"
#include "support/check.h"

#include <string.h>

#define S 1000000000ull

static struct flow
flow_at(uint16_t port)
{
	struct flow f = {.port = {port, 1}, .protocol = 6, .version = 4};

	return f;
}

static bool
is_out(struct loopleft *l, uint16_t port)
{
	struct flow f = flow_at(port);

	return loopleft_packet(l, &f, port, 100);
}

static void
prove(struct loopleft *l, uint16_t port, uint64_t again_ns)
{
	struct flow f = flow_at(port);

	loopleft_prove(l, &f, port, again_ns);
}

static void
share(struct loopleft *l, uint16_t port, uint64_t now_ns)
{
	struct flow f = flow_at(port);

	loopleft_share(l, &f, port, now_ns);
}

static void
a_proved_flow_is_out(void **state)
{
	struct loopleft l = {0};

	(void)state;
	assert_false(is_out(&l, 7));
	prove(&l, 7, 30 * S);
	assert_true(l.is_changed);
	assert_true(is_out(&l, 7));
	assert_false(is_out(&l, 8));
	assert_int_equal(l.flow[0].packets, 1);
	assert_int_equal(l.flow[0].bytes, 100);
	loopleft_age(&l, 29 * S);
	assert_null(loopleft_due(&l, 29 * S));
	assert_ptr_equal(loopleft_due(&l, 30 * S), &l.flow[0]);
	loopleft_retest(&l, &l.flow[0], false, 0);
	assert_false(is_out(&l, 7));
	assert_null(loopleft_due(&l, 60 * S));
	assert_int_equal(l.n_out, 0);
}

/* Another capture's flow is out until 2 s after that one has it no more. It is not tested. */
static void
a_shared_flow_is_out_while_the_other_has_it(void **state)
{
	struct loopleft l = {0};

	(void)state;
	share(&l, 7, 5 * S);
	assert_true(is_out(&l, 7));
	assert_null(loopleft_due(&l, 100 * S));
	share(&l, 7, 10 * S);
	loopleft_age(&l, 12 * S - 1);
	assert_true(is_out(&l, 7));
	assert_int_equal(l.n_out, 1);
	loopleft_age(&l, 12 * S);
	assert_false(is_out(&l, 7));
	assert_int_equal(l.n_out, 0);
}

static void
a_flow_that_is_proved_twice_is_out_once(void **state)
{
	struct loopleft l = {0};

	(void)state;
	share(&l, 7, 5 * S);
	prove(&l, 7, 30 * S);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.n_out, 1);
	loopleft_age(&l, 20 * S);
	assert_true(is_out(&l, 7));
	share(&l, 7, 29 * S);
	loopleft_retest(&l, &l.flow[0], false, 0);
	assert_true(is_out(&l, 7));
	loopleft_age(&l, 40 * S);
	assert_false(is_out(&l, 7));
}

static void
a_flow_that_is_in_again_gives_its_place(void **state)
{
	struct loopleft l = {0};

	(void)state;
	for (uint16_t i = 0; i < LOOPLEFT_PROVED; i++)
		prove(&l, i, S);
	assert_false(l.is_full);
	for (uint16_t i = LOOPLEFT_PROVED; i < LOOPLEFT_MAX; i++)
		share(&l, i, S);
	assert_false(l.is_full);
	loopleft_age(&l,
		     10 * S); /* the shared ones are in again: others take their places */
	share(&l, 100, 10 * S);
	assert_true(is_out(&l, 100));
	assert_int_equal(l.n, LOOPLEFT_MAX);
	assert_false(l.is_full);
	prove(&l, 101, S);
	assert_true(l.is_full);
	assert_false(is_out(&l, 101));
}

static void
a_full_table_takes_no_other(void **state)
{
	struct loopleft l = {0};

	(void)state;
	for (uint16_t i = 0; i < LOOPLEFT_MAX; i++)
		share(&l, i, S);
	assert_false(l.is_full);
	share(&l, 100, S);
	assert_true(l.is_full);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_proved_flow_is_out),
	    cmocka_unit_test(a_shared_flow_is_out_while_the_other_has_it),
	    cmocka_unit_test(a_flow_that_is_proved_twice_is_out_once),
	    cmocka_unit_test(a_flow_that_is_in_again_gives_its_place),
	    cmocka_unit_test(a_full_table_takes_no_other),
	};

	return cmocka_run_group_tests_name("worker/loopleft", tests, NULL, NULL);
}
