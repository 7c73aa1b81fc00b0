/* What an operator wants to know before leaving the worker alone. */
#include "worker/check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pcap/capture.h"
#include "sys/links.h"
#include "sys/priv.h"
#include "sys/sandbox.h"

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

		if (config_allows_interface(config, span_str(l->name)))
			printf("%-12s %s (%s, mtu %u)\n", "interface", l->name,
			       l->is_up ? "up" : "down", l->mtu);
	}
	if (fd >= 0)
		close(fd);
}

/* Everything that a capture needs of the kernel, with the filter that passes nothing. */
static enum capture_result
try_capture(struct text *why)
{
	static const struct splice_insn nothing[] = {{.code = 6, .k = 0}}; /* ret #0 */
	struct splice_program program = {(struct splice_insn *)(uintptr_t)nothing, 1};
	struct capture_options o = {.linktype = SAVEFILE_LINKTYPE_SLL,
				    .snaplen = SAVEFILE_SNAPLEN_MAX,
				    .ring_bytes = REQUEST_RING_DEFAULT};
	struct capture *c;
	enum capture_result result = capture_open(&c, &o, why);

	if (result != CAPTURE_OK)
		return result;
	result = capture_arm(c, &program, why);
	capture_close(c);
	return result;
}

bool
check_run(const struct config *config)
{
	char mem[512];
	struct text why;
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
	text_init(&why, mem, sizeof(mem) - 1);
	result = try_capture(&why);
	say("capture",
	    result == CAPTURE_OK ? "works (TPACKET_V3 ring)" : text_cstr(&why));
	return result == CAPTURE_OK;
}
