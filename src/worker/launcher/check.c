/* What an operator wants to know before leaving the worker alone. */
#include "worker/launcher/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pcap/capture.h"
#include "sys/links.h"
#include "sys/priv.h"
#include "sys/sandbox.h"
#include "worker/capture/compile.h"
#include "worker/common/compile_limits.h"
#include "worker/common/confine.h"

#define FILTER_SHOWN 200 /* bytes of it that a message repeats */

static void
say(const char *what, const char *value)
{
	printf("%-12s %s\n", what, value);
}

static void
say_links(const struct config *config)
{
	static struct links links;
	int fd = links_open();

	if (fd < 0 || links_read(fd, &links) < 0) {
		say("interfaces", "the kernel does not tell");
		links.n = 0;
	}
	for (size_t i = 0; i < links.n; i++) {
		const struct link *l = &links.list[i];
		char mem[4 * LINKS_NAME_SIZE];
		struct text name;

		text_init(&name, mem, sizeof(mem));
		text_escape(&name, span_str(l->name));
		if (config_allows_interface(config, span_str(l->name)))
			printf("%-12s %s (%s, mtu %u)\n", "interface", text_cstr(&name),
			       l->is_up ? "up" : "down", l->mtu);
	}
	if (fd >= 0)
		close(fd);
}

/* Everything that a capture needs of the kernel, with the filter that passes nothing. */
static enum capture_result
try_capture(struct text *said)
{
	static const struct splice_insn nothing[] = {{.code = 6, .k = 0}}; /* ret #0 */
	struct splice_program program = {(struct splice_insn *)(uintptr_t)nothing, 1};
	struct capture_options o = {.linktype = SAVEFILE_LINKTYPE_SLL,
				    .snaplen = SAVEFILE_SNAPLEN_MAX,
				    .payload_max = CAPTURE_PAYLOAD_ALL,
				    .ring_bytes = REQUEST_RING_DEFAULT};
	struct capture *c;
	enum capture_result result = capture_open(&c, &o, said);

	if (result != CAPTURE_OK)
		return result;
	result = capture_arm(c, &program, said);
	if (result == CAPTURE_OK) {
		text_str(said, "works (");
		text_str(said, capture_ring(c));
		text_str(said, " ring)");
	}
	capture_close(c);
	return result;
}

/* Exits with a capture_result. The packet socket comes first: it needs the capability. */
static _Noreturn void
try_excludes(const struct config *config, int parent, int pipe_fd)
{
	char mem[SLOTS_WHY_SIZE];
	struct text why;
	struct capture_options o = {.linktype = SAVEFILE_LINKTYPE_SLL,
				    .snaplen = SAVEFILE_SNAPLEN_MAX,
				    .payload_max = CAPTURE_PAYLOAD_ALL,
				    .ring_bytes = CAPTURE_RING_MIN};
	struct capture *c;
	enum capture_result result;

	text_init(&why, mem, sizeof(mem));
	if (priv_become_launcher() < 0 || !priv_die_with_parent(parent) ||
	    capture_open(&c, &o, &why) != CAPTURE_OK)
		_exit(CAPTURE_OK);
	why.n = 0;
	result = confine_for_compile(config->may_resolve, &why)
		     ? compile_operators(c, config, &why)
		     : CAPTURE_FAILED;
	if (write(pipe_fd, why.p, why.n) < 0)
		result = CAPTURE_FAILED;
	_exit((int)result);
}

/* Everything that the child says, as far as there is room. */
static void
listen_to(int fd, struct text *t)
{
	ssize_t n;

	while (t->n < t->cap && ((n = read(fd, t->p + t->n, t->cap - t->n)) > 0 ||
				 (n < 0 && errno == EINTR)))
		t->n += n > 0 ? (size_t)n : 0;
}

static bool
are_excludes_good(const struct config *config, struct text *said)
{
	int fds[2];
	int status = 0;
	pid_t parent = getpid();
	pid_t pid;

	if (pipe(fds) < 0 || (pid = fork()) < 0) {
		text_str(said, strerror(errno));
		return false;
	}
	if (pid == 0)
		try_excludes(config, parent, fds[1]);
	close(fds[1]);
	listen_to(fds[0], said);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFSIGNALED(status))
		text_str(said,
			 compile_limits_killed(WTERMSIG(status), config->may_resolve));
	return WIFEXITED(status) && WEXITSTATUS(status) == CAPTURE_OK;
}

bool
check_excludes(const struct config *config, struct text *why)
{
	char mem[SLOTS_WHY_SIZE];
	struct text said;
	struct config one = *config;

	text_init(&said, mem, sizeof(mem));
	one.n_excludes = 1;
	for (size_t i = 0; i < config->n_excludes; i++) {
		struct span filter = span_str(config->excludes[i]);

		one.excludes[0] = config->excludes[i];
		if (are_excludes_good(&one, &said))
			continue;
		text_str(why, "-exclude '");
		text_escape(why, span_take(&filter, FILTER_SHOWN));
		text_str(why, filter.n > 0 ? "...': " : "': ");
		text_escape(why, text_span(&said));
		return false;
	}
	if (config->n_excludes < 2 || are_excludes_good(config, &said))
		return true;
	text_str(why, "all -exclude filters together: ");
	text_escape(why, text_span(&said));
	return false;
}

bool
check_run(const struct config *config)
{
	char mem[512];
	struct text said;
	enum capture_result result;
	bool has_raw = priv_has_net_raw();

	say("version", DDUMP_VERSION);
	say("libpcap", capture_library());
	say("CAP_NET_RAW",
	    has_raw ? "yes" : "no: start as root, or setcap cap_net_raw=p");
	say("seccomp",
	    sandbox_has_seccomp() ? "yes" : "no: system calls are not limited");
	say("Landlock", sandbox_has_landlock() ? "yes"
					       : "no: files are out of reach only "
						 "where there is an empty root");
	if (priv_become_launcher() < 0)
		say("privileges", "cannot be given up");
	say_links(config);
	text_init(&said, mem, sizeof(mem) - 1);
	result = try_capture(&said);
	say("capture", text_cstr(&said));
	return result == CAPTURE_OK;
}

const char *
check_library(void)
{
	return capture_library();
}
