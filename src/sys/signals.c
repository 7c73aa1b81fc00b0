/* The three signals that ask a program to end, through signalfd. */
#include "sys/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
signals_open_for(const int *numbers, size_t n)
{
	sigset_t blocked;
	sigset_t read;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	sigaddset(&blocked, SIGCHLD);
	sigemptyset(&read);
	for (size_t i = 0; i < n; i++) {
		sigaddset(&blocked, numbers[i]);
		sigaddset(&read, numbers[i]);
	}
	if (sigprocmask(SIG_SETMASK, &blocked, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &read, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int
signals_open(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	return signals_open_for(numbers, sizeof(numbers) / sizeof(numbers[0]));
}

void
signals_suspend(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	sigprocmask(SIG_BLOCK, &stop, NULL);
}

void
signals_reset(void)
{
	static const int numbers[] = {SIGCHLD, SIGALRM, SIGXCPU, SIGSEGV, SIGBUS,
				      SIGSYS,  SIGTERM, SIGINT,	 SIGHUP};
	sigset_t none;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int
signals_read(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}
