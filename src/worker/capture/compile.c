/* One request's filters under limits. Each text is compiled by itself and joined as a
 * program: as one text, a user's filter could change the meaning of ours. */
#include "worker/capture/compile.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "pcap/headers.h"
#include "pcap/linktype.h"
#include "pcap/vlan_term.h"
#include "sys/log.h"
#include "worker/common/compile_limits.h"
#include "worker/common/exclude.h"

static void
set_soft(int resource, rlim_t value)
{
	struct rlimit r;

	if (getrlimit(resource, &r) < 0)
		return;
	r.rlim_cur = value < r.rlim_max ? value : r.rlim_max;
	setrlimit(resource, &r);
}

static void
set_limits(const struct request *r)
{
	struct itimerval wall = {.it_value.tv_sec = COMPILE_WALL_S};
	struct rusage used = {0};
	rlim_t memory = (rlim_t)COMPILE_MEMORY_BYTES + COMPILE_BASE_BYTES + r->ring_bytes;

	getrusage(RUSAGE_SELF, &used);
	set_soft(RLIMIT_STACK, COMPILE_STACK_BYTES);
	set_soft(RLIMIT_AS, memory);
	set_soft(RLIMIT_CPU, (rlim_t)used.ru_utime.tv_sec + (rlim_t)used.ru_stime.tv_sec +
				 COMPILE_CPU_S);
	setitimer(ITIMER_REAL, &wall, NULL);
}

static void
lift_limits(void)
{
	struct itimerval none = {0};

	setitimer(ITIMER_REAL, &none, NULL);
	set_soft(RLIMIT_CPU, RLIM_INFINITY);
	set_soft(RLIMIT_AS, RLIM_INFINITY);
}

/* What libpcap says of an address family it has no link layer for needs a way out. */
static void
add_hint(const struct request *r, struct text *why)
{
	static const char *const words[] = {
	    "VLAN",	"MPLS",	 "link-layer", "link layer", "Ethernet",
	    "ethernet", "ether", "multicast",  "broadcast",  "MAC"};
	const char *said = text_cstr(why);

	if (strstr(said, "unknown host") || strstr(said, "unknown network"))
		text_str(why, "; names are not looked up here: give an address");
	else if (strstr(said, "unknown port"))
		text_str(why, "; give the port's number");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (r->linktype == REQUEST_NATIVE || !strstr(said, words[i]))
			continue;
		if (i == 0)
			text_str(why, "; here vlan has to be the first or the last of "
				      "terms joined by \"and\", with any \"or\" in "
				      "parentheses");
		text_str(why, "; such filters need interface=NAME&linktype=native "
			      "(ddump -i NAME --linktype native)");
		break;
	}
	if (strstr(said, "syntax error"))
		text_str(why, "; check its words with pcap-filter(7)");
}

static enum capture_result
too_complex(struct text *why)
{
	why->n = 0;
	text_str(why, "filter too complex: the kernel takes 4096 instructions at most; "
		      "shorten it or split it over several captures");
	return CAPTURE_TOO_COMPLEX;
}

/* What the kernel keeps of a cooked packet at least, so that a second VLAN tag is told from
 * what it stands before (cooked_tags.h): the header, tags, an IPv4 header. What is beyond
 * the client's snaplen is cut off by capture_read. */
#define KEEP_MIN     128
#define PROGRAMS_MAX (EXCLUDE_TEXTS_MAX + CONFIG_EXCLUDES_MAX)

/* What the steps of one compilation share. */
struct job {
	struct capture *c;
	const struct request *r;
	const char *filter; /* the request's, or what is left of it */
	struct splice_select *select;
	struct splice_program programs[PROGRAMS_MAX];
	size_t n_programs;
	struct splice_insn excludes[PROGRAMS_MAX][SPLICE_MAX];
	struct exclude own;
	struct splice_insn user[SPLICE_MAX];
};

static enum capture_result
join(struct job *j, const struct splice_program *user, struct splice_program *out,
     struct text *why)
{
	switch (splice_join(j->select, j->programs, j->n_programs, user, out)) {
	case SPLICE_OK:
		return CAPTURE_OK;
	case SPLICE_TOO_LONG:
		return too_complex(why);
	case SPLICE_BACKWARD:
		text_str(why, "the filter needs a loop (protochain), which the kernel "
			      "does not run; name the header's offset instead");
		return CAPTURE_BAD_FILTER;
	case SPLICE_BAD:
		text_str(why, "the filter reads link-layer bytes that this capture does "
			      "not have; use interface=NAME&linktype=native");
		return CAPTURE_BAD_FILTER;
	}
	return CAPTURE_FAILED;
}

static enum capture_result
add_exclude(struct job *j, const char *filter, struct text *why)
{
	struct splice_program *program = &j->programs[j->n_programs];

	program->insns = j->excludes[j->n_programs++];
	return capture_compile(j->c, filter, true, program, why);
}

static enum capture_result
add_operators(struct job *j, const struct config *config, struct text *why)
{
	enum capture_result result = CAPTURE_OK;

	for (size_t i = 0; i < config->n_excludes && result == CAPTURE_OK; i++)
		result = add_exclude(j, config->excludes[i], why);
	return result == CAPTURE_TOO_COMPLEX ? too_complex(why) : result;
}

/* That one of these does not compile is no fault of the client's. */
static enum capture_result
compile_excludes(struct job *j, const struct config *config, struct text *why)
{
	for (size_t i = 0; i < j->own.n; i++)
		if (add_exclude(j, j->own.texts[i], why) != CAPTURE_OK)
			return CAPTURE_FAILED;
	if (add_operators(j, config, why) == CAPTURE_OK)
		return CAPTURE_OK;
	text_str(why, " (in the operator's -exclude filter)");
	return CAPTURE_FAILED;
}

/* A VLAN term that libpcap cannot compile here becomes a test of the kernel's metadata. */
static enum capture_result
take_vlan(struct job *j, struct text *why)
{
	static char left[REQUEST_FILTER_MAX + 1];
	struct span rest;

	j->filter = j->r->filter;
	if (j->select->cooked_size == 0)
		return CAPTURE_OK;
	switch (vlan_term_take(span_str(j->r->filter), &j->select->vlan_id, &rest)) {
	case VLAN_TERM_NONE:
		return CAPTURE_OK;
	case VLAN_TERM_RANGE:
		text_str(why, "a VLAN's number is 0 to 4095");
		return CAPTURE_BAD_FILTER;
	case VLAN_TERM_TAKEN:
		memcpy(left, rest.p, rest.n);
		left[rest.n] = '\0';
		j->filter = left;
		j->select->is_vlan = true;
		return CAPTURE_OK;
	}
	return CAPTURE_FAILED;
}

/* Unoptimized first: the optimizer costs seconds on filters that need it least. */
static enum capture_result
compile_user(struct job *j, struct splice_program *out, struct text *why)
{
	enum capture_result result = CAPTURE_FAILED;

	for (int optimized = 0; optimized <= 1; optimized++) {
		struct splice_program user = {.insns = j->user};

		why->n = 0;
		result = capture_compile(j->c, j->filter, optimized, &user, why);
		if (result == CAPTURE_OK)
			result = join(j, &user, out, why);
		if (result != CAPTURE_TOO_COMPLEX)
			break;
	}
	if (result == CAPTURE_TOO_COMPLEX || strstr(text_cstr(why), "memory"))
		return too_complex(why);
	if (result == CAPTURE_BAD_FILTER)
		add_hint(j->r, why);
	return result;
}

enum capture_result
compile_operators(struct capture *c, const struct config *config, struct text *why)
{
	static struct job job; /* too large for the stack; one compile a process */
	struct splice_select select = {
	    .cooked_size = linktype_cooked_size(capture_linktype(c)),
	    .snaplen = SAVEFILE_SNAPLEN_MAX,
	};
	struct request r = {.ring_bytes = CAPTURE_RING_MIN};
	struct splice_program everything = {.insns = job.user};
	static struct splice_insn insns[SPLICE_MAX];
	struct splice_program out = {.insns = insns};
	enum capture_result result;

	job.c = c;
	job.select = &select;
	set_limits(&r);
	result = add_operators(&job, config, why);
	if (result == CAPTURE_OK)
		result = join(&job, &everything, &out, why);
	lift_limits();
	return result;
}

enum capture_result
compile_request(struct capture *c, const struct config *config, const struct request *r,
		const uint32_t *ifindexes, size_t n_ifindexes, struct splice_program *out,
		struct text *why)
{
	static struct job job; /* too large for the stack; one compile a process */
	struct splice_select select = {
	    .ifindexes = n_ifindexes > 0 ? ifindexes : NULL,
	    .n_ifindexes = n_ifindexes,
	    .is_in = r->direction == REQUEST_IN,
	    .is_out = r->direction == REQUEST_OUT,
	    .cooked_size = linktype_cooked_size(capture_linktype(c)),
	    .snaplen = r->snaplen,
	};
	enum capture_result result;

	if ((uint64_t)r->payload_max + HEADERS_KEEP < select.snaplen)
		select.snaplen = r->payload_max + HEADERS_KEEP;
	if (select.cooked_size > 0 && select.snaplen < KEEP_MIN)
		select.snaplen = KEEP_MIN;
	job.c = c;
	job.r = r;
	job.select = &select;
	exclude_build(&job.own, r);
	if (job.own.is_by_remote_ports_alone)
		log_line(
		    LOG_INFO,
		    "capture %u: the client's port was changed on the way (NAT): its "
		    "other streams are left out by their remote ports alone",
		    (unsigned)r->slot);
	set_limits(r);
	result = compile_excludes(&job, config, why);
	if (result == CAPTURE_OK)
		result = take_vlan(&job, why);
	if (result == CAPTURE_OK)
		result = compile_user(&job, out, why);
	lift_limits();
	return result;
}
