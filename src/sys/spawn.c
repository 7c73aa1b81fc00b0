/* Child processes, from fork to wait. What they are for, and what they say, is not known here. */
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/service.h"
#include "sys/signals.h"

struct spawn {
	struct spawn *next;
	struct spawn_set *set;
	struct spawn_options options;
	pid_t pid;
	int peer_fd; /* the child's end of the socket, kept until all is told; or -1 */
	struct loop_watch errors;
	struct loop_timer timer;
	bool is_stopping;
	bool is_left; /* nobody waits for it */
	bool has_ended;
	int status;
	int signal_number; /* the next to be sent */
	unsigned n_lines;
	size_t n; /* of the line at work */
	size_t n_last;
	char line[SPAWN_LINE_MAX];
	char last[SPAWN_LINE_MAX];
};

static void
tell_line(struct spawn *c)
{
	if (c->n == 0)
		return;
	memcpy(c->last, c->line, c->n);
	c->n_last = c->n;
	c->n = 0;
	c->n_lines++;
	if (c->is_left || c->n_lines > SPAWN_LINES_MAX)
		return;
	c->options.on_line(c->options.owner,
			   c->n_lines < SPAWN_LINES_MAX
			       ? span_of(c->last, c->n_last)
			       : span_str("(it says more, which is not shown)"));
}

static void
take_errors(struct spawn *c, struct span in)
{
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == '\n' || in.p[i] == '\r')
			tell_line(c);
		else if (c->n < sizeof(c->line))
			c->line[c->n++] = (char)in.p[i];
	}
}

static void
remove_from_set(struct spawn *c)
{
	struct spawn **at = &c->set->list;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
}

static void
free_child(struct spawn *c)
{
	remove_from_set(c);
	loop_timer_cancel(c->set->loop, &c->timer);
	if (c->errors.fd >= 0) {
		int fd = c->errors.fd;

		loop_remove(c->set->loop, &c->errors);
		close(fd);
	}
	if (c->peer_fd >= 0)
		close(c->peer_fd);
	free(c);
}

/* To all of its group, which outlives it. */
static void
send_signal(const struct spawn *c, int number)
{
	kill(c->options.has_own_group ? -c->pid : c->pid, number);
}

/* Nobody but this process asks for it: its number may be another's from here on. */
static void
bury(struct spawn *c)
{
	if (c->options.has_own_group)
		send_signal(c, SIGTERM);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	free_child(c);
}

/* It has ended and its words are told: the reader of its output may know. */
static void
close_output(struct spawn *c)
{
	int fd = c->errors.fd;

	tell_line(c);
	loop_remove(c->set->loop, &c->errors);
	loop_timer_cancel(c->set->loop, &c->timer);
	if (fd >= 0)
		close(fd);
	close(c->peer_fd);
	c->peer_fd = -1;
}

static void
on_errors(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct spawn *c = LOOP_OWNER(struct spawn, errors, w);
	uint8_t mem[1024];
	ssize_t n = read(w->fd, mem, sizeof(mem));
	int fd = w->fd;

	(void)ready;
	(void)now_ns;
	if (n > 0)
		take_errors(c, span_of(mem, (size_t)n));
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	if (c->has_ended) {
		close_output(c);
		return;
	}
	loop_remove(c->set->loop, w);
	close(fd);
}

static void
on_time(struct loop_timer *t, uint64_t now_ns)
{
	struct spawn *c = LOOP_OWNER(struct spawn, timer, t);

	if (c->has_ended) {
		close_output(c);
		return;
	}
	send_signal(c, c->signal_number);
	c->signal_number = SIGKILL;
	loop_timer_set(c->set->loop, t, now_ns + c->options.patience_ns);
}

/* Its status stays with the kernel until spawn_leave. */
static void
look_at(struct spawn *c, uint64_t now_ns)
{
	siginfo_t info = {.si_pid = 0};

	if (c->has_ended ||
	    waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    info.si_pid == 0)
		return;
	c->has_ended = true;
	c->status = info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8
					       : info.si_status & 0x7f;
	if (c->is_left)
		bury(c);
	else if (c->errors.fd < 0)
		close_output(c);
	else
		loop_timer_set(c->set->loop, &c->timer, now_ns + SPAWN_DRAIN_NS);
}

static void
on_signal(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct spawn_set *set = LOOP_OWNER(struct spawn_set, watch, w);
	struct spawn *next;

	(void)ready;
	while (signals_read(w->fd) != 0)
		continue;
	for (struct spawn *c = set->list; c; c = next) {
		next = c->next;
		look_at(c, now_ns);
	}
}

static int
open_set(struct spawn_set *set)
{
	sigset_t child;
	int fd;
	int rc;

	if (set->is_open)
		return 0;
	signal(SIGCHLD, SIG_DFL); /* a parent's "ignore" would take the status */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	fd = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	set->watch = (struct loop_watch){.fd = -1, .on_ready = on_signal};
	rc = loop_add(set->loop, &set->watch, fd, LOOP_IN);
	set->is_open = rc == 0;
	if (rc < 0)
		close(fd);
	return rc;
}

/* The child, between fork and exec. */
static _Noreturn void
become(const struct spawn_options *o, int io_fd, int error_fd)
{
	static const char what[] = "cannot be run: ";
	const char *why;

	signals_reset();
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (o->has_own_group)
		setpgid(0, 0);
	else
		signal(SIGINT, SIG_IGN);
	dup2(io_fd, STDIN_FILENO);
	dup2(io_fd, STDOUT_FILENO);
	dup2(error_fd, STDERR_FILENO);
	service_close_from(STDERR_FILENO + 1);
	execvp(o->argv[0], (char *const *)(uintptr_t)o->argv);
	why = strerror(errno);
	if (write(STDERR_FILENO, what, sizeof(what) - 1) > 0 &&
	    write(STDERR_FILENO, why, strlen(why)) < 0)
		_exit(126);
	_exit(127);
}

/* Both ends of a channel, close-on-exec; ours does not block. */
static int
open_ends(int io[2], int errors[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, io) < 0)
		return -errno;
	if (pipe2(errors, O_CLOEXEC) < 0) {
		int rc = -errno;

		close(io[0]);
		close(io[1]);
		return rc;
	}
	fcntl(io[0], F_SETFL, O_NONBLOCK);
	fcntl(errors[0], F_SETFL, O_NONBLOCK);
	return 0;
}

static int
start(struct spawn *c, const int io[2], const int errors[2])
{
	int rc = loop_add(c->set->loop, &c->errors, errors[0], LOOP_IN);

	if (rc < 0)
		return rc;
	c->pid = fork();
	if (c->pid == 0)
		become(&c->options, io[1], errors[1]);
	if (c->pid < 0) {
		rc = -errno;
		loop_remove(c->set->loop, &c->errors);
		return rc;
	}
	if (c->options.has_own_group)
		setpgid(c->pid, c->pid); /* whoever comes first */
	c->options.argv = NULL;
	c->peer_fd = io[1];
	c->next = c->set->list;
	c->set->list = c;
	return 0;
}

int
spawn_start(struct spawn_set *set, const struct spawn_options *o, struct spawn **child,
	    int *fd)
{
	struct spawn *c = malloc(sizeof(*c));
	int rc = c ? open_set(set) : -ENOMEM;
	int errors[2] = {-1, -1};
	int io[2] = {-1, -1};

	if (rc == 0)
		rc = open_ends(io, errors);
	if (rc != 0) {
		free(c);
		return rc;
	}
	*c = (struct spawn){.set = set,
			    .options = *o,
			    .peer_fd = -1,
			    .signal_number = SIGTERM,
			    .errors = {.fd = -1, .on_ready = on_errors},
			    .timer = {.on_time = on_time}};
	rc = start(c, io, errors);
	close(errors[1]);
	if (rc == 0) {
		*child = c;
		*fd = io[0];
		return 0;
	}
	close(errors[0]);
	close(io[0]);
	close(io[1]);
	free(c);
	return rc;
}

void
spawn_stop(struct spawn *c)
{
	if (c->is_stopping || c->has_ended)
		return;
	c->is_stopping = true;
	shutdown(c->peer_fd, SHUT_RD);
	loop_timer_set(c->set->loop, &c->timer,
		       c->set->loop->now_ns + c->options.patience_ns);
}

void
spawn_leave(struct spawn *c)
{
	spawn_stop(c);
	c->is_left = true;
	if (c->has_ended) {
		bury(c);
		return;
	}
	close(c->peer_fd); /* it may not wait for a reader */
	c->peer_fd = -1;
}

bool
spawn_has_ended(const struct spawn *c, int *status)
{
	*status = c->status;
	return c->has_ended;
}

struct span
spawn_last_line(const struct spawn *c)
{
	return span_of(c->last, c->n_last);
}

void
spawn_set_fini(struct spawn_set *set)
{
	int fd = set->watch.fd;
	struct spawn *next;

	for (struct spawn *c = set->list; c; c = next) {
		next = c->next;
		send_signal(c, SIGKILL);
		bury(c);
	}
	if (!set->is_open)
		return;
	loop_remove(set->loop, &set->watch);
	close(fd);
	set->is_open = false;
}
