/* Slots and connections' numbers, with a launcher that is the other end of a socket. */
#include "worker/front/broker.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/check.h"
#include "sys/log.h"
#include "worker/common/messages.h"

#define S UINT64_C(1000000000)

static struct slots slots;
static struct config config = {.slots = &slots, .max_captures = 2};
static struct broker broker;
static struct metrics metrics;
static struct broker_event event;
static struct request request;
static int launcher;

static int
set_up(void **state)
{
	int fds[2];

	(void)state;
	memset(&slots, 0, sizeof(slots));
	memset(&metrics, 0, sizeof(metrics));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) < 0)
		return -1;
	launcher = fds[1];
	broker_init(&broker, &config, fds[0], &metrics);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(broker.launcher_fd);
	close(launcher);
	return 0;
}

static enum broker_start
start(uint32_t number, bool is_validation)
{
	struct broker_asker asker = {.number = number, .fd = STDIN_FILENO};

	memset(&request, 0, sizeof(request));
	request.is_validation = is_validation;
	return broker_start(&broker, &asker, &request);
}

/* The size of the launcher's next message; its descriptor, if any, is lost. */
static ssize_t
message_size(void)
{
	static struct request r;

	return recv(launcher, &r, sizeof(r), 0);
}

static void
fail_slot(uint32_t slot, unsigned status, enum slot_end end, enum slot_problem problem)
{
	strcpy(slots.slot[slot].why, "because");
	slots.slot[slot].status = status;
	slots.slot[slot].end = end;
	slots.slot[slot].problem = problem;
	slots.slot[slot].state = SLOT_FAILED;
}

static void
what_starts_goes_to_the_launcher_and_a_third_is_refused(void **state)
{
	(void)state;
	assert_int_equal(start(10, false), BROKER_STARTED);
	assert_int_equal(request.slot, 0);
	assert_true(request.has_id);
	assert_int_equal(message_size(), sizeof(struct request));
	assert_int_equal(slots.slot[0].state, SLOT_ASKED);
	assert_int_equal(start(11, false), BROKER_STARTED);
	assert_int_equal(request.slot, 1);
	assert_true(broker_is_full(&broker));
	assert_int_equal(start(12, false), BROKER_FULL);
	assert_int_equal(metrics.started, 2);
	assert_false(broker_next_event(&broker, S, &event));
}

static void
a_third_validation_waits_for_the_first_to_end(void **state)
{
	(void)state;
	assert_int_equal(start(1, true), BROKER_STARTED);
	assert_int_equal(start(2, true), BROKER_STARTED);
	assert_false(broker_has_place(&broker));
	assert_int_equal(start(3, true), BROKER_WAITS);
	fail_slot(0, 200, SLOT_END_VALIDATED, SLOT_PROBLEM_NONE);
	assert_true(broker_next_event(&broker, S, &event));
	assert_int_equal(event.number, 1);
	assert_int_equal(event.outcome, BROKER_VALID);
	assert_false(broker_has_place(&broker)); /* its process is still there */
	slots.slot[0].has_exited = 1;
	assert_false(broker_next_event(&broker, S, &event));
	assert_int_equal(start(3, true), BROKER_STARTED);
	assert_int_equal(metrics.validations, 3);
}

static void
each_outcome_is_told_once(void **state)
{
	static const struct {
		int line;
		unsigned status;
		enum slot_end end;
		enum slot_problem problem;
		enum broker_outcome outcome;
		unsigned told;
	} rows[] = {
	    {__LINE__, 503, SLOT_END_FAILED, SLOT_PROBLEM_NONE, BROKER_FAILED, 503},
	    {__LINE__, 400, SLOT_END_FAILED, SLOT_PROBLEM_NO_INTERFACE,
	     BROKER_NO_INTERFACE, 400},
	    /* a capture process may write anything */
	    {__LINE__, 200, SLOT_END_FAILED, SLOT_PROBLEM_NONE, BROKER_FAILED, 500},
	    {__LINE__, 99999, SLOT_END_FAILED, SLOT_PROBLEM_NONE, BROKER_FAILED, 500},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str("row");

		assert_int_equal(start(7, false), BROKER_STARTED);
		fail_slot(0, rows[i].status, rows[i].end, rows[i].problem);
		slots.slot[0].has_exited = 1;
		assert_true(broker_next_event(&broker, S, &event));
		assert_int_equal(event.number, 7);
		check_u64(__FILE__, rows[i].line, in, event.outcome, rows[i].outcome,
			  "outcome");
		check_u64(__FILE__, rows[i].line, in, event.status, rows[i].told,
			  "status");
		check_span(__FILE__, rows[i].line, in, event.why, span_str("because"),
			   "why");
		assert_false(broker_next_event(&broker, S, &event));
		assert_false(broker_is_busy(&broker));
	}
}

static void
a_process_that_died_while_it_compiled_was_killed_by_the_filter(void **state)
{
	(void)state;
	for (int is_compiling = 0; is_compiling < 2; is_compiling++) {
		assert_int_equal(start(7, false), BROKER_STARTED);
		slots.slot[0].state = is_compiling ? SLOT_COMPILING : SLOT_ASKED;
		assert_false(broker_next_event(&broker, S, &event));
		slots.slot[0].wait_status = 24; /* SIGXCPU, as waitpid gives it */
		slots.slot[0].has_exited = 1;
		assert_true(broker_next_event(&broker, S, &event));
		assert_int_equal(event.outcome, BROKER_FAILED);
		assert_int_equal(event.status, is_compiling ? 400 : 500);
		assert_false(broker_next_event(&broker, S, &event));
	}
	assert_int_equal(metrics.crashed, 2);
}

static void
a_capture_that_runs_is_listed_until_it_has_ended_and_then_its_tally_is_kept(void **state)
{
	static char mem[65536];
	struct metrics sum;
	struct tally tally;
	uint8_t id[REQUEST_ID_SIZE];
	struct text t;

	(void)state;
	assert_int_equal(start(7, false), BROKER_STARTED);
	memcpy(id, request.id, sizeof(id));
	slots.slot[0].state = SLOT_COMMITTED;
	assert_true(broker_next_event(&broker, S, &event));
	assert_int_equal(event.outcome, BROKER_COMMITTED);
	slots.slot[0].packets = 5;
	broker_refresh(&broker);
	assert_int_equal(broker_sum_running(&broker, &sum), 1);
	assert_int_equal(sum.packets, 5);
	text_init(&t, mem, sizeof(mem));
	broker_put_captures(&broker, &t);
	assert_non_null(strstr(text_cstr(&t), "\"running\":[{\"capture\":0"));
	slots.slot[0].has_exited = 1;
	slots.slot[0].is_counted = 1;
	assert_false(broker_next_event(&broker, S, &event));
	assert_int_equal(broker_sum_running(&broker, &sum), 0);
	text_init(&t, mem, sizeof(mem));
	broker_put_captures(&broker, &t);
	assert_non_null(strstr(text_cstr(&t), "\"ended\":[{\"capture\":0"));
	assert_int_equal(metrics.packets, 5);
	assert_int_equal(broker_count(&broker, id, true, 2 * S, &tally), BROKER_COUNTED);
	assert_int_equal(tally.counts.packets, 5);
	assert_int_equal(broker_count(&broker, id, true, 2 * S + TALLY_KEPT_NS, &tally),
			 BROKER_UNKNOWN);
}

static void
a_stop_is_sent_once_and_its_counts_wait_until_they_are_exact(void **state)
{
	struct tally tally;

	(void)state;
	assert_int_equal(start(7, false), BROKER_STARTED);
	message_size();
	assert_int_equal(broker_count(&broker, request.id, false, S, &tally),
			 BROKER_COUNTED);
	assert_int_equal(message_size(), -1);
	for (int i = 0; i < 2; i++)
		assert_int_equal(broker_count(&broker, request.id, true, S, &tally),
				 BROKER_COUNT_WAITS);
	assert_int_equal(message_size(), sizeof(struct message_stop));
	assert_int_equal(message_size(), -1);
	slots.slot[0].is_counted = 1;
	assert_int_equal(broker_count(&broker, request.id, true, S, &tally),
			 BROKER_COUNTED);
	request.id[0] ^= 1;
	assert_int_equal(broker_count(&broker, request.id, true, S, &tally),
			 BROKER_UNKNOWN);
}

static void
nobody_is_told_of_a_slot_whose_connection_is_gone(void **state)
{
	(void)state;
	assert_int_equal(start(7, false), BROKER_STARTED);
	assert_int_equal(start(8, false), BROKER_STARTED);
	broker_forget(&broker, 7);
	slots.slot[0].state = SLOT_COMMITTED;
	slots.slot[1].state = SLOT_COMMITTED;
	assert_true(broker_next_event(&broker, S, &event));
	assert_int_equal(event.number, 8);
	assert_false(broker_next_event(&broker, S, &event));
	assert_true(broker_is_busy(&broker));
	slots.slot[0].has_exited = slots.slot[1].has_exited = 1;
	assert_false(broker_next_event(&broker, S, &event));
	assert_false(broker_is_busy(&broker));
}

static void
nothing_starts_in_a_broker_that_is_closed_or_without_its_launcher(void **state)
{
	(void)state;
	close(launcher);
	assert_int_equal(start(7, false), BROKER_BROKEN);
	assert_false(broker_is_busy(&broker));
	broker_close(&broker);
	assert_int_equal(start(7, true), BROKER_BROKEN);
	assert_true(broker_is_full(&broker));
	assert_false(broker_has_place(&broker));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_starts_goes_to_the_launcher_and_a_third_is_refused),
	    TEST(a_third_validation_waits_for_the_first_to_end),
	    TEST(each_outcome_is_told_once),
	    TEST(a_process_that_died_while_it_compiled_was_killed_by_the_filter),
	    TEST(
		a_capture_that_runs_is_listed_until_it_has_ended_and_then_its_tally_is_kept),
	    TEST(a_stop_is_sent_once_and_its_counts_wait_until_they_are_exact),
	    TEST(nobody_is_told_of_a_slot_whose_connection_is_gone),
	    TEST(nothing_starts_in_a_broker_that_is_closed_or_without_its_launcher),
	};

	log_init("broker_test", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
