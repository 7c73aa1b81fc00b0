/* What a terminal is sent while ddump runs: on a pseudoterminal, with time as an argument. */
#include "cli/report/display.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "support/check.h"
#include "support/child.h"
#include "support/said.h"
#include "sys/log.h"

#define MS UINT64_C(1000000)

static struct display d;
static struct options options;
static struct view list[2];
static int terminal = -1; /* the side of the person */
static int saved = -1;

static void
view_at(const void *of, uint32_t i, struct view *v)
{
	*v = ((const struct view *)of)[i];
}

static const struct views views = {list, 2, view_at};

/* Standard error becomes a terminal of 80 columns and 24 lines. */
static void
open_terminal(void)
{
	struct winsize size = {.ws_col = 80, .ws_row = 24};
	struct termios raw;
	int fd;

	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
	fd = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	assert_true(fd >= 0);
	tcgetattr(fd, &raw);
	cfmakeraw(&raw);
	tcsetattr(fd, TCSANOW, &raw);
	ioctl(fd, TIOCSWINSZ, &size);
	saved = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static void
close_terminal(void)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(terminal);
}

/* What the person sees since. */
static const char *
shown(void)
{
	static char mem[65536];
	struct pollfd p = {.fd = terminal, .events = POLLIN};
	size_t n = 0;

	while (poll(&p, 1, 0) == 1 && (p.revents & POLLIN)) {
		ssize_t got = read(terminal, mem + n, sizeof(mem) - 1 - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	mem[n] = '\0';
	return mem;
}

static int
set_up(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	memset(&options, 0, sizeof(options));
	for (size_t i = 0; i < CHECK_COUNT(list); i++)
		list[i] = (struct view){.name = i == 0 ? "db1" : "db2",
					.reason = "",
					.state = VIEW_CAPTURING,
					.lag_ns = VIEW_UNKNOWN,
					.counts = {.is_exact = true, .has_drops = true}};
	setenv("TERM", "xterm", 1);
	log_init("ddump", LOG_INFO);
	return 0;
}

static void
without_a_terminal_it_is_none_or_sentences_if_they_are_asked_for(void **state)
{
	static const struct {
		int line;
		enum options_progress progress;
		bool is_quiet;
		bool is_shared;
		enum display_kind kind;
	} rows[] = {
	    {__LINE__, OPTIONS_PROGRESS_AUTO, false, false, DISPLAY_NONE},
	    {__LINE__, OPTIONS_PROGRESS_ALWAYS, false, false, DISPLAY_SENTENCES},
	    {__LINE__, OPTIONS_PROGRESS_ALWAYS, false, true, DISPLAY_SENTENCES},
	    {__LINE__, OPTIONS_PROGRESS_ALWAYS, true, false, DISPLAY_NONE},
	    {__LINE__, OPTIONS_PROGRESS_NEVER, false, false, DISPLAY_NONE},
	};

	(void)state;
	said_begin();
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		options.progress = rows[i].progress;
		options.is_quiet = rows[i].is_quiet;
		display_open(&d, &options, rows[i].is_shared, false);
		check_u64(__FILE__, rows[i].line, span_str("display"), d.kind,
			  rows[i].kind, "kind");
		assert_int_equal(display_deadline(&d) == LOOP_NEVER,
				 rows[i].kind == DISPLAY_NONE);
		display_close(&d);
	}
	said_end();
}

static void
on_a_terminal_it_is_lines_unless_they_would_disturb(void **state)
{
	static const struct {
		int line;
		enum options_progress progress;
		bool is_shared;
		const char *term;
		enum display_kind kind;
	} rows[] = {
	    {__LINE__, OPTIONS_PROGRESS_AUTO, false, "xterm", DISPLAY_LINES},
	    {__LINE__, OPTIONS_PROGRESS_AUTO, true, "xterm", DISPLAY_NONE},
	    {__LINE__, OPTIONS_PROGRESS_ALWAYS, true, "xterm", DISPLAY_LINES},
	    {__LINE__, OPTIONS_PROGRESS_NEVER, false, "xterm", DISPLAY_NONE},
	    {__LINE__, OPTIONS_PROGRESS_AUTO, false, "dumb", DISPLAY_NONE},
	    {__LINE__, OPTIONS_PROGRESS_ALWAYS, false, "dumb", DISPLAY_SENTENCES},
	};

	(void)state;
	open_terminal();
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		options.progress = rows[i].progress;
		setenv("TERM", rows[i].term, 1);
		display_open(&d, &options, rows[i].is_shared, false);
		check_u64(__FILE__, rows[i].line, span_str(rows[i].term), d.kind,
			  rows[i].kind, "kind");
		display_close(&d);
	}
	close_terminal();
}

static void
open_lines(void)
{
	open_terminal();
	options.progress = OPTIONS_PROGRESS_ALWAYS;
	display_open(&d, &options, false, false);
	assert_int_equal(d.kind, DISPLAY_LINES);
}

static void
lines_are_drawn_each_half_second_with_rates_of_that_time(void **state)
{
	uint64_t now;

	(void)state;
	open_lines();
	now = d.start_ns;
	assert_int_equal(display_deadline(&d), now + 500 * MS);
	display_run(&d, &views, false, now + 499 * MS);
	assert_string_equal(shown(), "");
	now += 500 * MS;
	display_run(&d, &views, false, now);
	assert_non_null(strstr(shown(), "db1"));
	for (int i = 0; i < 20; i++) { /* the mean of now and before */
		list[0].counts.written += 50;
		now += 500 * MS;
		assert_int_equal(display_deadline(&d), now);
		display_run(&d, &views, false, now);
	}
	assert_in_range(d.rows[0].packets_s, 98, 100);
	assert_int_equal(d.rows[1].packets_s, 0);
	display_close(&d);
	close_terminal();
}

static void
a_log_line_stands_above_the_lines_which_come_back_soon(void **state)
{
	const char *text;
	uint64_t now;

	(void)state;
	open_lines();
	now = d.start_ns + 500 * MS;
	display_run(&d, &views, false, now);
	shown();
	log_line(LOG_INFO, "something");
	text = shown();
	assert_non_null(strstr(text, "\x1b[J"));
	assert_true(strstr(text, "ddump: something") > strstr(text, "\x1b[J"));
	assert_int_equal(display_deadline(&d), now + DISPLAY_REDRAW_NS);
	display_run(&d, &views, false, now + DISPLAY_REDRAW_NS - 1);
	assert_string_equal(shown(), "");
	display_run(&d, &views, false, now + DISPLAY_REDRAW_NS);
	assert_non_null(strstr(shown(), "db1"));
	assert_int_equal(display_deadline(&d), now + DISPLAY_PERIOD_NS);
	display_close(&d);
	close_terminal();
}

static void
the_terminal_is_left_clean(void **state)
{
	const char *text;

	(void)state;
	open_lines();
	display_run(&d, &views, false, d.start_ns + 500 * MS);
	shown();
	display_close(&d);
	text = shown();
	assert_true(strlen(text) >= 3);
	assert_string_equal(text + strlen(text) - 3, "\x1b[J");
	display_close(&d);
	assert_string_equal(shown(), "");
	log_line(LOG_INFO, "behind it");
	assert_string_equal(shown(), "ddump: behind it\n");
	close_terminal();
}

static void
sentences_come_each_ten_seconds(void **state)
{
	uint64_t now;

	(void)state;
	said_begin();
	options.progress = OPTIONS_PROGRESS_ALWAYS;
	display_open(&d, &options, false, false);
	now = d.start_ns + DISPLAY_SENTENCE_NS;
	list[1].state = VIEW_LOST;
	display_run(&d, &views, false, now - 1);
	assert_string_equal(said(), "");
	display_run(&d, &views, false, now);
	assert_non_null(strstr(said(), "ddump: 1 of 2 targets, "));
	assert_int_equal(display_deadline(&d), now + DISPLAY_SENTENCE_NS);
	display_close(&d);
	said_end();
}

static void
a_terminal_of_another_size_is_drawn_anew_and_a_continued_one_at_once(void **state)
{
	struct loop loop;
	uint64_t now;

	(void)state;
	open_lines();
	assert_int_equal(loop_init(&loop), 0);
	assert_int_equal(display_watch(&d, &loop), 0);
	now = d.start_ns + 500 * MS;
	display_run(&d, &views, false, now);
	assert_false(d.is_erased);
	raise(SIGWINCH);
	loop_run_once(&loop, 0);
	assert_true(d.is_erased);
	assert_int_equal(display_deadline(&d), now + DISPLAY_REDRAW_NS);
	raise(SIGCONT);
	now = loop_run_once(&loop, 0);
	assert_true(display_deadline(&d) <= now);
	display_close(&d);
	loop_fini(&loop);
	close_terminal();
}

/* Of a session of its own, whose terminal it is: a bit for each thing that is wrong. */
static int
draw_in_front_and_behind(void *arg)
{
	int wrong = 0;

	(void)arg;
	setsid();
	ioctl(STDERR_FILENO, TIOCSCTTY, 0);
	options.progress = OPTIONS_PROGRESS_AUTO;
	display_open(&d, &options, false, false);
	display_run(&d, &views, false, d.start_ns + 500 * MS);
	wrong |= strstr(shown(), "db1") ? 0 : 1;
	wrong |= d.screen.is_shown ? 0 : 2;
	return wrong;
}

static void
a_job_in_front_draws_on_its_own_terminal(void **state)
{
	(void)state;
	open_terminal();
	assert_int_equal(child_run(draw_in_front_and_behind, NULL), 0);
	close_terminal();
}

static void
a_terminal_that_is_not_this_sessions_is_drawn_on_only_if_asked_for(void **state)
{
	(void)state;
	open_terminal();
	display_open(&d, &options, false, false);
	display_run(&d, &views, false, d.start_ns + 500 * MS);
	assert_string_equal(shown(), "");
	display_close(&d);
	close_terminal();
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(without_a_terminal_it_is_none_or_sentences_if_they_are_asked_for),
	    TEST(on_a_terminal_it_is_lines_unless_they_would_disturb),
	    TEST(lines_are_drawn_each_half_second_with_rates_of_that_time),
	    TEST(a_log_line_stands_above_the_lines_which_come_back_soon),
	    TEST(the_terminal_is_left_clean),
	    TEST(sentences_come_each_ten_seconds),
	    TEST(a_terminal_of_another_size_is_drawn_anew_and_a_continued_one_at_once),
	    TEST(a_job_in_front_draws_on_its_own_terminal),
	    TEST(a_terminal_that_is_not_this_sessions_is_drawn_on_only_if_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
