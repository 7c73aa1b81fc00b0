/* Commands behind a socket, with processes of this host. */
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"
#include "sys/clock.h"
#include "sys/signals.h"

#define MS	    UINT64_C(1000000)
#define PATIENCE_NS (20 * 1000 * MS) /* for what happens at once */

static struct loop loop;
static struct spawn_set set;
static char said[65536]; /* lines of standard error, "|" behind each */

static void
on_line(void *owner, struct span line)
{
	(void)owner;
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%.*s|", (int)line.n,
		 (const char *)line.p);
}

static struct spawn *
start(const char *command, bool has_own_group, uint64_t patience_ns, int *fd)
{
	const char *const argv[] = {"/bin/sh", "-c", command, NULL};
	struct spawn_options o = {.argv = argv,
				  .has_own_group = has_own_group,
				  .patience_ns = patience_ns,
				  .on_line = on_line};
	struct spawn *c;

	said[0] = '\0';
	assert_int_equal(spawn_start(&set, &o, &c, fd), 0);
	return c;
}

/* All that comes until the end, as a string. */
static const char *
read_all(int fd)
{
	static char got[4096];
	uint64_t end_ns = clock_monotonic_ns() + PATIENCE_NS;
	size_t n = 0;

	while (clock_monotonic_ns() < end_ns) {
		ssize_t rc = read(fd, got + n, sizeof(got) - 1 - n);

		if (rc == 0)
			break;
		n += rc > 0 ? (size_t)rc : 0;
		if (rc < 0)
			loop_run_once(&loop, clock_monotonic_ns() + MS);
	}
	assert_true(clock_monotonic_ns() < end_ns);
	got[n] = '\0';
	return got;
}

static void
run_until_all_are_gone(void)
{
	uint64_t end_ns = clock_monotonic_ns() + PATIENCE_NS;

	while (set.list && clock_monotonic_ns() < end_ns)
		loop_run_once(&loop, clock_monotonic_ns() + 10 * MS);
	assert_null(set.list);
}

static void
a_command_reads_and_writes_one_socket(void **state)
{
	struct spawn *c;
	int status;
	int fd;

	(void)state;
	c = start("read a; echo got $a", false, PATIENCE_NS, &fd);
	assert_int_equal(write(fd, "x\n", 2), 2);
	assert_string_equal(read_all(fd), "got x\n");
	assert_true(spawn_has_ended(c, &status));
	assert_int_equal(status, 0);
	close(fd);
	spawn_leave(c);
	assert_null(set.list);
}

static void
the_end_comes_behind_the_status_and_the_last_words(void **state)
{
	struct spawn *c;
	int status;
	int fd;

	(void)state;
	/* output closed first, words last: a reader of the end knows them */
	c = start(
	    "echo out; exec >&- <&-; sleep 0.2; echo one >&2; printf two >&2; exit 7",
	    true, PATIENCE_NS, &fd);
	assert_string_equal(read_all(fd), "out\n");
	assert_true(spawn_has_ended(c, &status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_string_equal(said, "one|two|");
	check_span(__FILE__, __LINE__, span_str(said), spawn_last_line(c),
		   span_str("two"), "last line");
	close(fd);
	spawn_leave(c);
}

static void
lines_are_bounded_in_length_and_number(void **state)
{
	struct spawn *c;
	size_t n = 0;
	int fd;

	(void)state;
	c = start("i=0; while [ $i -lt 99 ]; do echo line; i=$((i+1)); done >&2;"
		  " head -c 5000 /dev/zero | tr '\\0' x >&2; echo last >&2",
		  true, PATIENCE_NS, &fd);
	read_all(fd);
	for (const char *p = said; *p; p++)
		n += *p == '|';
	assert_int_equal(n, SPAWN_LINES_MAX);
	assert_non_null(strstr(said, "not shown"));
	assert_int_equal(spawn_last_line(c).n, SPAWN_LINE_MAX);
	close(fd);
	spawn_leave(c);
}

static void
a_command_that_cannot_be_run_says_so(void **state)
{
	const char *const argv[] = {"/nowhere/to/be/found", NULL};
	struct spawn_options o = {
	    .argv = argv, .patience_ns = PATIENCE_NS, .on_line = on_line};
	struct spawn *c;
	int status;
	int fd;

	(void)state;
	said[0] = '\0';
	assert_int_equal(spawn_start(&set, &o, &c, &fd), 0);
	assert_string_equal(read_all(fd), "");
	assert_true(spawn_has_ended(c, &status));
	assert_int_equal(WEXITSTATUS(status), 127);
	assert_non_null(strstr(said, strerror(ENOENT)));
	close(fd);
	spawn_leave(c);
}

static void
a_stop_ends_the_input_and_leaves_the_output(void **state)
{
	struct spawn *c;
	int fd;

	(void)state;
	c = start("cat >/dev/null; echo rest", true, PATIENCE_NS, &fd);
	spawn_stop(c);
	assert_string_equal(read_all(fd), "rest\n");
	close(fd);
	spawn_leave(c);
	assert_null(set.list);
}

/* Neither the end of the input nor SIGTERM moves them. */
static void
what_does_not_end_is_killed_with_its_group(void **state)
{
	struct spawn *c;
	char *end;
	long pid;
	int fd;

	(void)state;
	c = start(
	    "trap '' TERM; (trap '' TERM; sleep 1000) & echo $!; while :; do sleep 1; "
	    "done",
	    true, 50 * MS, &fd);
	while (!strchr(said, '|') && read(fd, said, sizeof(said)) <= 0)
		usleep(1000);
	pid = strtol(said, &end, 10);
	assert_true(pid > 1 && kill((pid_t)pid, 0) == 0);
	close(fd);
	spawn_leave(c);
	run_until_all_are_gone();
	for (int i = 0; i < 2000 && kill((pid_t)pid, 0) == 0; i++)
		usleep(10000);
	assert_int_equal(kill((pid_t)pid, 0), -1);
}

static void
the_last_ones_are_killed_and_waited_for(void **state)
{
	int fd[2];

	(void)state;
	start("trap '' TERM; sleep 1000", true, PATIENCE_NS, &fd[0]);
	spawn_leave(start("trap '' TERM; sleep 1000", false, PATIENCE_NS, &fd[1]));
	spawn_set_fini(&set);
	assert_null(set.list);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	close(fd[0]);
	close(fd[1]);
}

/* ssh asks for a password on the terminal, and keeps an ignored SIGINT ignored. */
static void
in_our_group_sigint_is_ignored_and_nothing_else(void **state)
{
	struct spawn *c;
	char group[32];
	int fd;

	(void)state;
	c = start("kill -INT $$; kill -PIPE $$; echo alive", false, PATIENCE_NS, &fd);
	assert_string_equal(read_all(fd), "");
	close(fd);
	spawn_leave(c);
	c = start("kill -INT $$; cut -d' ' -f5 </proc/$$/stat", false, PATIENCE_NS, &fd);
	snprintf(group, sizeof(group), "%d\n", (int)getpgrp());
	assert_string_equal(read_all(fd), group);
	close(fd);
	spawn_leave(c);
}

static void
a_command_has_no_other_descriptor(void **state)
{
	struct spawn *c;
	int other = dup(1);
	int fd;

	(void)state;
	assert_true(other > 2);
	c = start("ls /proc/$$/fd | tr '\\n' ' '", true, PATIENCE_NS, &fd);
	assert_string_equal(read_all(fd), "0 1 2 ");
	close(fd);
	close(other);
	spawn_leave(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_command_reads_and_writes_one_socket),
	    cmocka_unit_test(the_end_comes_behind_the_status_and_the_last_words),
	    cmocka_unit_test(lines_are_bounded_in_length_and_number),
	    cmocka_unit_test(a_command_that_cannot_be_run_says_so),
	    cmocka_unit_test(a_stop_ends_the_input_and_leaves_the_output),
	    cmocka_unit_test(what_does_not_end_is_killed_with_its_group),
	    cmocka_unit_test(the_last_ones_are_killed_and_waited_for),
	    cmocka_unit_test(in_our_group_sigint_is_ignored_and_nothing_else),
	    cmocka_unit_test(a_command_has_no_other_descriptor),
	};

	if (signals_open() < 0 || loop_init(&loop) < 0)
		return 1;
	set.loop = &loop;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
