/* Bytes of one connection, both ways. Its standard input and output may be shared with others:
 * their flags stay as they are, and it never waits in a read or write. */
#include "worker/relay/relay.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/priv.h"
#include "sys/signals.h"
#include "worker/common/confine.h"

#define UP_BYTES   4096 /* requests are short */
#define DOWN_BYTES (128u * 1024)

struct relay {
	int sock;
	int parent_pid;
	bool is_stdout_socket;
	bool has_input;
	bool has_stopped; /* the launcher was asked to */
	bool has_output;  /* the worker may say more */
	uint64_t heard_ns;
	struct buf up;
	struct buf down;
	uint8_t up_mem[UP_BYTES];
	uint8_t down_mem[DOWN_BYTES];
};

static bool
may_come_again(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Once the worker has all that came: the launcher ends captures and front, and their last
 * words follow. */
static void
stop_if_due(struct relay *r)
{
	if (r->has_input || r->has_stopped || buf_used(&r->up) > 0)
		return;
	r->has_stopped = true;
	kill(r->parent_pid, SIGTERM);
}

static void
read_input(struct relay *r, uint64_t now_ns)
{
	size_t room;
	uint8_t *p = buf_space(&r->up, &room);
	ssize_t n = read(STDIN_FILENO, p, room);

	if (n > 0) {
		buf_commit(&r->up, (size_t)n);
		r->heard_ns = now_ns;
	} else if (!may_come_again(n)) {
		r->has_input = false;
	}
}

static void
read_socket(struct relay *r)
{
	size_t room;
	uint8_t *p = buf_space(&r->down, &room);
	ssize_t n = read(r->sock, p, room);

	if (n > 0)
		buf_commit(&r->down, (size_t)n);
	else if (!may_come_again(n))
		r->has_output = false;
}

/* A pipe that is writable takes PIPE_BUF bytes at once. False: nobody reads it. */
static bool
write_output(struct relay *r)
{
	struct span s = buf_readable(&r->down);
	ssize_t n;

	if (r->is_stdout_socket)
		n = send(STDOUT_FILENO, s.p, s.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		n = write(STDOUT_FILENO, s.p, s.n < PIPE_BUF ? s.n : PIPE_BUF);
	if (n > 0)
		buf_consume(&r->down, (size_t)n);
	return n > 0 || may_come_again(n);
}

/* What the worker takes no more is nobody's. */
static void
write_socket(struct relay *r)
{
	struct span s = buf_readable(&r->up);
	ssize_t n = write(r->sock, s.p, s.n);

	if (!may_come_again(n))
		buf_consume(&r->up, n > 0 ? (size_t)n : s.n);
}

static int
timeout_ms(const struct relay *r, uint64_t now_ns)
{
	uint64_t due_ns = r->heard_ns + RELAY_SILENCE_NS;

	if (!r->has_input)
		return -1;
	return due_ns > now_ns ? (int)((due_ns - now_ns) / 1000000 + 1) : 0;
}

/* False: it is over. */
static bool
step(struct relay *r)
{
	size_t room_up = buf_free(&r->up);
	size_t room_down = buf_free(&r->down);
	size_t used_up = buf_used(&r->up);
	size_t used_down = buf_used(&r->down);
	struct pollfd p[3] = {
	    {.fd = r->has_input && room_up > 0 ? STDIN_FILENO : -1, .events = POLLIN},
	    {.fd = r->has_output ? r->sock : -1},
	    {.fd = STDOUT_FILENO, .events = used_down > 0 ? POLLOUT : 0},
	};
	uint64_t now_ns;

	if (!r->has_output && used_down == 0)
		return false;
	p[1].events = (short)((room_down > 0 ? POLLIN : 0) | (used_up > 0 ? POLLOUT : 0));
	poll(p, 3, timeout_ms(r, clock_monotonic_ns()));
	now_ns = clock_monotonic_ns();
	if (p[2].revents & (POLLERR | POLLNVAL))
		return false;
	if (p[0].revents)
		read_input(r, now_ns);
	if (p[1].revents & POLLOUT)
		write_socket(r);
	if ((p[1].revents & (POLLIN | POLLHUP | POLLERR)) && room_down > 0)
		read_socket(r);
	if (p[2].revents && used_down > 0 && !write_output(r))
		return false;
	if (now_ns - r->heard_ns >= RELAY_SILENCE_NS)
		r->has_input = false;
	stop_if_due(r);
	/* a socket whose peer is gone, and that nothing can be written to */
	return !(p[2].revents & POLLHUP) || used_down > 0;
}

static bool
is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

int
relay_run(int sock, int parent_pid)
{
	static struct relay relay; /* one a process */
	struct relay *r = &relay;
	char mem[256];
	struct text why;

	*r = (struct relay){.sock = sock,
			    .parent_pid = parent_pid,
			    .is_stdout_socket = is_socket(STDOUT_FILENO),
			    .has_input = true,
			    .has_output = true,
			    .heard_ns = clock_monotonic_ns()};
	buf_init(&r->up, r->up_mem, sizeof(r->up_mem));
	buf_init(&r->down, r->down_mem, sizeof(r->down_mem));
	text_init(&why, mem, sizeof(mem) - 1);
	if (!confine_relay(parent_pid, &why)) {
		log_line(LOG_ERROR, "%s", text_cstr(&why));
		return 1;
	}
	while (step(r))
		continue;
	return 0;
}
