/* The words that say why a capture ended. */
#include "cli/model/end.h"

#include "support/check.h"

static void
the_first_word_tells_the_kind(void **state)
{
	static const struct {
		int line;
		const char *comment;
		enum end_kind kind;
		const char *words;
	} rows[] = {
	    {__LINE__, "limit: -max-duration reached, 1 min", END_LIMIT,
	     "-max-duration reached, 1 min"},
	    {__LINE__, "count: count reached", END_COUNT, "count reached"},
	    {__LINE__, "duration:", END_DURATION, ""},
	    {__LINE__, "interface: interface gone, ppp0", END_INTERFACE,
	     "interface gone, ppp0"},
	    {__LINE__, "shutdown: worker stopped", END_SHUTDOWN, "worker stopped"},
	    {__LINE__, "stopped", END_STOPPED, ""},
	    {__LINE__, "loop: a: b", END_LOOP, "a: b"},
	    {__LINE__, "", END_UNTOLD, ""},
	    {__LINE__, "limits: x", END_UNTOLD, "limits: x"},
	    {__LINE__, "Limit: x", END_UNTOLD, "Limit: x"},
	    {__LINE__, " some other writer's comment ", END_UNTOLD,
	     "some other writer's comment"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].comment);
		struct span words;

		check_true(__FILE__, rows[i].line, in,
			   end_parse(in, &words) == rows[i].kind, "kind");
		check_span(__FILE__, rows[i].line, in, words, span_str(rows[i].words),
			   "words");
	}
}

static void
only_the_count_of_the_whole_stream_is_a_final_block(void **state)
{
	static const struct {
		uint32_t interface_id;
		uint32_t has;
		bool is_final;
	} rows[] = {
	    {0, SAVEFILE_HAS_IFRECV | SAVEFILE_HAS_OSDROP | SAVEFILE_HAS_USRDELIV, true},
	    {0, SAVEFILE_HAS_USRDELIV, true},
	    {0, SAVEFILE_HAS_IFRECV | SAVEFILE_HAS_OSDROP, false},
	    {0, 0, false},
	    {1, SAVEFILE_HAS_USRDELIV, false},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct savefile_statistics st = {.interface_id = rows[i].interface_id,
						 .has = rows[i].has};

		assert_int_equal(end_is_final(&st), rows[i].is_final);
	}
}

static void
a_stream_of_our_worker_without_its_last_block_is_cut(void **state)
{
	static const struct {
		struct end_facts facts;
		const char *want;
	} rows[] = {
	    {{NULL, NULL, true, true}, NULL},
	    {{NULL, NULL, true, false}, "the worker's last block is missing"},
	    {{NULL, NULL, false, false}, NULL},
	    {{NULL, "cut inside a packet", true, false}, "cut inside a packet"},
	    {{NULL, "cut inside a packet", false, false}, "cut inside a packet"},
	    {{"no last chunk", "cut inside a packet", true, false}, "no last chunk"},
	    {{"no last chunk", NULL, true, true}, "no last chunk"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const char *got = end_cut(&rows[i].facts);

		assert_int_equal(got != NULL, rows[i].want != NULL);
		if (got)
			assert_string_equal(got, rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_word_tells_the_kind),
	    cmocka_unit_test(only_the_count_of_the_whole_stream_is_a_final_block),
	    cmocka_unit_test(a_stream_of_our_worker_without_its_last_block_is_cut)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
