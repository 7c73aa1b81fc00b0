/* systemd's two small protocols, without its library. */
#include "sys/service.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"

#define FIRST_PASSED_FD 3 /* SD_LISTEN_FDS_START */

static uint64_t
number_of(const char *name)
{
	const char *value = getenv(name);
	uint64_t n = 0;

	if (value)
		num_parse_u64(span_str(value), INT32_MAX, &n);
	return n;
}

int
service_listen_fd(void)
{
	int fd = FIRST_PASSED_FD;
	int is_listening = 0;
	socklen_t size = sizeof(is_listening);
	bool is_for_us =
	    number_of("LISTEN_PID") == (uint64_t)getpid() && number_of("LISTEN_FDS") > 0;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!is_for_us ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) < 0 ||
	    !is_listening)
		return -1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

void
service_close_from(int first)
{
	long max = sysconf(_SC_OPEN_MAX);

	if (syscall(SYS_close_range, (unsigned)first, ~0u, 0) == 0)
		return;
	for (long fd = first; fd < max; fd++)
		close((int)fd);
}

void
service_ready(void)
{
	static const char ready[] = "READY=1";
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof(a.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(a.sun_path, path, n);
	if (path[0] == '@')
		a.sun_path[0] = '\0'; /* the abstract namespace */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	sendto(fd, ready, sizeof(ready) - 1, MSG_NOSIGNAL, (struct sockaddr *)&a,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
	unsetenv("NOTIFY_SOCKET");
}
