/*
 * Forks and reaps. What the front says is checked as a whole (request_fault); nothing
 * that a client sent is parsed.
 *
 *   front --(struct request + client socket, one SEQPACKET message)--> launcher
 *   launcher --fork--> capture process        launcher --slot, eventfd--> front
 */
#include "worker/launcher/launcher.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/priv.h"
#include "sys/sandbox.h"
#include "sys/signals.h"
#include "worker/capture/process.h"
#include "worker/common/confine.h"
#include "worker/common/messages.h"
#include "worker/common/request_fault.h"
#include "worker/front/front.h"
#include "worker/relay/relay.h"

#define PASSED_MAX 2 /* descriptors there is room for in one message */

struct launcher {
	const struct config *config;
	struct loop loop;
	struct loop_watch front;
	struct loop_watch signals;
	struct loop_timer patience; /* with those that are to end: then they are killed */
	pid_t front_pid;
	pid_t relay_pid;       /* with -stdio */
	int stdio_fd;	       /* its socket's other end, for the front */
	pid_t pids[SLOTS_MAX]; /* of the captures; others can write to the slots */
	bool is_validation[SLOTS_MAX];
	bool is_stopping;
	bool has_failed;
};

static size_t
slot_of(const struct launcher *l, pid_t pid)
{
	size_t i = 0;

	while (i < SLOTS_MAX && l->pids[i] != pid)
		i++;
	return i;
}

static size_t
count_captures(const struct launcher *l)
{
	size_t n = 0;

	for (size_t i = 0; i < SLOTS_MAX; i++)
		n += l->pids[i] != 0;
	return n;
}

/* The relay ends by itself, when all has been said. */
static void
signal_all(const struct launcher *l, int signal_number)
{
	if (l->relay_pid > 0 && signal_number == SIGKILL)
		kill(l->relay_pid, signal_number);
	if (l->front_pid > 0)
		kill(l->front_pid, signal_number);
	for (size_t i = 0; i < SLOTS_MAX; i++)
		if (l->pids[i] > 0)
			kill(l->pids[i], signal_number);
}

static void
stop(struct launcher *l, uint64_t now_ns)
{
	if (l->is_stopping)
		return;
	l->is_stopping = true;
	loop_timer_set(&l->loop, &l->patience, now_ns + LAUNCHER_STOP_NS);
	signal_all(l, SIGTERM);
}

static void
on_patience(struct loop_timer *t, uint64_t now_ns)
{
	struct launcher *l = LOOP_OWNER(struct launcher, patience, t);

	signal_all(l, SIGKILL);
	loop_timer_set(&l->loop, t, now_ns + LAUNCHER_STOP_NS);
}

/* The capture's own process, for the rest of its life. */
static _Noreturn void
be_capture(struct launcher *l, const struct request *r, int client_fd, pid_t parent)
{
	if (!priv_die_with_parent(parent))
		_exit(1);
	close(l->front.fd);
	close(l->signals.fd);
	loop_fini(&l->loop);
	capture_process_run(l->config, r, client_fd);
	_exit(0);
}

/* No process is there to say it: the front answers its client as after one that failed. */
static void
refuse(struct launcher *l, uint32_t number, uint32_t status, const char *why)
{
	struct slot *slot = &l->config->slots->slot[number];

	slots_fail(slot, SLOT_END_FAILED, status, SLOT_PROBLEM_NONE, span_str(why));
	slots_exit(slot, 0);
	slots_ring(l->config->bell);
}

/* The front has its own count; this one holds when the front is not what it was. */
static bool
has_place(const struct launcher *l, const struct request *r)
{
	size_t max = r->is_validation ? SLOTS_VALIDATIONS_MAX : l->config->max_captures;
	size_t n = 0;

	for (size_t i = 0; i < SLOTS_MAX; i++)
		n += l->pids[i] != 0 && l->is_validation[i] == r->is_validation;
	return n < max;
}

/* Whether the message is one that a process with CAP_NET_RAW may see. */
static bool
is_sound(struct launcher *l, const struct request *r)
{
	const char *fault = request_fault(r, l->config);

	/* the slot's process answers for the slot */
	if (!fault && l->pids[r->slot] != 0)
		fault = "slot (taken)";
	else if (!fault && !has_place(l, r))
		fault = "slot (more than -max-captures)";
	if (!fault)
		return true;
	log_line(LOG_ERROR,
		 "the front sent a request that is not sound: %s; a bug, or an attack",
		 fault);
	if (r->slot < SLOTS_MAX && l->pids[r->slot] == 0)
		refuse(l, r->slot, 500, "the worker made a request that is not sound");
	return false;
}

static void
start_capture(struct launcher *l, const struct request *r, int client_fd)
{
	pid_t parent = getpid();
	pid_t pid;

	if (l->is_stopping || !is_sound(l, r))
		return;
	pid = fork();
	if (pid == 0)
		be_capture(l, r, client_fd, parent);
	if (pid < 0)
		refuse(l, r->slot, 503, "no process can be started for this capture");
	else
		l->pids[r->slot] = pid;
	l->is_validation[r->slot] = r->is_validation;
}

/* The slot's process, or none: it may be gone by now. */
static void
stop_capture(const struct launcher *l, const struct message_stop *stop)
{
	if (stop->slot < SLOTS_MAX && l->pids[stop->slot] > 0)
		kill(l->pids[stop->slot], SLOTS_STOP);
}

/* A whole message with one descriptor at most, or nothing. */
static ssize_t
receive(int fd, struct request *r, int *client_fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(PASSED_MAX * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = r, .iov_len = sizeof(*r)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	size_t n_fds = 0;
	int fds[PASSED_MAX];

	*client_fd = -1;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	for (size_t i = 0; i < n_fds && i < PASSED_MAX; i++)
		memcpy(&fds[i], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	for (size_t i = 1; i < n_fds && i < PASSED_MAX; i++)
		close(fds[i]); /* nobody of ours sends more than one */
	if (n_fds > 0)
		*client_fd = fds[0];
	/* one that is longer is none of ours */
	return m.msg_flags & MSG_TRUNC ? -1 : n;
}

static void
on_front(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	static struct request r;
	struct launcher *l = LOOP_OWNER(struct launcher, front, w);
	int client_fd;
	ssize_t n = receive(w->fd, &r, &client_fd);

	(void)ready;
	if (n == (ssize_t)sizeof(r) && client_fd >= 0)
		start_capture(l, &r, client_fd);
	if (n == (ssize_t)sizeof(struct message_stop))
		stop_capture(l, (const struct message_stop *)(const void *)&r);
	if (client_fd >= 0)
		close(client_fd);
	if (n == 0 && !l->is_stopping) {
		l->has_failed = true;
		stop(l, now_ns);
	}
	if (n == 0)
		loop_remove(&l->loop, w);
}

static void
reaped_front(struct launcher *l, int status, uint64_t now_ns)
{
	l->front_pid = 0;
	if (!l->is_stopping || l->has_failed) {
		if (WIFSIGNALED(status))
			log_line(LOG_ERROR, "the front process died of signal %d",
				 WTERMSIG(status));
		else
			log_line(LOG_ERROR, "the front process ended with status %d",
				 WEXITSTATUS(status));
		l->has_failed = true;
	}
	stop(l, now_ns);
}

static void
reap(struct launcher *l, uint64_t now_ns)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		size_t i = slot_of(l, pid);

		if (pid == l->front_pid)
			reaped_front(l, status, now_ns);
		if (pid == l->relay_pid) {
			l->relay_pid = 0;
			stop(l, now_ns);
		}
		if (i == SLOTS_MAX)
			continue;
		l->pids[i] = 0;
		slots_exit(&l->config->slots->slot[i], status);
		slots_ring(l->config->bell);
	}
}

static void
on_signal(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct launcher *l = LOOP_OWNER(struct launcher, signals, w);
	struct signalfd_siginfo info;

	(void)ready;
	while (read(w->fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(l, now_ns);
		else
			stop(l, now_ns);
	}
}

static int
change_identity(bool may_resolve)
{
	int rc =
	    geteuid() == 0 ? sandbox_enter_empty_root(confine_files(may_resolve)) : 0;

	if (rc < 0)
		log_line(LOG_INFO, "no empty root directory can be had here: %s",
			 strerror(-rc));
	if (!sandbox_has_seccomp())
		log_line(LOG_INFO, "no seccomp here: system calls are not limited");
	if (!sandbox_has_landlock())
		log_line(LOG_INFO, "no Landlock here: files are out of reach only by the "
				   "empty root, if there is one");
	rc = priv_become_launcher();
	if (rc < 0)
		log_line(LOG_ERROR, "privileges cannot be given up: %s", strerror(-rc));
	return rc;
}

static bool
may_capture(void)
{
	int rc = priv_try_packet_socket();

	if (rc < 0)
		log_line(
		    LOG_WARNING,
		    "packet sockets are refused (%s), and captures will be: start as "
		    "root or run setcap cap_net_raw=p on the binary",
		    strerror(-rc));
	return rc == 0;
}

/* Its standard input and output are nobody else's from here on. */
static int
fork_relay(struct launcher *l)
{
	pid_t parent = getpid();
	int sockets[2];
	int fd;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) <
	    0)
		return -errno;
	l->relay_pid = fork();
	if (l->relay_pid == 0) {
		close(sockets[0]);
		if (!priv_die_with_parent(parent) || signals_open_for(NULL, 0) < 0)
			_exit(1);
		_exit(relay_run(sockets[1], parent));
	}
	close(sockets[1]);
	l->stdio_fd = sockets[0];
	fd = eventfd(0, EFD_CLOEXEC); /* there is no file any more */
	if (l->relay_pid < 0 || fd < 0 || dup2(fd, STDIN_FILENO) < 0 ||
	    dup2(fd, STDOUT_FILENO) < 0)
		return -errno;
	close(fd);
	return 0;
}

static int
fork_front(struct launcher *l, int sockets[2], bool can_capture)
{
	pid_t parent = getpid();

	l->front_pid = fork();
	if (l->front_pid < 0)
		return -errno;
	if (l->front_pid > 0) {
		close(sockets[1]);
		close(l->config->is_stdio ? l->stdio_fd : l->config->listen_fd);
		return 0;
	}
	close(sockets[0]);
	close(l->signals.fd);
	if (!priv_die_with_parent(parent))
		_exit(1);
	_exit(front_run(l->config, sockets[1], l->stdio_fd, can_capture));
}

static int
set_up(struct launcher *l)
{
	static const int signals[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	int sockets[2];
	bool can_capture;
	int rc = change_identity(l->config->may_resolve);

	if (rc < 0)
		return rc;
	can_capture = may_capture();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	/* before there is a front that a signal could end */
	loop_watch_init(&l->signals, on_signal);
	l->signals.fd = signals_open_for(signals, sizeof(signals) / sizeof(signals[0]));
	if (l->config->is_stdio)
		rc = fork_relay(l);
	if (rc == 0)
		rc = fork_front(l, sockets, can_capture);
	if (rc == 0)
		rc = loop_init(&l->loop);
	loop_watch_init(&l->front, on_front);
	loop_timer_init(&l->patience, on_patience);
	if (rc == 0)
		rc = loop_add(&l->loop, &l->front, sockets[0], LOOP_IN);
	if (rc == 0)
		rc = loop_add(&l->loop, &l->signals, l->signals.fd, LOOP_IN);
	return rc;
}

int
launcher_run(const struct config *config)
{
	struct launcher l = {.config = config, .stdio_fd = -1};
	int rc = set_up(&l);

	if (rc < 0) {
		log_line(LOG_ERROR, "cannot start: %s", strerror(-rc));
		return 1;
	}
	/* a front that died before SIGCHLD was watched */
	reap(&l, clock_monotonic_ns());
	while (l.front_pid > 0 || l.relay_pid > 0 || count_captures(&l) > 0)
		loop_run_once(&l.loop, LOOP_NEVER);
	return l.has_failed ? 1 : 0;
}
