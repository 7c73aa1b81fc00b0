/* Allow-lists of system calls, by name; how they are enforced is sys/sandbox's business. */
#include "worker/common/calls.h"

#include <assert.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "sys/sandbox.h"

#define ALWAYS(name)             \
	{                        \
		.nr = SYS_##name \
	}

/* 32-bit machines: mmap counts in pages, and musl calls what has 64-bit offsets. */
#ifdef SYS_mmap2
#define CALL_MMAP SYS_mmap2
#else
#define CALL_MMAP SYS_mmap
#endif

/* Both steps: waiting, reading, the clock, the heap, and the end. */
static const struct sandbox_rule common[] = {
    ALWAYS(read),
    ALWAYS(close),
    ALWAYS(epoll_ctl),
    ALWAYS(epoll_pwait),
    ALWAYS(ppoll),
    ALWAYS(munmap),
    ALWAYS(brk),
    ALWAYS(getsockopt),
    ALWAYS(shutdown),
    ALWAYS(exit),
    ALWAYS(exit_group),
    ALWAYS(rt_sigreturn),
    ALWAYS(rt_sigaction),
    ALWAYS(rt_sigprocmask),
    ALWAYS(madvise),
    ALWAYS(restart_syscall),
#ifdef SYS_clock_gettime64 /* musl asks a kernel before 5.1 for the older one then */
    ALWAYS(clock_gettime64),
    ALWAYS(clock_gettime32),
    ALWAYS(ppoll_time64),
#else
    ALWAYS(clock_gettime),
#endif
#ifdef SYS_epoll_wait
    ALWAYS(epoll_wait),
#endif
#ifdef SYS_poll
    ALWAYS(poll),
#endif
};

static const struct sandbox_rule compiling[] = {
    ALWAYS(openat),    ALWAYS(readv),	  ALWAYS(lseek),     ALWAYS(fcntl),
    {.nr = CALL_MMAP}, ALWAYS(mremap),	  ALWAYS(mprotect),  ALWAYS(setsockopt),
    ALWAYS(setitimer), ALWAYS(prlimit64), ALWAYS(prctl),     ALWAYS(uname),
    ALWAYS(ioctl),     ALWAYS(write),	  ALWAYS(getrusage), ALWAYS(recvfrom),
    ALWAYS(futex),
#ifdef SYS_open
    ALWAYS(open),
#endif
#ifdef SYS_fstat
    ALWAYS(fstat),
#endif
#ifdef SYS_getrlimit
    ALWAYS(getrlimit),
#endif
#ifdef SYS_setrlimit
    ALWAYS(setrlimit),
#endif
#ifdef SYS_mmap2
    ALWAYS(_llseek),   ALWAYS(fcntl64),	  ALWAYS(fstat64),   ALWAYS(ugetrlimit),
#endif
};

/* What a DNS query needs. */
static const struct sandbox_rule resolving[] = {
    ALWAYS(socket),  ALWAYS(bind),    ALWAYS(connect),	   ALWAYS(sendto),
    ALWAYS(sendmsg), ALWAYS(recvmsg), ALWAYS(getsockname),
};

static const struct sandbox_rule front[] = {
    ALWAYS(write),	 ALWAYS(accept4),   ALWAYS(setsockopt), ALWAYS(getsockname),
    ALWAYS(getpeername), ALWAYS(sendmsg),   ALWAYS(sendto),	ALWAYS(recvfrom),
    ALWAYS(recvmsg),	 {.nr = CALL_MMAP}, ALWAYS(mremap),	ALWAYS(getrandom),
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct list {
	struct sandbox_rule rules[SANDBOX_RULES_MAX];
	size_t n;
};

static void
add(struct list *l, const struct sandbox_rule *rules, size_t n)
{
	assert(n <= SANDBOX_RULES_MAX - l->n);
	memcpy(l->rules + l->n, rules, n * sizeof(*rules));
	l->n += n;
}

int
calls_allow_front(void)
{
	struct list l = {.n = 0};

	add(&l, common, COUNT(common));
	add(&l, front, COUNT(front));
	return sandbox_allow_calls(l.rules, l.n, SANDBOX_KILL);
}

int
calls_allow_relay(int parent_pid)
{
	const struct sandbox_rule own[] = {
	    ALWAYS(write),
	    ALWAYS(sendto),
	    {SYS_kill, 2, {{0, (uint32_t)parent_pid}, {1, SIGTERM}}},
	};
	struct list l = {.n = 0};

	add(&l, common, COUNT(common));
	add(&l, own, COUNT(own));
	return sandbox_allow_calls(l.rules, l.n, SANDBOX_KILL);
}

int
calls_allow_compile(bool may_resolve)
{
	struct list l = {.n = 0};

	add(&l, common, COUNT(common));
	add(&l, compiling, COUNT(compiling));
	if (may_resolve)
		add(&l, resolving, COUNT(resolving));
	return sandbox_allow_calls(l.rules, l.n, SANDBOX_DENY);
}

int
calls_allow_stream(int client_fd, int wake_fd, int packet_fd)
{
	struct sandbox_rule own[] = {
	    {SYS_write, 1, {{0, (uint32_t)client_fd}}},
	    {SYS_write, 1, {{0, (uint32_t)wake_fd}}},
	    {SYS_ioctl, 2, {{0, (uint32_t)packet_fd}, {1, SIOCGIFNAME}}},
	    {SYS_ioctl, 2, {{0, (uint32_t)packet_fd}, {1, SIOCGIFINDEX}}},
	    {SYS_ioctl, 2, {{0, (uint32_t)packet_fd}, {1, SIOCGIFFLAGS}}},
	    {SYS_setsockopt,
	     3,
	     {{0, (uint32_t)client_fd}, {1, IPPROTO_TCP}, {2, TCP_USER_TIMEOUT}}},
	    /* libpcap asks which interface is gone */
	    {SYS_getsockname, 1, {{0, (uint32_t)packet_fd}}},
	    {CALL_MMAP, 1, {{2, PROT_READ | PROT_WRITE}}},
	};
	struct list l = {.n = 0};

	add(&l, common, COUNT(common));
	add(&l, own, COUNT(own));
	return sandbox_allow_calls(l.rules, l.n, SANDBOX_KILL);
}
