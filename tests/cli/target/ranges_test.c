/* Words that stand for several targets, and those that do not. */
#include "cli/target/ranges.h"

#include <string.h>

#include "support/check.h"

struct list {
	struct text text;
	size_t n;
	size_t max;
};

static bool
put(void *owner, const char *target)
{
	struct list *l = owner;

	if (l->n++ == l->max)
		return false;
	text_str(&l->text, target);
	text_char(&l->text, ';');
	return true;
}

static const struct row {
	int line;
	const char *word;
	const char *want; /* each with a ";", or what is wrong */
} rows[] = {
    {__LINE__, "db1,db2", "db1;db2;"},
    {__LINE__, "a=db1,b=db2:80,db3", "a=db1;b=db2:80;db3;"},
    {__LINE__, "db[1-3]", "db1;db2;db3;"},
    {__LINE__, "db[8-11]:80", "db8:80;db9:80;db10:80;db11:80;"},
    {__LINE__, "db[08-11]", "db08;db09;db10;db11;"},
    {__LINE__, "db[0-1]", "db0;db1;"},
    {__LINE__, "db[00-1]", "db00;db01;"},
    {__LINE__, "db[7-7].example", "db7.example;"},
    {__LINE__, "10.0.0.[1-2]", "10.0.0.1;10.0.0.2;"},
    {__LINE__, "r[1-2]n[1-2]", "r1n1;r1n2;r2n1;r2n2;"},
    {__LINE__, "ann:s[1-2]@db[1-2]", "ann:s[1-2]@db1;ann:s[1-2]@db2;"},
    {__LINE__, "db[1-2],web[1-2],x", "db1;db2;web1;web2;x;"},
    {__LINE__, "[::1]:80,[fe80::1%eth0]", "[::1]:80;[fe80::1%eth0];"},
    {__LINE__, "root@db[1-2]", "root@db1;root@db2;"},
    {__LINE__, "root@db1,root@db2", "root@db1;root@db2;"},
    {__LINE__, "ann:se,cret@db1,db2", "ann:se,cret@db1;db2;"},
    {__LINE__, "ann:secret@db1,db2", "ann:secret@db1;db2;"},
    {__LINE__, "ann:x@db1,bob:y@db2",
     "several passwords in a list; give each of its targets for itself"},
    {__LINE__, "db1,", "a name of the list is empty"},
    {__LINE__, "db1,,db2", "a name of the list is empty"},
    {__LINE__, "db[3-1]", "a range runs from the smaller number to the larger one"},
    {__LINE__, "db[1,3]", "a range is db[1-9], a list is db1,db2"},
    {__LINE__, "db[1-]", "a range is db[1-9], a list is db1,db2"},
    {__LINE__, "db[a-c]", "a range is db[1-9], a list is db1,db2"},
    {__LINE__, "db[1-9999999999]", "a range is db[1-9], a list is db1,db2"},
    {__LINE__, "db[1-2", "a range lacks its closing bracket"},
    {__LINE__, "x=db[1-2]", "a label names one target"},
    {__LINE__, "db[1-99999]", "more than 8192 targets"},
    {__LINE__, "db[1-999999999],x", "more than 8192 targets"},
};

static void
each_target_of_a_word_is_put_once(void **state)
{
	static char mem[1 << 17];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct list l = {.max = SIZE_MAX};
		struct span word = span_str(rows[i].word);
		const char *wrong;

		text_init(&l.text, mem, sizeof(mem));
		check_true(__FILE__, rows[i].line, word, ranges_is_several(word),
			   "several");
		wrong = ranges_expand(word, put, &l);
		check_span(__FILE__, rows[i].line, word,
			   wrong ? span_str(wrong) : text_span(&l.text),
			   span_str(rows[i].want), "targets");
	}
}

static void
other_words_are_left_alone(void **state)
{
	static const char *const words[] = {
	    "db1",
	    "db1:80",
	    "[::1]",
	    "[fe80::1%eth0]:80",
	    "root@[::1]",
	    "http://db[1-2]",
	    "db1/x,y",
	    "db1?interface=a,b",
	    "./a,b",
	    "x=[::1]",
	    "",
	    "ann:s[1-2],x@db1",
	    "exec:a b[1-2],c",
	    "it=exec:printf 'x[3m'",
	    "exec+sh:a,b",
	    "a=exec+sh:b[0-1]",
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(words); i++)
		check_true(__FILE__, __LINE__, span_str(words[i]),
			   !ranges_is_several(span_str(words[i])), "one");
}

static void
at_most_8192_targets_and_no_memory(void **state)
{
	static char mem[1 << 17];
	struct list l = {.max = SIZE_MAX};

	(void)state;
	text_init(&l.text, mem, sizeof(mem));
	assert_null(ranges_expand(span_str("n[1-4096],m[1-4096]"), put, &l));
	assert_int_equal(l.n, 8192);
	l = (struct list){.max = 2};
	text_init(&l.text, mem, sizeof(mem));
	assert_string_equal(ranges_expand(span_str("n[1-3]"), put, &l), "out of memory");
	assert_string_equal(ranges_expand(span_str("n[1-4097],m[1-4096]"), put,
					  &(struct list){.max = SIZE_MAX}),
			    "more than 8192 targets");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_target_of_a_word_is_put_once),
	    cmocka_unit_test(other_words_are_left_alone),
	    cmocka_unit_test(at_most_8192_targets_and_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
