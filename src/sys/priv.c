/* Who the process is and what it may do. It knows nothing of what the process does. */
#include "sys/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/log.h"

#define NET_RAW_BIT (1u << CAP_NET_RAW)
#define CAP_HIGHEST 63 /* the two words of a version 3 capability set */

static int
get_sets(struct __user_cap_data_struct data[static 2])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	memset(data, 0, 2 * sizeof(*data));
	return syscall(SYS_capget, &header, data) < 0 ? -errno : 0;
}

/* Permitted and effective become these bits of the first word; inheritable empties. */
static int
set_only(unsigned bits)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.permitted = bits, .effective = bits}};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

bool
priv_has_net_raw(void)
{
	struct __user_cap_data_struct data[2];

	return get_sets(data) == 0 && (data[0].permitted & NET_RAW_BIT) != 0;
}

int
priv_try_packet_socket(void)
{
	int rc = -EIO;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		rc = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) < 0 ? -errno : 0;
		_exit(write(ends[1], &rc, sizeof(rc)) != sizeof(rc));
	}
	close(ends[1]);
	if (pid < 0 || read(ends[0], &rc, sizeof(rc)) < 0)
		rc = -errno;
	close(ends[0]);
	return rc;
}

/* Needs CAP_SETPCAP, so that only a start as root empties it; nothing execs later. */
static void
empty_bounding_set(void)
{
	for (unsigned long cap = 0; cap <= CAP_HIGHEST; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

static int
become_nobody(void)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return -errno;
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return -errno;
	if (setresgid(PRIV_NOBODY, PRIV_NOBODY, PRIV_NOBODY) < 0 ||
	    setresuid(PRIV_NOBODY, PRIV_NOBODY, PRIV_NOBODY) < 0) {
		if (errno != EINVAL && errno != EPERM)
			return -errno;
		log_line(LOG_WARNING, "uid %d cannot be had here (%s): staying uid %d",
			 PRIV_NOBODY, strerror(errno), (int)getuid());
	}
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	return 0;
}

static int
harden(void)
{
	struct rlimit none = {0, 0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	return 0;
}

int
priv_become_launcher(void)
{
	unsigned bits = priv_has_net_raw() ? NET_RAW_BIT : 0;
	int rc;

	empty_bounding_set();
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	rc = geteuid() == 0 ? become_nobody() : 0;
	if (rc == 0)
		rc = set_only(bits);
	return rc == 0 ? harden() : rc;
}

int
priv_drop_all(void)
{
	return set_only(0);
}

void
priv_forbid_fork(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_NPROC, &none);
}

bool
priv_die_with_parent(int parent_pid)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	return getppid() == parent_pid;
}
