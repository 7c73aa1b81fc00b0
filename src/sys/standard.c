/* Standard input, output and error where the parent left none. */
#include "sys/standard.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

void
standard_fill(int flags)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", flags) < 0 && eventfd(0, EFD_NONBLOCK) < 0)
			return;
	}
}

bool
standard_has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
