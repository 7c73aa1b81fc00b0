/* The same words of many targets. */
#include "cli/model/news.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

static struct news news;

static const char *
put(unsigned i)
{
	static char mem[4096];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	news_put(&news.groups[i], &line);
	return text_cstr(&line);
}

static void
the_same_of_many_is_one_line_with_a_count_and_the_first_names(void **state)
{
	(void)state;
	news_clear(&news);
	assert_true(news_add(&news, "db1", span_str("refused"), 5));
	assert_string_equal(put(0), "db1: refused");
	assert_int_equal(news.due_ns, 5 + NEWS_WAIT_NS);
	assert_true(news_add(&news, "web", span_str("expired"), 5));
	assert_true(news_add(&news, "db2", span_str("refused"), 5));
	assert_string_equal(put(0), "2 targets (db1 and db2): refused");
	assert_string_equal(put(1), "web: expired");
	assert_true(news_add(&news, "db3", span_str("refused"), 5));
	assert_string_equal(put(0), "3 targets (db1, db2 and db3): refused");
	for (unsigned i = 4; i <= 9; i++) {
		char name[8];

		snprintf(name, sizeof(name), "db%u", i);
		assert_true(news_add(&news, name, span_str("refused"), 5));
	}
	assert_string_equal(put(0),
			    "9 targets (db1, db2, db3, db4, db5 and 4 more): refused");
	assert_int_equal(news.n, 2);
}

/* Also of the longest names, and behind one that did not fit no other is named. */
static void
whoever_has_no_room_is_counted(void **state)
{
	char name[NEWS_NAMES_MAX / 2 + 1];

	(void)state;
	news_clear(&news);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	news_add(&news, name, span_str("x"), 5);
	news_add(&news, name, span_str("x"), 5);
	news_add(&news, "b", span_str("x"), 5);
	assert_int_equal(news.groups[0].n_named, 1);
	assert_non_null(strstr(put(0), "a and 2 more): x"));
}

static void
there_is_room_for_so_many_reasons_and_they_are_cut(void **state)
{
	char words[NEWS_WORDS_MAX + 2];

	(void)state;
	news_clear(&news);
	for (unsigned i = 0; i < NEWS_GROUPS_MAX; i++) {
		snprintf(words, sizeof(words), "%u", i);
		assert_true(news_add(&news, "db1", span_str(words), 5));
	}
	assert_false(news_add(&news, "db1", span_str("another"), 5));
	assert_true(news_add(&news, "db2", span_str("0"), 5));
	news_clear(&news);
	memset(words, 'x', sizeof(words));
	assert_true(news_add(&news, "db1", span_of(words, sizeof(words)), 5));
	assert_true(news_add(&news, "db2", span_of(words, sizeof(words)), 5));
	assert_int_equal(news.groups[0].words_size, NEWS_WORDS_MAX);
	assert_int_equal(news.n, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		the_same_of_many_is_one_line_with_a_count_and_the_first_names),
	    cmocka_unit_test(whoever_has_no_room_is_counted),
	    cmocka_unit_test(there_is_room_for_so_many_reasons_and_they_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
