/*
 * One capture, one process: from the request to an armed capture, with fewer rights at
 * each step. What runs then is worker/feed. It must not parse anything a client sent.
 */
#include "worker/capture/process.h"

#include <assert.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "http/emit.h"
#include "sys/clock.h"
#include "sys/links.h"
#include "sys/signals.h"
#include "worker/capture/compile.h"
#include "worker/common/confine.h"
#include "worker/capture/feed.h"

#define HEAD_SIZE 512 /* of a response; ours has six short fields */

struct process {
	const struct config *config;
	const struct request *r;
	struct slot *slot;
	struct feed_task task;
	struct feed feed;
	struct utsname host;
	struct splice_program program;
	struct splice_insn insns[SPLICE_MAX];
	char why[SLOTS_WHY_SIZE];
};

static unsigned
status_of(enum capture_result result)
{
	switch (result) {
	case CAPTURE_OK:
		return 200;
	case CAPTURE_NO_DEVICE:
	case CAPTURE_BAD_FILTER:
	case CAPTURE_TOO_COMPLEX:
		return 400;
	case CAPTURE_DENIED:
		return 503;
	case CAPTURE_FAILED:
		break;
	}
	return 500;
}

/* Leaves the answer to the front. */
static void
fail(struct process *p, enum capture_result result, struct text *why)
{
	enum slot_problem problem =
	    result == CAPTURE_NO_DEVICE ? SLOT_PROBLEM_NO_INTERFACE : SLOT_PROBLEM_NONE;

	slots_fail(p->slot, SLOT_END_FAILED, status_of(result), problem, text_span(why));
	slots_ring(p->config->bell);
}

/* Their indexes are for a cooked capture's filter. */
static enum capture_result
find_interfaces(struct process *p, struct text *why)
{
	bool is_native = p->r->linktype == REQUEST_NATIVE;

	for (uint32_t i = 0; i < p->r->n_interfaces; i++) {
		uint32_t index = if_nametoindex(p->r->interfaces[i]);

		if (index == 0 && !p->r->has_implied_interfaces) {
			text_str(why, "no interface is named ");
			text_escape(why, span_str(p->r->interfaces[i]));
			text_str(why, "; there are ");
			links_put_names(why);
			return CAPTURE_NO_DEVICE;
		}
		if (index != 0 && !is_native)
			p->task.ifindexes[p->task.n_ifindexes++] = index;
	}
	if (p->r->n_interfaces > 0 && p->task.n_ifindexes == 0 && !is_native) {
		text_str(why, "none of the interfaces of -interfaces exists");
		return CAPTURE_NO_DEVICE;
	}
	return CAPTURE_OK;
}

static enum capture_result
open_capture(struct process *p, struct text *why)
{
	struct capture_options o = {
	    .interface = p->r->linktype == REQUEST_NATIVE ? p->r->interfaces[0] : NULL,
	    .linktype = p->r->linktype == REQUEST_SLL	 ? SAVEFILE_LINKTYPE_SLL
			: p->r->linktype == REQUEST_SLL2 ? SAVEFILE_LINKTYPE_SLL2
							 : UINT32_MAX,
	    .is_promiscuous = p->r->is_promiscuous,
	    .snaplen = p->r->snaplen,
	    .payload_max = p->r->payload_max,
	    .ring_bytes = p->r->ring_bytes,
	};
	enum capture_result result = find_interfaces(p, why);

	if (result == CAPTURE_OK)
		result = capture_open(&p->task.capture, &o, why);
	if (result == CAPTURE_DENIED) {
		why->n = 0;
		text_str(why, "this worker may not capture: start it as root or give it "
			      "CAP_NET_RAW (setcap cap_net_raw=p ddump-worker)");
	}
	return result;
}

static bool
set_up(struct process *p)
{
	struct text why;
	enum capture_result result;

	text_init(&why, p->why, sizeof(p->why));
	p->program.insns = p->insns;
	p->task.seed = clock_monotonic_ns() ^ (uint64_t)getpid() << 32;
	if (getrandom(&p->task.seed, sizeof(p->task.seed), GRND_NONBLOCK) < 0)
		p->task.seed++; /* an old kernel: the clock will do */
	uname(&p->host);	/* no longer allowed when it is needed */
	result = open_capture(p, &why);
	if (result == CAPTURE_OK && !confine_for_compile(p->r->may_resolve, &why))
		result = CAPTURE_FAILED;
	if (result == CAPTURE_OK) {
		slots_advance(p->slot, SLOT_COMPILING);
		result =
		    compile_request(p->task.capture, p->config, p->r, p->task.ifindexes,
				    p->task.n_ifindexes, &p->program, &why);
	}
	if (result == CAPTURE_OK)
		result = capture_arm(p->task.capture, &p->program, &why);
	if (result == CAPTURE_OK && feed_watch(&p->feed) < 0)
		result = CAPTURE_FAILED;
	if (result != CAPTURE_OK)
		fail(p, result, &why);
	return result == CAPTURE_OK;
}

/* Tells the client, and nobody else, how to ask for this capture's counts. */
static void
put_id(struct text *t, const struct request *r)
{
	char mem[2 * REQUEST_ID_SIZE];
	struct text id;

	text_init(&id, mem, sizeof(mem));
	text_hex(&id, span_of(r->id, sizeof(r->id)));
	http_emit_field(t, "Ddump-Capture", text_span(&id));
}

static void
put_response_head(struct process *p)
{
	char mem[HEAD_SIZE];
	struct text t;
	bool is_ng = p->r->format == REQUEST_PCAPNG;

	text_init(&t, mem, sizeof(mem));
	http_emit_status(&t, 200);
	http_emit_field(
	    &t, "Content-Type",
	    span_str(is_ng ? "application/x-pcapng" : "application/vnd.tcpdump.pcap"));
	if (p->r->is_chunked)
		http_emit_field(&t, "Transfer-Encoding", span_str("chunked"));
	http_emit_field(&t, "Connection", span_str("close"));
	http_emit_field(&t, "Cache-Control", span_str("no-store"));
	http_emit_field(&t, "X-Accel-Buffering", span_str("no"));
	if (p->r->has_id)
		put_id(&t, p->r);
	if (p->config->name.n > 0)
		http_emit_field(&t, "Ddump-Host", p->config->name);
	http_emit_end(&t);
	assert(!t.is_cut);
	stream_put_head(p->task.stream, text_span(&t));
}

static void
put_file_head(struct process *p)
{
	char mem[sizeof(p->host.sysname) + sizeof(p->host.release) + 1];
	struct text os;
	const char *one = p->r->linktype == REQUEST_NATIVE ? p->r->interfaces[0] : NULL;

	text_init(&os, mem, sizeof(mem));
	text_str(&os, p->host.sysname);
	text_char(&os, ' ');
	text_str(&os, p->host.release);
	assert(!os.is_cut);
	stream_put_file_head(p->task.stream, p->config->name,
			     one ? capture_interface_index(p->task.capture, one) : 0,
			     span_str(one ? one : "any"), span_str(p->r->filter),
			     text_span(&os), span_str("ddump-worker/" DDUMP_VERSION));
}

static void
commit(struct process *p)
{
	struct stream_options o = {
	    .is_chunked = p->r->is_chunked,
	    .is_ng = p->r->format == REQUEST_PCAPNG,
	    .is_nano = p->r->is_nano,
	    .linktype = capture_linktype(p->task.capture),
	    .payload_max = p->r->payload_max,
	};

	stream_init(p->task.stream, &o);
	put_response_head(p);
	stream_begin(p->task.stream);
	put_file_head(p);
	stream_commit(p->task.stream);
	slots_advance(p->slot, SLOT_COMMITTED);
	slots_ring(p->config->bell);
}

void
capture_process_run(const struct config *config, const struct request *r, int client_fd)
{
	static const int ends[] = {SIGTERM, SLOTS_STOP};
	static struct process process; /* one a process; too large for the stack */
	struct process *p = &process;
	int signal_fd = signals_open_for(ends, sizeof(ends) / sizeof(ends[0]));
	struct text why;

	p->r = r;
	p->config = config;
	p->slot = &config->slots->slot[r->slot];
	p->task.r = r;
	p->task.slot = p->slot;
	p->task.bell = config->bell;
	p->task.stream = malloc(sizeof(*p->task.stream));
	text_init(&why, p->why, sizeof(p->why));
	if (!p->task.stream || signal_fd < 0 ||
	    feed_open(&p->feed, &p->task, client_fd, signal_fd) < 0) {
		text_str(&why, "out of memory or descriptors");
		fail(p, CAPTURE_FAILED, &why);
		return;
	}
	if (!set_up(p))
		return;
	if (r->is_validation) {
		/* the answer is the front's */
		slots_fail(p->slot, SLOT_END_VALIDATED, 200, SLOT_PROBLEM_NONE,
			   text_span(&why));
		slots_ring(p->config->bell);
		return;
	}
	if (!confine_for_stream(client_fd, p->config->bell, capture_fd(p->task.capture),
				&why)) {
		fail(p, CAPTURE_FAILED, &why);
		return;
	}
	commit(p);
	feed_run(&p->feed);
}
