/* Empty roots, Landlock and seccomp, by bare system calls: no library is needed, and what
 * a kernel does not know is told by its errno. */
#include "sys/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COPY_MAX \
	(256 * 1024) /* of one file: /etc/services is 12 to 20 KiB in distributions */

#if defined(__x86_64__)
#define SANDBOX_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SANDBOX_ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define SANDBOX_ARCH AUDIT_ARCH_ARM
#elif defined(__i386__)
#define SANDBOX_ARCH AUDIT_ARCH_I386
#elif defined(__riscv) && __riscv_xlen == 64
#define SANDBOX_ARCH AUDIT_ARCH_RISCV64
#endif

/* Copies what fits of one small file; the mount under to is ours and empty. */
static void
copy_file(const char *from, const char *to)
{
	char block[4096];
	size_t total = 0;
	ssize_t n;
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out;

	if (in < 0)
		return;
	out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
	while (out >= 0 && total < COPY_MAX && (n = read(in, block, sizeof(block))) > 0)
		total += (size_t)(write(out, block, (size_t)n) == n ? n : COPY_MAX);
	if (out >= 0)
		close(out);
	close(in);
}

static int
enter(void)
{
	return chroot(".") < 0 || chdir("/") < 0 ? -errno : 0;
}

/* A tmpfs in a mount namespace of our own: needs CAP_SYS_ADMIN. */
static int
enter_tmpfs(const char *const *files)
{
	static const char *const places[] = {"/tmp", "/run", "/mnt", "/proc", "/dev"};
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (mount("none", places[i], "tmpfs", flags, "size=1m,mode=755") < 0)
			continue;
		if (chdir(places[i]) < 0)
			return -errno;
		if (mkdir("etc", 0755) < 0)
			return -errno;
		for (; *files; files++)
			copy_file(*files, *files + 1); /* from "/etc/x" to "etc/x" */
		mount("none", places[i], NULL, flags | MS_REMOUNT | MS_RDONLY, NULL);
		return enter();
	}
	return -ENOENT;
}

/* A directory that has no name any more: nothing can be made in it. */
static int
enter_deleted_directory(void)
{
	static char places[][32] = {"/dev/shm/ddump-XXXXXX", "/run/ddump-XXXXXX",
				    "/tmp/ddump-XXXXXX", "/var/tmp/ddump-XXXXXX",
				    "/ddump-XXXXXX"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!mkdtemp(places[i]))
			continue;
		if (chdir(places[i]) < 0 || rmdir(places[i]) < 0)
			return -errno;
		return enter();
	}
	return -EROFS;
}

int
sandbox_enter_empty_root(const char *const *files)
{
	int rc = enter_tmpfs(files);

	return rc == 0 ? 0 : enter_deleted_directory();
}

static int
allow_reading(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
	    .parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	long rc;

	if (rule.parent_fd < 0)
		return 0;
	rc =
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return rc < 0 ? -errno : 0;
}

/* Every right that the first version knows, and what later versions added. */
static uint64_t
handled_rights(long version)
{
	uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (version >= 2)
		rights |= UINT64_C(1) << 13; /* REFER */
	if (version >= 3)
		rights |= UINT64_C(1) << 14; /* TRUNCATE */
	return rights;
}

int
sandbox_deny_files(const char *const *readable)
{
	struct landlock_ruleset_attr attr = {0};
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	int ruleset;
	int rc = 0;

	if (version < 0)
		return -errno;
	attr.handled_access_fs = handled_rights(version);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr,
			       sizeof(attr.handled_access_fs), 0);
	if (ruleset < 0)
		return -errno;
	for (; readable && *readable && rc == 0; readable++)
		rc = allow_reading(ruleset, *readable);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		rc = -errno;
	close(ruleset);
	return rc;
}

struct program {
	struct sock_filter insns[8 + SANDBOX_RULES_MAX * (2 + 2 * SANDBOX_TESTS_MAX)];
	unsigned short n;
};

static void
put(struct program *p, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	p->insns[p->n++] = (struct sock_filter){code, jt, jf, k};
}

static void
put_load(struct program *p, size_t offset)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/*
 * if nr == rule.nr and every test holds: allow. Only little-endian machines are known to
 * SANDBOX_ARCH, so that the low half of an argument comes first.
 */
static void
put_rule(struct program *p, const struct sandbox_rule *rule)
{
	uint8_t rest = (uint8_t)(2 * rule->n_tests + 1);

	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, rest, (uint32_t)rule->nr);
	for (size_t i = 0; i < rule->n_tests; i++) {
		rest = (uint8_t)(2 * (rule->n_tests - i) - 1);
		put_load(p, offsetof(struct seccomp_data, args) +
				sizeof(uint64_t) * rule->tests[i].argument);
		put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, rest, rule->tests[i].value);
	}
	put(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	if (rule->n_tests > 0)
		put_load(p, offsetof(struct seccomp_data, nr));
}

int
sandbox_allow_calls(const struct sandbox_rule *rules, size_t n,
		    enum sandbox_action action)
{
#ifdef SANDBOX_ARCH
	struct program p = {.n = 0};
	struct sock_fprog fprog;

	assert(n <= SANDBOX_RULES_MAX);
	put_load(&p, offsetof(struct seccomp_data, arch));
	put(&p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SANDBOX_ARCH);
	put(&p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
	put_load(&p, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < n; i++)
		put_rule(&p, &rules[i]);
	put(&p, BPF_RET | BPF_K, 0, 0,
	    action == SANDBOX_KILL ? SECCOMP_RET_KILL_PROCESS
				   : SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA));
	fprog.len = p.n;
	fprog.filter = p.insns;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &fprog, 0, 0) < 0 ? -errno : 0;
#else
	(void)rules;
	(void)n;
	(void)action;
	return -ENOSYS;
#endif
}

bool
sandbox_has_seccomp(void)
{
	/* a filter at no address: EFAULT where filters exist, EINVAL where they do not */
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) < 0 &&
	       errno == EFAULT;
}

bool
sandbox_has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION) > 0;
}
