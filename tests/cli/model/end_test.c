/* The words that say why a capture ended. */
#include "cli/model/end.h"

#include "support/check.h"

static void
test_the_first_word_tells_the_kind(void **state)
{
	static const struct {
		int line;
		const char *comment;
		enum end_kind kind;
		const char *words;
	} rows[] = {
	    {__LINE__, "limit: -max-duration reached, 60.000 s", END_LIMIT,
	     "-max-duration reached, 60.000 s"},
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_first_word_tells_the_kind)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
