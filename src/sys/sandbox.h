#ifndef SYS_SANDBOX_H
#define SYS_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What takes the file system and system calls away. Where the kernel lacks a mechanism
 * the call says so in its result; the caller logs it once and goes on.
 */

/*
 * For a process that still is root: its root becomes an empty, read-only file system
 * that holds nothing but copies of some files of /etc as they are now (NULL-terminated;
 * absent ones are skipped), or, where none can be mounted, an empty directory that is
 * deleted already. 0 or -errno.
 */
int sandbox_enter_empty_root(const char *const *files);

/* No file can be opened, made or changed any more (Landlock), but for reading the files
 * in readable (NULL-terminated; absent ones are skipped). 0 or -errno (-ENOSYS and
 * -EOPNOTSUPP: not in this kernel). Needs no_new_privs. */
int sandbox_deny_files(const char *const *readable);

/* A system call that is allowed, always or only with these arguments (low 32 bits). */
#define SANDBOX_TESTS_MAX 3

struct sandbox_test {
	uint8_t argument; /* 0 to 5 */
	uint32_t value;
};

struct sandbox_rule {
	int nr;
	uint8_t n_tests;
	struct sandbox_test tests[SANDBOX_TESTS_MAX];
};

enum sandbox_action {
	SANDBOX_DENY, /* every other call fails with EPERM */
	SANDBOX_KILL  /* every other call kills the process with SIGSYS */
};

#define SANDBOX_RULES_MAX 96

/* seccomp allow-list; calls of another architecture always kill. 0 or -errno. */
int sandbox_allow_calls(const struct sandbox_rule *rules, size_t n,
			enum sandbox_action action);

/* Whether this kernel has the mechanism; nothing is changed. */
bool sandbox_has_seccomp(void);
bool sandbox_has_landlock(void);

#endif
