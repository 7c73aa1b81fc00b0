/* Processes of their own, and a network of their own. */
#include "support/child.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/check.h"

#ifdef COVERAGE
extern void __gcov_dump(void);
#endif

#ifdef __SANITIZE_ADDRESS__
/* The sanitizer's memory is beyond any limit; and at each longjmp and _exit it asks for the
 * signal stack, which a sandbox denies. */
int
setrlimit(__rlimit_resource_t resource, const struct rlimit *r)
{
	return resource == RLIMIT_AS ? 0
				     : (int)syscall(SYS_prlimit64, 0, resource, r, NULL);
}

int
sigaltstack(const stack_t *new, stack_t *old)
{
	if (old)
		*old = (stack_t){.ss_flags = SS_DISABLE};
	return new ? (int)syscall(SYS_sigaltstack, new, NULL) : 0;
}
#endif

static void
die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static int
status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static _Noreturn void
guard(int pid_fd, child_fn *fn, void *arg)
{
	volatile int status = 0;
	pid_t pid;

	die_with_parent();
	pid = vfork();
	if (pid == 0) {
		int own = getpid();

		die_with_parent();
		alarm(CHILD_MAX_S);
		if (write(pid_fd, &own, sizeof(own)) != sizeof(own))
			_exit(127);
		_exit(fn(arg));
	}
	if (pid < 0 || waitpid(pid, (int *)&status, 0) != pid)
		_exit(126);
#ifdef COVERAGE
	__gcov_dump();
#endif
	_exit(status_of(status));
}

void
child_start(struct child *c, child_fn *fn, void *arg)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fflush(NULL);
	c->guardian = fork();
	assert_true(c->guardian >= 0);
	if (c->guardian == 0)
		guard(fds[1], fn, arg);
	close(fds[1]);
	assert_int_equal(read(fds[0], &c->pid, sizeof(c->pid)), sizeof(c->pid));
	close(fds[0]);
}

int
child_wait(struct child *c)
{
	struct timespec pause = {.tv_nsec = 5000000};
	int status = 0;

	for (int i = 0; i < CHILD_MAX_S * 200; i++) {
		if (waitpid(c->guardian, &status, WNOHANG) == c->guardian)
			return status_of(status);
		nanosleep(&pause, NULL);
	}
	kill(c->pid, SIGKILL);
	waitpid(c->guardian, &status, 0);
	fail_msg("a process did not end within %d s", CHILD_MAX_S);
	return -1;
}

int
child_run(child_fn *fn, void *arg)
{
	struct child c;

	child_start(&c, fn, arg);
	return child_wait(&c);
}

static bool
put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool is_put = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return is_put;
}

/* Without root: in a user namespace, as the user that it was. */
static bool
unshare_network(void)
{
	char map[64];

	if (geteuid() == 0)
		return unshare(CLONE_NEWNET) == 0;
	snprintf(map, sizeof(map), "%u %u 1", (unsigned)geteuid(), (unsigned)geteuid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
	       put_file("/proc/self/uid_map", map);
}

bool
child_enter_network(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;
	bool is_up;

	if (!unshare_network())
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	is_up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	close(fd);
	return is_up;
}
