/* The writer over real files, pipes and full disks. */
#include "cli/output/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "sys/loop.h"
#include "support/check.h"

#define HEAD   24u
#define RECORD (16u + 1000)
#define LARGE  (16u + 100000)

static char dir[] = "/tmp/writer_test.XXXXXX";
static struct writer writer;
static struct options options;
static struct interfaces all;
static struct target target;
static uint8_t data[LARGE];
static uint8_t got[4 * 1024 * 1024];

/* A writer of classic pcap on path, with one interface. */
static enum writer_result
begin(const char *path)
{
	struct savefile_interface given = {.linktype = 113, .name = span_str("eth0")};
	const struct output_options format = {.format = format_of_path(NULL),
					      .is_nano = true};
	struct target *scratch;
	enum writer_result result;
	uint32_t number;

	interfaces_fini(&all);
	assert_true(interfaces_init(&all, 1, 113, false));
	assert_null(target_parse(&target, "db1"));
	target_name_all(&target, 1, &scratch);
	assert_int_equal(interfaces_add(&all, 0, 1, &target, &given, &number), 0);
	options.write_path = path;
	memset(&writer, 0, sizeof(writer));
	result = writer_open(&writer, &options);
	output_init(&writer.output, &format, &all);
	output_put_head(&writer.output);
	return result;
}

/* What all tests end with. */
static void
end(void)
{
	writer_close(&writer);
	writer_fini(&writer);
	memset(&options, 0, sizeof(options));
}

static enum writer_result
put(uint32_t size)
{
	struct savefile_record record = {
	    .time_ns = 5, .caplen = size - 16, .origlen = size};

	return writer_put_record(&writer, &record, 0, data);
}

/* Puts records until the sink takes no more, or fails; how many. */
static unsigned
fill(uint32_t size)
{
	unsigned n = 0;

	while (writer_flush(&writer) == WRITER_OK) {
		assert_true(n < 5000);
		put(size);
		n++;
	}
	return n;
}

/* The size of a file, at most SIZE_MAX. */
static size_t
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (size_t)st.st_size : SIZE_MAX;
}

/* A new fifo and its reader's end. */
static int
make_reader(const char *path)
{
	int fd;

	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	return fd;
}

/* All that the pipe holds, behind the first n bytes of got. */
static size_t
drain(int fd, size_t n)
{
	ssize_t more;

	while ((more = read(fd, got + n, sizeof(got) - n)) > 0)
		n += (size_t)more;
	return n;
}

static void
check_failure(const char *want)
{
	char mem[512];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	writer_put_failure(&writer, &line);
	assert_string_equal(text_cstr(&line), want);
}

static void
records_arrive_and_the_last_is_told(void **state)
{
	(void)state;
	options.count = 2;
	assert_int_equal(begin("x"), WRITER_OK);
	assert_int_equal(put(RECORD), WRITER_OK);
	assert_int_equal(put(RECORD), WRITER_LAST);
	assert_int_equal(size_of("x"), 0);
	assert_int_equal(writer_put_tail(&writer), WRITER_OK);
	assert_int_equal(size_of("x"), HEAD + 2 * RECORD);
	assert_true(writer_is_file(&writer, "./x"));
	assert_false(writer_is_file(&writer, "."));
	end();
}

static void
a_full_file_gives_way_and_the_oldest_goes(void **state)
{
	char names[3][WRITER_PATH_MAX];

	(void)state;
	options.rotate_bytes = HEAD + RECORD + 1;
	options.rotate_keep = 2;
	assert_int_equal(begin("row.pcap"), WRITER_OK);
	for (int i = 0; i < 3; i++) {
		memcpy(names[i], writer.path, sizeof(names[i]));
		assert_int_equal(put(RECORD), WRITER_OK);
		assert_false(writer_is_due(&writer));
		assert_int_equal(put(RECORD), WRITER_OK);
		assert_true(writer_is_due(&writer));
		if (i == 2)
			break;
		assert_int_equal(writer_turn(&writer), WRITER_OK);
		assert_int_equal(writer.kept_error, 0);
		assert_int_equal(writer_describe(&writer), WRITER_OK);
		assert_int_equal(size_of(names[i]), HEAD + 2 * RECORD);
		assert_int_equal(size_of(writer.path), HEAD);
	}
	assert_int_equal(size_of(names[0]), SIZE_MAX);
	assert_int_equal(writer_put_tail(&writer), WRITER_OK);
	assert_int_equal(size_of(names[2]), HEAD + 2 * RECORD);
	unlink(names[1]);
	assert_int_equal(writer_turn(&writer), WRITER_OK);
	assert_int_equal(writer.kept_error, -ENOENT);
	unlink(names[2]);
	unlink(writer.path);
	end();
}

static void
a_file_that_is_over_is_complete_and_the_next_waits_for_a_record(void **state)
{
	char first[WRITER_PATH_MAX];

	(void)state;
	options.rotate_ns = 1000;
	assert_int_equal(begin("row.pcap"), WRITER_OK);
	memcpy(first, writer.path, sizeof(first));
	all.linktype = INTERFACES_OPEN;
	assert_int_equal(writer_expire(&writer, 5), WRITER_OK);
	assert_int_equal(writer.file_end_ns, 1005);
	all.linktype = 113;
	put(RECORD);
	assert_int_equal(writer_expire(&writer, 1005), WRITER_OK);
	assert_int_equal(size_of(first), HEAD + RECORD);
	assert_int_equal(writer.file_end_ns, LOOP_NEVER);
	assert_true(writer_is_due(&writer));
	assert_int_equal(writer_put_tail(&writer), WRITER_OK);
	assert_string_equal(writer.path, first);
	assert_int_equal(writer_turn(&writer), WRITER_OK);
	assert_true(writer.file_end_ns != LOOP_NEVER);
	assert_string_not_equal(writer.path, first);
	unlink(first);
	unlink(writer.path);
	end();
}

static void
a_full_pipe_is_told_and_nothing_is_lost(void **state)
{
	unsigned n;
	size_t size;
	int fd = make_reader("fifo");

	(void)state;
	assert_int_equal(begin("fifo"), WRITER_OK);
	n = fill(RECORD);
	assert_int_equal(writer.state, WRITER_FULL);
	size = drain(fd, 0);
	assert_true(size > 0 && size < HEAD + n * RECORD);
	assert_int_equal(writer_flush(&writer), WRITER_FULL);
	assert_int_equal(writer_put_tail(&writer), WRITER_FULL);
	writer_resume(&writer);
	assert_int_equal(writer_put_tail(&writer), WRITER_OK);
	assert_int_equal(drain(fd, size), HEAD + n * RECORD);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(bytes_le32(got + HEAD + i * RECORD + 8), RECORD - 16);
	close(fd);
	end();
}

static void
a_record_in_part_is_finished_if_the_reader_takes_it(void **state)
{
	size_t rest, size;
	unsigned n;
	int fd = make_reader("fifo");

	(void)state;
	assert_int_equal(begin("fifo"), WRITER_OK);
	n = fill(LARGE);
	put(LARGE);
	rest = output_begun(&writer.output).n;
	assert_true(rest > 0);
	/* nobody reads: it gives up, in time */
	assert_int_equal(writer_finish_begun(&writer), WRITER_GONE);
	assert_int_equal(output_begun(&writer.output).n, rest);
	size = drain(fd, 0);
	writer.state = WRITER_FULL; /* once more, as if it had not given up */
	assert_int_equal(writer_finish_begun(&writer), WRITER_GONE);
	assert_int_equal(writer_flush(&writer), WRITER_GONE);
	assert_int_equal(output_begun(&writer.output).n, 0);
	assert_int_equal(drain(fd, size), HEAD + n * LARGE);
	close(fd);
	end();
}

static void
a_reader_that_has_gone_is_no_failure_and_stays_gone(void **state)
{
	int fd = make_reader("fifo");

	(void)state;
	assert_int_equal(begin("fifo"), WRITER_OK);
	assert_int_equal(writer_flush(&writer), WRITER_OK);
	close(fd);
	put(RECORD);
	assert_int_equal(writer_flush(&writer), WRITER_GONE);
	writer_resume(&writer);
	assert_int_equal(writer_put_tail(&writer), WRITER_GONE);
	assert_int_equal(writer_turn(&writer), WRITER_GONE);
	assert_int_equal(writer_close(&writer), WRITER_GONE);
	end();
	fd = make_reader("fifo");
	assert_int_equal(begin("fifo"), WRITER_OK);
	assert_int_equal(writer_end_reader(&writer), WRITER_GONE);
	close(fd);
	end();
}

static void
a_full_device_fails_and_says_why(void **state)
{
	(void)state;
	options.count = 1;
	assert_int_equal(begin("/dev/full"), WRITER_OK);
	assert_int_equal(put(RECORD), WRITER_LAST);
	assert_int_equal(writer_put_tail(&writer), WRITER_FAILED);
	assert_int_equal(writer.error, -ENOSPC);
	check_failure("/dev/full: write: No space left on device; choose a place that "
		      "has room");
	assert_int_equal(writer_close(&writer), WRITER_FAILED);
	assert_int_equal(writer.error, -ENOSPC);
	end();
}

static void
a_full_disk_leaves_whole_records(void **state)
{
	struct rlimit before, limit = {.rlim_cur = 5000};
	size_t torn;
	unsigned n, n_late = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit.rlim_max = before.rlim_max;
	assert_int_equal(begin("y"), WRITER_OK);
	for (n = 0; n < 10; n++) {
		if (n % 4 == 2)
			output_note_late(&writer.output);
		put(RECORD);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	writer_flush(&writer);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(writer.state, WRITER_FAILED);
	assert_int_equal(writer.error, -EFBIG);
	assert_int_equal(size_of("y"), HEAD + 4 * RECORD);
	assert_int_equal(output_torn(&writer.output, &torn), 6);
	for (n = 0; n < 6; n++) {
		bool is_late;

		output_unwritten(&writer.output, n, &is_late);
		assert_int_equal(is_late, (9 - n) % 4 == 2);
		n_late += is_late;
	}
	assert_int_equal(n_late, 1); /* the other was written */
	check_failure("y: write: File too large: it is whole up to its last packet; "
		      "choose a place that has room");
	end();
}

static void
what_cannot_be_opened_fails(void **state)
{
	char name[WRITER_PATH_MAX];

	(void)state;
	assert_int_equal(begin("no/x"), WRITER_FAILED);
	assert_int_equal(writer.error, -ENOENT);
	check_failure("no/x: No such file or directory; choose a place that has room and "
		      "that you may write to");
	end();
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	options.rotate_bytes = 5000;
	assert_int_equal(begin(name), WRITER_FAILED);
	assert_int_equal(writer.error, -ENAMETOOLONG);
	end();
}

static int
enter(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
	(void)state;
	interfaces_fini(&all);
	unlink("x");
	unlink("y");
	unlink("fifo");
	return chdir("/") == 0 && rmdir(dir) == 0 ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_arrive_and_the_last_is_told),
	    cmocka_unit_test(a_full_file_gives_way_and_the_oldest_goes),
	    cmocka_unit_test(
		a_file_that_is_over_is_complete_and_the_next_waits_for_a_record),
	    cmocka_unit_test(a_full_pipe_is_told_and_nothing_is_lost),
	    cmocka_unit_test(a_record_in_part_is_finished_if_the_reader_takes_it),
	    cmocka_unit_test(a_reader_that_has_gone_is_no_failure_and_stays_gone),
	    cmocka_unit_test(a_full_device_fails_and_says_why),
	    cmocka_unit_test(a_full_disk_leaves_whole_records),
	    cmocka_unit_test(what_cannot_be_opened_fails),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
