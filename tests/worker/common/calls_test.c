/* What the allow-lists allow and what they do not, by the kernel, in processes of their own. */
#include "worker/common/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/check.h"
#include "support/child.h"
#include "sys/sandbox.h"

#define KILLED (128 + SIGSYS)
#define DENIED EPERM

static int client = -1;
static int wake = -1;
static int packets = -1;
static int other = -1;

enum list { FRONT, COMPILE, COMPILE_RESOLVE, STREAM };

/* Each 0 or errno. */
typedef int call_fn(void);

static int
rc_of(long rc)
{
	return rc < 0 ? errno : 0;
}

static int
write_client(void)
{
	return rc_of(write(client, "x", 1));
}

static int
write_wake(void)
{
	uint64_t one = 1;

	return rc_of(write(wake, &one, sizeof(one)));
}

static int
write_packets(void)
{
	return rc_of(write(packets, "x", 1));
}

static int
write_other(void)
{
	return rc_of(write(other, "x", 1));
}

static int
open_file(void)
{
	return rc_of(open("/etc/services", O_RDONLY));
}

static int
make_socket(void)
{
	return rc_of(socket(AF_INET, SOCK_DGRAM, 0));
}

static int
fork_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return rc_of(pid);
}

static int
ask_name(int fd)
{
	struct ifreq r = {.ifr_ifindex = 1};
	int rc = rc_of(ioctl(fd, SIOCGIFNAME, &r));

	return rc == ENODEV ? 0 : rc; /* it was let through */
}

static int
name_by_packets(void)
{
	return ask_name(packets);
}

static int
name_by_client(void)
{
	return ask_name(client);
}

/* Of an interface that no machine has: whatever lets it through changes nothing. */
static int
set_by_packets(void)
{
	struct ifreq r = {.ifr_name = "nosuch0"};

	return rc_of(ioctl(packets, SIOCSIFFLAGS, &r));
}

static int
set_user_timeout(void)
{
	int zero = 0;
	int rc =
	    rc_of(setsockopt(client, IPPROTO_TCP, TCP_USER_TIMEOUT, &zero, sizeof(zero)));

	return rc == EOPNOTSUPP ? 0 : rc; /* it was let through */
}

static int
set_buffer(void)
{
	int size = 4096;

	return rc_of(setsockopt(client, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
}

static int
map_memory(void)
{
	void *p =
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
map_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
accept_client(void)
{
	int rc = rc_of(accept4(other, NULL, NULL, SOCK_NONBLOCK));

	return rc == EINVAL || rc == EOPNOTSUPP ? 0 : rc; /* it was let through */
}

static const struct row {
	int line;
	enum list list;
	const char *what;
	call_fn *call;
	int result;
} rows[] = {
    {__LINE__, FRONT, "write", write_other, 0},
    {__LINE__, FRONT, "accept", accept_client, 0},
    {__LINE__, FRONT, "open", open_file, KILLED},
    {__LINE__, FRONT, "socket", make_socket, KILLED},
    {__LINE__, FRONT, "fork", fork_process, KILLED},
    {__LINE__, COMPILE, "open", open_file, 0},
    {__LINE__, COMPILE, "socket", make_socket, DENIED},
    {__LINE__, COMPILE, "fork", fork_process, DENIED},
    {__LINE__, COMPILE, "accept", accept_client, DENIED},
    {__LINE__, COMPILE_RESOLVE, "socket", make_socket, 0},
    {__LINE__, COMPILE_RESOLVE, "fork", fork_process, DENIED},
    {__LINE__, STREAM, "write to the client", write_client, 0},
    {__LINE__, STREAM, "write to the bell", write_wake, 0},
    {__LINE__, STREAM, "inject", write_packets, KILLED},
    {__LINE__, STREAM, "write elsewhere", write_other, KILLED},
    {__LINE__, STREAM, "interface name", name_by_packets, 0},
    {__LINE__, STREAM, "interface name elsewhere", name_by_client, KILLED},
    {__LINE__, STREAM, "change an interface", set_by_packets, KILLED},
    {__LINE__, STREAM, "user time-out", set_user_timeout, 0},
    {__LINE__, STREAM, "another option", set_buffer, KILLED},
    {__LINE__, STREAM, "memory", map_memory, 0},
    {__LINE__, STREAM, "code", map_code, KILLED},
    {__LINE__, STREAM, "open", open_file, KILLED},
    {__LINE__, STREAM, "socket", make_socket, KILLED},
};

static int
allow(enum list list)
{
	switch (list) {
	case FRONT:
		return calls_allow_front();
	case COMPILE:
	case COMPILE_RESOLVE:
		return calls_allow_compile(list == COMPILE_RESOLVE);
	case STREAM:
		break;
	}
	return calls_allow_stream(client, wake, packets);
}

static int
try_row(void *arg)
{
	const struct row *row = arg;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || allow(row->list) < 0)
		return 125;
	return row->call();
}

static void
each_list_allows_its_calls_and_no_others(void **state)
{
	(void)state;
	if (!sandbox_has_seccomp())
		skip();
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		check_u64(__FILE__, rows[i].line, span_str(rows[i].what),
			  (uint64_t)child_run(try_row, (void *)(uintptr_t)&rows[i]),
			  (uint64_t)rows[i].result, "result");
}

/* The stream's list is put on top of the other, as in a capture process. */
static int
stream_behind_compile(void *arg)
{
	(void)arg;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    calls_allow_compile(false) < 0 ||
	    calls_allow_stream(client, wake, packets) < 0)
		return 125;
	return write_client() == 0 && name_by_packets() == 0 && set_user_timeout() == 0
		   ? write_packets()
		   : 124;
}

static void
the_stream_works_behind_the_compilers_list(void **state)
{
	(void)state;
	if (!sandbox_has_seccomp())
		skip();
	assert_int_equal(child_run(stream_behind_compile, NULL), KILLED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_list_allows_its_calls_and_no_others),
	    cmocka_unit_test(the_stream_works_behind_the_compilers_list),
	};
	int fds[2];
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 ||
	    socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0)
		return 1;
	client = fds[0];
	other = fds[1];
	packets = ends[0]; /* a name of an interface can be asked of any socket */
	wake = eventfd(0, EFD_NONBLOCK);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
