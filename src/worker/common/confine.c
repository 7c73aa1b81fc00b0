/* Which rights go when, and what it means that one does not; how is the business of
 * sys/priv, sys/sandbox and worker/calls. */
#include "worker/common/confine.h"

#include <string.h>

#include "sys/priv.h"
#include "sys/sandbox.h"
#include "worker/common/calls.h"

/* Asked only after a failure: once the last filter is in force, the question is forbidden. */
typedef bool has_fn(void);

static bool
is_done(int rc, has_fn *has_mechanism, const char *what, struct text *why)
{
	if (rc == 0 || (has_mechanism && !has_mechanism()))
		return true;
	text_str(why, "the process cannot be confined: ");
	text_str(why, what);
	text_str(why, ": ");
	text_str(why, strerror(-rc));
	return false;
}

/* For ever: capabilities, further processes, and files but those. */
static bool
drop(const char *const *readable, struct text *why)
{
	if (!is_done(priv_drop_all(), NULL, "capabilities", why))
		return false;
	priv_forbid_fork();
	return is_done(sandbox_deny_files(readable), sandbox_has_landlock, "Landlock",
		       why);
}

const char *const *
confine_files(bool may_resolve)
{
	static const char *const services[] = {"/etc/services", NULL};
	static const char *const names[] = {"/etc/services", "/etc/hosts",
					    "/etc/resolv.conf", "/etc/networks", NULL};

	return may_resolve ? names : services;
}

bool
confine_front(struct text *why)
{
	return drop(NULL, why) &&
	       is_done(calls_allow_front(), sandbox_has_seccomp, "seccomp", why);
}

bool
confine_relay(int parent_pid, struct text *why)
{
	return drop(NULL, why) && is_done(calls_allow_relay(parent_pid),
					  sandbox_has_seccomp, "seccomp", why);
}

bool
confine_for_compile(bool may_resolve, struct text *why)
{
	return drop(confine_files(may_resolve), why) &&
	       is_done(calls_allow_compile(may_resolve), sandbox_has_seccomp, "seccomp",
		       why);
}

bool
confine_for_stream(int client_fd, int wake_fd, int packet_fd, struct text *why)
{
	return is_done(calls_allow_stream(client_fd, wake_fd, packet_fd),
		       sandbox_has_seccomp, "seccomp", why);
}
