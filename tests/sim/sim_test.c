/*
 * The whole of ddump's command line program in one process, with sources, fleet, merge, pump,
 * loop and writer as they are. Here stands everything that is not: what the program asks the
 * kernel for comes from a simulation (sim/net.h), and so do the output and look-ups, whose
 * modules are replaced.
 *
 * SIM_RUNS runs, each from a seed of its own, the first from SIM_SEED; SIM_VERBOSE=1 shows
 * what happens in a run.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>

#include "sim/run.h"
#include "sim/seam.h"
#include "support/check.h"

/* Of <unistd.h>: without its declarations these are as simple as here. */
long syscall(long number, ...);
void _exit(int status);

/* Thousands of processes that live for a moment: what ASan does at each allocation counts. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "malloc_context_size=3:max_malloc_fill_size=0:quarantine_size_mb=4";
}

struct sockaddr;
struct pollfd;
struct epoll_event;

int
clock_gettime(clockid_t id, struct timespec *t)
{
	uint64_t now_ns = sim_now() + (id == CLOCK_REALTIME ? SIM_WALL_NS : 0);

	t->tv_sec = (time_t)(now_ns / SIM_SECOND);
	t->tv_nsec = (long)(now_ns % SIM_SECOND);
	return 0;
}

int
epoll_create1(int flags)
{
	static const struct sim_fd_ops ops;

	(void)flags;
	return sim_fd_new(&ops);
}

int
epoll_ctl(int epoll_fd, int op, int fd, struct epoll_event *e)
{
	(void)epoll_fd;
	return sim_epoll_ctl(op, fd, e);
}

int
epoll_wait(int epoll_fd, struct epoll_event *e, int max, int timeout_ms)
{
	(void)epoll_fd;
	return sim_epoll_wait(e, max, timeout_ms);
}

int
socket(int family, int type, int protocol)
{
	(void)type;
	(void)protocol;
	return sim_socket(family);
}

int
bind(int fd, const struct sockaddr *a, unsigned size)
{
	(void)fd;
	(void)a;
	(void)size;
	return 0;
}

int
connect(int fd, const struct sockaddr *a, unsigned size)
{
	(void)size;
	return sim_connect(fd, a);
}

int
getsockopt(int fd, int level, int name, void *value, unsigned *size)
{
	(void)level;
	(void)name;
	(void)size;
	*(int *)value = sim_socket_error(fd);
	return 0;
}

int
setsockopt(int fd, int level, int name, const void *value, unsigned size)
{
	(void)fd;
	(void)level;
	(void)name;
	(void)value;
	(void)size;
	return 0;
}

int
getsockname(int fd, struct sockaddr *a, unsigned *size)
{
	return sim_address(fd, a, size);
}

int
getpeername(int fd, struct sockaddr *a, unsigned *size)
{
	return sim_address(fd, a, size);
}

/* Standard error takes every line. */
int
poll(struct pollfd *p, unsigned long n, int timeout_ms)
{
	(void)n;
	(void)timeout_ms;
	return *(int *)(void *)p < SIM_FD_FIRST ? 1 : sim_poll_one(*(int *)(void *)p);
}

int
signalfd(int fd, const void *mask, int flags)
{
	(void)fd;
	(void)mask;
	(void)flags;
	return sim_signal_open();
}

long
getrandom(void *p, size_t n, unsigned flags)
{
	(void)flags;
	for (size_t i = 0; i < n; i++)
		((uint8_t *)p)[i] = (uint8_t)sim_below(256);
	return (long)n;
}

long
read(int fd, void *p, size_t n)
{
	return fd < SIM_FD_FIRST ? syscall(SYS_read, fd, p, n) : sim_read(fd, p, n);
}

long
write(int fd, const void *p, size_t n)
{
	if (fd == 2)
		return sim_take_log(p, n);
	return fd < SIM_FD_FIRST ? syscall(SYS_write, fd, p, n) : sim_write(fd, p, n);
}

int
close(int fd)
{
	return fd < SIM_FD_FIRST ? (int)syscall(SYS_close, fd) : sim_close(fd);
}

/* sys/sink.h */
int
sink_open(struct sink *s, const char *path)
{
	(void)path;
	return sim_sink_open(s);
}

int
sink_take_back(struct sink *s, size_t n)
{
	(void)s;
	(void)n;
	return -ESPIPE;
}

int
sink_remove(const char *path)
{
	(void)path;
	return 0;
}

int
sink_close(struct sink *s)
{
	(void)s;
	return 0;
}

bool
sink_is_same_file(const char *path, const char *other)
{
	(void)path;
	(void)other;
	return false;
}

bool
sink_is_terminal(const struct sink *s)
{
	(void)s;
	return false;
}

bool
sink_is_watchable(const struct sink *s)
{
	(void)s;
	return sim_output.is_pipe;
}

long
sink_write(struct sink *s, const uint8_t *p, size_t n)
{
	(void)s;
	return sim_sink_write(p, n);
}

void
sink_wait(const struct sink *s, int milliseconds)
{
	(void)s;
	sim_pass((uint64_t)milliseconds * SIM_MS);
}

/* sys/resolve.h */
int
resolve_init(struct resolve *r, int family)
{
	(void)family;
	return sim_resolve_init(r);
}

int
resolve_start(struct resolve *r, struct span host, uint16_t port, uint32_t id)
{
	return sim_resolve_start(r, host, port, id);
}

int
resolve_start_all(struct resolve *r, struct span host, uint16_t port, uint32_t id)
{
	return sim_resolve_start(r, host, port, id);
}

struct resolve_request *
resolve_take(struct resolve *r)
{
	return sim_resolve_take(r);
}

void
resolve_free(struct resolve_request *q)
{
	sim_resolve_free(q);
}

/* No target is https. */
#define UNUSED(name)                          \
	void name(void);                      \
	void name(void)                       \
	{                                     \
		sim_fail(#name " is called"); \
	}

UNUSED(tls_config_new)
UNUSED(tls_config_refresh)
UNUSED(tls_engine_new)
UNUSED(tls_engine_free)
UNUSED(tls_engine_handshake)
UNUSED(tls_engine_read)
UNUSED(tls_engine_write)
UNUSED(tls_engine_has_pending)
UNUSED(tls_engine_say_goodbye)

void tls_config_free(void *config);

void
tls_config_free(void *config)
{
	(void)config;
}

static void
every_run_tells_the_truth(void **state)
{
	(void)state;
	assert_true(sim_run_all());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_run_tells_the_truth)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
