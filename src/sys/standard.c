/* Standard input, output and error where the parent left none. */
#include "sys/standard.h"

#include <fcntl.h>
#include <sys/eventfd.h>

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
