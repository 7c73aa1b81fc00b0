/* When a lost target is tried again, in a time of the test's own. */
#include "cli/source/retry.h"

#include <string.h>

#include "support/check.h"

#define S  UINT64_C(1000000000)
#define MS UINT64_C(1000000)

/* It answered at 1000 s. */
static struct retry
up(void)
{
	struct retry r = {0};

	retry_begin(&r, 999 * S);
	assert_int_equal(retry_note_up(&r, 1000 * S), 0);
	return r;
}

static uint64_t
lose(struct retry *r, uint64_t now_ns, uint64_t for_ns, uint64_t random)
{
	struct retry_loss loss = {
	    .now_ns = now_ns, .for_ns = for_ns, .gap_ns = now_ns, .random = random};

	return retry_lose(r, &loss);
}

static const uint64_t randoms[] = {0, 1, 12345, 250 * MS - 1, UINT64_MAX};

/* Twice as long each time, up to 30 s, with up to a half more at random. */
static void
delays_double_up_to_30_s(void **state)
{
	static const uint64_t at_least[] = {500 * MS, S,      2 * S,  4 * S, 8 * S,
					    16 * S,   20 * S, 20 * S, 20 * S};

	(void)state;
	for (size_t k = 0; k < CHECK_COUNT(randoms); k++) {
		struct retry r = up();
		uint64_t now_ns = 2000 * S;

		for (size_t i = 0; i < CHECK_COUNT(at_least); i++) {
			uint64_t next_ns = lose(&r, now_ns, 3600 * S, randoms[k]);

			assert_int_equal(next_ns - now_ns,
					 at_least[i] + randoms[k] % (at_least[i] / 2));
			now_ns = next_ns;
		}
		assert_int_equal(r.lost_ns, 2000 * S);
	}
}

static void
the_last_try_is_at_the_end_of_retry(void **state)
{
	struct retry r = up();
	uint64_t last_ns = 0;
	uint64_t now_ns = 2000 * S;
	int n = 0;

	(void)state;
	while (now_ns != RETRY_GIVE_UP && ++n < 20) {
		last_ns = now_ns;
		now_ns = lose(&r, now_ns, 10 * S, 0);
	}
	assert_int_equal(last_ns, 2010 * S);
	assert_int_equal(n, 6);
	assert_int_equal(r.n_gaps, 0);
}

static void
without_retry_a_loss_is_final(void **state)
{
	struct retry r = up();

	(void)state;
	assert_true(lose(&r, 2000 * S, 0, 0) == RETRY_GIVE_UP);
	assert_int_equal(r.lost_ns, 0);
}

/* Up for 30 s: the next loss is a new one; sooner, its delays go on growing. */
static void
a_loss_soon_after_another_waits_longer(void **state)
{
	struct retry r = up();

	(void)state;
	lose(&r, 2000 * S, 300 * S, 0);
	lose(&r, 2001 * S, 300 * S, 0);
	assert_int_equal(retry_note_up(&r, 2003 * S), 3 * S);
	assert_int_equal(r.n_gaps, 1);
	assert_int_equal(r.gaps_ns, 3 * S);
	assert_int_equal(r.lost_ns, 0);
	assert_int_equal(lose(&r, 2032 * S, 300 * S, 0), 2034 * S);
	assert_int_equal(retry_note_up(&r, 2040 * S), 8 * S);
	assert_int_equal(r.gaps_ns, 11 * S);
	assert_int_equal(lose(&r, 2070 * S, 300 * S, 0), 2070 * S + 500 * MS);
}

/* --wait counts from the first try, however often it was lost on the way. */
static void
a_target_that_never_answered_is_tried_for_wait(void **state)
{
	struct retry r = {0};

	(void)state;
	retry_begin(&r, 100 * S);
	assert_int_equal(retry_first(&r, 101 * S, 3 * S, 0), 101 * S + 500 * MS);
	retry_begin(&r, 102 * S);
	assert_int_equal(retry_first(&r, 102 * S, 3 * S, 0), 103 * S);
	assert_true(retry_first(&r, 103 * S, 3 * S, 0) == RETRY_GIVE_UP);
	memset(&r, 0, sizeof(r));
	retry_begin(&r, 100 * S);
	assert_true(retry_first(&r, 100 * S, 0, 0) == RETRY_GIVE_UP);
}

static const struct {
	int line;
	uint64_t up_for_ns;
	bool is_again;
	uint64_t delay_ns;
} harmless_rows[] = {
    {__LINE__, RETRY_STABLE_NS, false, 0},
    {__LINE__, RETRY_STABLE_NS - 1, false, RETRY_FIRST_NS},
    {__LINE__, RETRY_STABLE_NS, true, 2 * RETRY_FIRST_NS},
};

static void
a_renewed_key_is_connected_again_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(harmless_rows); i++) {
		struct retry r = up();
		uint64_t now_ns = 1000 * S + harmless_rows[i].up_for_ns;
		struct retry_loss loss = {
		    .now_ns = now_ns, .for_ns = 300 * S, .is_harmless = true};

		if (harmless_rows[i].is_again)
			lose(&r, now_ns, 300 * S, 0);
		check_u64(__FILE__, harmless_rows[i].line, span_str(""),
			  retry_lose(&r, &loss) - now_ns, harmless_rows[i].delay_ns,
			  "delay");
	}
}

/* Each answers, and is gone at once; one that stays for a second begins anew. */
static void
what_ends_at_once_again_and_again_is_given_up(void **state)
{
	static const struct {
		int line;
		unsigned short_max;
		uint64_t up_for_ns[5];
		size_t n; /* runs that are borne */
	} rows[] = {
	    {__LINE__, 2, {0, MS, S - 1, 0, 0}, 2},
	    {__LINE__, 2, {0, 0, S, 0, 0}, 5},
	    {__LINE__, 0, {0, 0, 0, 0, 0}, 5},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct retry r = up();
		uint64_t now_ns = 1000 * S;
		size_t n = 0;

		for (; n < 5; n++) {
			struct retry_loss loss = {.now_ns = now_ns + rows[i].up_for_ns[n],
						  .for_ns = 300 * S,
						  .short_max = rows[i].short_max};

			now_ns = retry_lose(&r, &loss);
			if (now_ns == RETRY_GIVE_UP)
				break;
			retry_note_up(&r, now_ns);
		}
		check_u64(__FILE__, rows[i].line, span_str(""), n, rows[i].n, "runs");
	}
}

static void
a_loss_that_ends_is_no_gap(void **state)
{
	struct retry r = up();

	(void)state;
	lose(&r, 2000 * S, 300 * S, 0);
	retry_forget_loss(&r);
	assert_int_equal(retry_note_up(&r, 2010 * S), 0);
	assert_int_equal(r.n_gaps, 0);
}

/* Lost at 2005 s, heard last at 1990 s. */
static const struct {
	int line;
	uint64_t age_ns;
	bool has_heartbeats;
	uint64_t gap_ns;
} gap_rows[] = {
    {__LINE__, 0, true, 1990 * S}, /* our own worker's last word */
    {__LINE__, 0, false, 2005 * S},
    {__LINE__, 15 * S, true, 1990 * S},
    {__LINE__, 20 * S, true, 1985 * S}, /* what came last was 5 s old */
    {__LINE__, 20 * S, false, 2000 * S},
    {__LINE__, 14 * S, true, 1990 * S},
    {__LINE__, 135 * S, true, 1870 * S},
    {__LINE__, 135 * S + 1, true, 1990 * S}, /* played back, or the clock was set */
};

static void
a_gap_begins_with_the_last_news(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(gap_rows); i++)
		check_u64(__FILE__, gap_rows[i].line, span_str(""),
			  retry_gap_ns(2005 * S, 1990 * S, gap_rows[i].age_ns,
				       gap_rows[i].has_heartbeats),
			  gap_rows[i].gap_ns, "gap");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(delays_double_up_to_30_s),
	    cmocka_unit_test(the_last_try_is_at_the_end_of_retry),
	    cmocka_unit_test(without_retry_a_loss_is_final),
	    cmocka_unit_test(a_loss_soon_after_another_waits_longer),
	    cmocka_unit_test(a_target_that_never_answered_is_tried_for_wait),
	    cmocka_unit_test(a_renewed_key_is_connected_again_at_once),
	    cmocka_unit_test(what_ends_at_once_again_and_again_is_given_up),
	    cmocka_unit_test(a_loss_that_ends_is_no_gap),
	    cmocka_unit_test(a_gap_begins_with_the_last_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
