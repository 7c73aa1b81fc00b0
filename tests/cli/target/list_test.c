/* Files of targets, as they are written and as they should not be. */
#include "cli/target/list.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "merge/merge.h"
#include "support/check.h"

struct row {
	int line;
	const char *file;
	const char *want; /* targets, each with a ";"; NULL: refused */
};

static const struct row rows[] = {
    {__LINE__, "db1\ndb2\n", "db1;db2;"},
    {__LINE__, "db1", "db1;"},
    {__LINE__, "\n\n# no\n  db1\t \r\n#db2\n\t# db3\r\ndb4#5\n", "db1;db4#5;"},
    {__LINE__, "u:p@db1?filter=a%20b\n", "u:p@db1?filter=a%20b;"},
    {__LINE__, "db1 db2\n", "db1 db2;"}, /* one target, which is not valid */
    {__LINE__, "-x\n", "-x;"},		 /* never an option */
    {__LINE__, "", NULL},
    {__LINE__, "# nothing\n\r\n", NULL},
};

static void
write_file(char *path, const char *text)
{
	int fd;

	strcpy(path, "/tmp/target_list_XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void
put_all(struct text *out, const struct options *o)
{
	for (size_t i = 0; i < o->n_targets; i++) {
		text_str(out, o->targets[i]);
		text_char(out, ';');
		free((void *)(uintptr_t)o->targets[i]);
	}
}

static void
a_list_has_a_target_a_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		const char **list = calloc(1, sizeof(*list));
		struct options o = {.targets = list};
		char path[32];
		char mem[256];
		struct text text;
		bool is_good;

		write_file(path, row->file);
		o.targets_path = path;
		text_init(&text, mem, sizeof(mem));
		is_good = target_list_read(&o, &list, &text);
		check_true(__FILE__, row->line, span_str(row->file),
			   is_good == !!row->want && (text.n == 0) == is_good, "taken");
		assert_ptr_equal(o.targets, list);
		text_init(&text, mem, sizeof(mem));
		put_all(&text, &o);
		if (row->want)
			check_span(__FILE__, row->line, span_str(row->file),
				   text_span(&text), span_str(row->want), "targets");
		free(list);
		unlink(path);
	}
}

/* They stand behind those of the command line; all together are bounded. */
static void
all_lists_together_are_bounded(void **state)
{
	const char **list = calloc(MERGE_SOURCES_MAX, sizeof(*list));
	struct options o = {.targets = list, .n_targets = 1};
	char path[32];
	char mem[256];
	struct text why;

	(void)state;
	write_file(path, "db2\n");
	o.targets_path = path;
	list[0] = "db1";
	text_init(&why, mem, sizeof(mem));
	assert_true(target_list_read(&o, &list, &why));
	assert_int_equal(o.n_targets, 2);
	assert_string_equal(o.targets[0], "db1");
	assert_string_equal(o.targets[1], "db2");
	free((void *)(uintptr_t)o.targets[1]);
	free(list);
	list = calloc(MERGE_SOURCES_MAX, sizeof(*list));
	for (size_t i = 0; i < MERGE_SOURCES_MAX; i++)
		list[i] = "db1";
	o = (struct options){
	    .targets = list, .n_targets = MERGE_SOURCES_MAX, .targets_path = path};
	assert_false(target_list_read(&o, &list, &why));
	assert_string_equal(text_cstr(&why), "more than 65535 targets");
	free((void *)(uintptr_t)list[MERGE_SOURCES_MAX]);
	free(list);
	unlink(path);
}

static void
a_list_that_cannot_be_read_is_named(void **state)
{
	struct options o = {.targets_path = NULL};
	const char **list = NULL;
	char mem[256];
	struct text why;

	(void)state;
	text_init(&why, mem, sizeof(mem));
	assert_true(target_list_read(&o, &list, &why));
	o.targets_path = "/none/at/all";
	assert_false(target_list_read(&o, &list, &why));
	assert_string_equal(text_cstr(&why),
			    "--targets /none/at/all: No such file or directory; "
			    "give a file that can be read");
}

/* In the place of the argument. */
static void
words_and_files_stand_for_their_targets(void **state)
{
	char file[40] = "@";
	const char **list = calloc(3, sizeof(*list));
	struct options o = {.targets = list, .n_targets = 3};
	char mem[256];
	struct text text;

	(void)state;
	write_file(file + 1, "c\n@d\n");
	list[0] = "a,b[1-2]";
	list[1] = file;
	list[2] = strdup("g");
	text_init(&text, mem, sizeof(mem));
	assert_true(target_list_read(&o, &list, &text));
	put_all(&text, &o);
	assert_string_equal(text_cstr(&text), "a;b1;b2;c;@d;g;");
	free(list);
	unlink(file + 1);
}

/* A file of that name is meant. */
static void
the_name_of_a_file_stands_for_itself(void **state)
{
	const char **list = calloc(1, sizeof(*list));
	struct options o = {.targets = list, .n_targets = 1};
	char folder[] = "/tmp/target_list_XXXXXX";
	char mem[256];
	struct text why;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(close(creat("a,b", 0600)), 0);
	list[0] = "a,b";
	text_init(&why, mem, sizeof(mem));
	assert_true(target_list_read(&o, &list, &why));
	assert_int_equal(o.n_targets, 1);
	assert_string_equal(o.targets[0], "a,b");
	free(list);
	unlink("a,b");
	assert_int_equal(chdir("/"), 0);
	rmdir(folder);
}

/* UTF-16 has such lines: each would be cut behind its first letter. */
static void
a_list_with_a_nul_byte_is_refused(void **state)
{
	struct options o = {.n_targets = 0};
	const char **list = NULL;
	char mem[256];
	struct text why;

	(void)state;
	text_init(&why, mem, sizeof(mem));
	assert_false(target_list_take(&o, &list, span_of("db1\nd\0b\0", 8), &why));
	assert_string_equal(text_cstr(&why),
			    "--targets: a NUL byte in the file; write it as UTF-8 text");
	assert_int_equal(o.n_targets, 0);
	assert_null(list);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_list_has_a_target_a_line),
	    cmocka_unit_test(all_lists_together_are_bounded),
	    cmocka_unit_test(words_and_files_stand_for_their_targets),
	    cmocka_unit_test(the_name_of_a_file_stands_for_itself),
	    cmocka_unit_test(a_list_that_cannot_be_read_is_named),
	    cmocka_unit_test(a_list_with_a_nul_byte_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
