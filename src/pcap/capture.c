/* The only file that knows libpcap. It decides nothing: what passes, what is kept and
 * who is told is said by its callers. */
#include "pcap/capture.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "base/bytes.h"
#include "pcap/cooked_tags.h"
#include "pcap/headers.h"

/* A block that holds packets from before the filter is in the ring at most this late: what is
 * read later than that, to the end of the ring, brings the last of them. */
#define STALE_NS 100000000u

struct capture {
	pcap_t *handle;
	int fd;
	uint32_t linktype;
	uint32_t snaplen;
	uint32_t payload_max;
	uint64_t armed_real_ns;
	uint64_t armed_mono_ns;
	bool is_settling;
	struct capture_statistics total;
	/* of the running capture_read */
	capture_packet_fn *fn;
	void *arg;
};

static uint64_t
now_ns(clockid_t id)
{
	struct timespec t = {0};

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static enum capture_result
result_of(int rc)
{
	switch (rc) {
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return CAPTURE_DENIED;
	case PCAP_ERROR_NO_SUCH_DEVICE:
	case PCAP_ERROR_IFACE_NOT_UP:
		return CAPTURE_NO_DEVICE;
	default:
		return CAPTURE_FAILED;
	}
}

static void
explain(struct text *why, pcap_t *handle, int rc)
{
	const char *detail = handle ? pcap_geterr(handle) : "";

	text_str(why, detail[0] != '\0' ? detail : pcap_statustostr(rc));
}

/* One try with a given ring size; the handle is new for each, as libpcap wants it. */
static int
activate(struct capture *c, const struct capture_options *o, uint32_t ring_bytes,
	 struct text *why)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	int rc;

	c->handle = pcap_create(o->interface ? o->interface : "any", error);
	if (!c->handle) {
		text_str(why, error);
		return PCAP_ERROR;
	}
	pcap_set_snaplen(c->handle, SAVEFILE_SNAPLEN_MAX);
	pcap_set_promisc(c->handle, o->is_promiscuous);
	pcap_set_timeout(c->handle, CAPTURE_BLOCK_MS);
	pcap_set_buffer_size(c->handle, (int)ring_bytes);
	pcap_set_tstamp_precision(c->handle, PCAP_TSTAMP_PRECISION_NANO);
	rc = pcap_activate(c->handle);
	if (rc >= 0)
		return rc;
	explain(why, c->handle, rc);
	pcap_close(c->handle);
	c->handle = NULL;
	return rc;
}

static bool
attach(int fd, const struct splice_insn *insns, size_t n)
{
	struct sock_fprog program = {.len = (unsigned short)n};
	static_assert(sizeof(struct splice_insn) == sizeof(struct sock_filter),
		      "an instruction is the kernel's instruction");

	program.filter = (struct sock_filter *)(uintptr_t)insns;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ==
	       0;
}

static enum capture_result
set_linktype(struct capture *c, uint32_t wanted, struct text *why)
{
	int dlt = wanted == SAVEFILE_LINKTYPE_SLL    ? DLT_LINUX_SLL
		  : wanted == SAVEFILE_LINKTYPE_SLL2 ? DLT_LINUX_SLL2
						     : pcap_datalink(c->handle);

	if (dlt != pcap_datalink(c->handle) && pcap_set_datalink(c->handle, dlt) < 0) {
		explain(why, c->handle, PCAP_ERROR);
		return CAPTURE_FAILED;
	}
	/* DLT and LINKTYPE values agree but for a few; libpcap maps them when it
	 * writes a file, and so do we, for the ones a Linux capture can have. */
	c->linktype = dlt == DLT_RAW ? SAVEFILE_LINKTYPE_RAW : (uint32_t)dlt;
	return CAPTURE_OK;
}

/* Nothing passes until capture_arm, so that the ring holds no packet unasked for. */
static enum capture_result
prepare(struct capture *c, const struct capture_options *o, struct text *why)
{
	static const struct splice_insn nothing = {.code = BPF_RET | BPF_K, .k = 0};
	char error[PCAP_ERRBUF_SIZE] = "";

	c->fd = pcap_get_selectable_fd(c->handle);
	if (c->fd < 0 || !attach(c->fd, &nothing, 1)) {
		text_str(why, "the packet socket takes no filter");
		return CAPTURE_FAILED;
	}
	if (pcap_setnonblock(c->handle, 1, error) < 0) {
		text_str(why, error);
		return CAPTURE_FAILED;
	}
	return set_linktype(c, o->linktype, why);
}

enum capture_result
capture_open(struct capture **out, const struct capture_options *o, struct text *why)
{
	struct capture *c = calloc(1, sizeof(*c));
	uint32_t ring_bytes = o->ring_bytes;
	enum capture_result result;
	int rc = PCAP_ERROR;

	*out = NULL;
	if (!c) {
		text_str(why, "out of memory");
		return CAPTURE_FAILED;
	}
	c->snaplen = o->snaplen;
	c->payload_max = o->payload_max;
	for (; ring_bytes >= CAPTURE_RING_MIN; ring_bytes /= 2) {
		why->n = 0;
		rc = activate(c, o, ring_bytes, why);
		if (rc != PCAP_ERROR)
			break;
	}
	result = rc < 0 ? result_of(rc) : prepare(c, o, why);
	if (result == CAPTURE_OK)
		*out = c;
	else
		capture_close(c);
	return result;
}

void
capture_close(struct capture *c)
{
	if (c->handle)
		pcap_close(c->handle);
	free(c);
}

const char *
capture_ring(const struct capture *c)
{
	static const char *const names[] = {"TPACKET_V1", "TPACKET_V2", "TPACKET_V3"};
	int version = -1;
	socklen_t size = sizeof(version);

	if (getsockopt(c->fd, SOL_PACKET, PACKET_VERSION, &version, &size) < 0 ||
	    version < 0 || version > TPACKET_V3)
		return "no ring";
	return names[version];
}

uint32_t
capture_linktype(const struct capture *c)
{
	return c->linktype;
}

enum capture_result
capture_compile(struct capture *c, const char *filter, bool is_optimized,
		struct splice_program *out, struct text *why)
{
	struct bpf_program program = {0};
	static_assert(sizeof(struct splice_insn) == sizeof(struct bpf_insn),
		      "an instruction is libpcap's instruction");

	out->n = 0;
	if (filter[strspn(filter, " \t\r\n")] == '\0')
		return CAPTURE_OK;
	if (pcap_compile(c->handle, &program, filter, is_optimized,
			 PCAP_NETMASK_UNKNOWN) < 0) {
		text_str(why, pcap_geterr(c->handle));
		return CAPTURE_BAD_FILTER;
	}
	if (program.bf_len > SPLICE_MAX) {
		pcap_freecode(&program);
		return CAPTURE_TOO_COMPLEX;
	}
	memcpy(out->insns, program.bf_insns, program.bf_len * sizeof(*out->insns));
	out->n = program.bf_len;
	pcap_freecode(&program);
	return CAPTURE_OK;
}

enum capture_result
capture_arm(struct capture *c, const struct splice_program *program, struct text *why)
{
	struct tpacket_stats_v3 zero;
	socklen_t size = sizeof(zero);
	int one = 1;

	/* while nothing passes: what counts from now on has passed this program */
	getsockopt(c->fd, SOL_PACKET, PACKET_STATISTICS, &zero, &size);
	c->armed_real_ns = now_ns(CLOCK_REALTIME);
	c->armed_mono_ns = now_ns(CLOCK_MONOTONIC);
	c->is_settling = true;
	if (!attach(c->fd, program->insns, program->n)) {
		text_str(why, "the kernel does not take the filter program: ");
		text_str(why, strerror(errno));
		return errno == EINVAL ? CAPTURE_TOO_COMPLEX : CAPTURE_FAILED;
	}
	if (setsockopt(c->fd, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one)) < 0) {
		text_str(why, "the filter cannot be locked: ");
		text_str(why, strerror(errno));
		return CAPTURE_FAILED;
	}
	return CAPTURE_OK;
}

int
capture_fd(const struct capture *c)
{
	return c->fd;
}

/* What lay in the ring before the filter was there is not the client's. */
static bool
is_stale(const struct capture *c, uint64_t time_ns)
{
	return c->is_settling && time_ns < c->armed_real_ns;
}

/* In the ring, which is ours until the batch ends. */
static void
show_hidden_tag(const struct capture *c, const struct pcap_pkthdr *h, const u_char *data)
{
	uint32_t at = cooked_tags_hidden(c->linktype, data, h->caplen, h->len);

	if (at > 0)
		bytes_put_be16((u_char *)(uintptr_t)data + at, COOKED_TAGS_INNER_TPID);
}

static void
cut_payload(const struct capture *c, const struct pcap_pkthdr *h, const u_char *data,
	    struct savefile_record *record)
{
	uint64_t end = headers_end(c->linktype, data, h->caplen, h->len);

	end += c->payload_max;
	if (end < record->caplen)
		record->caplen = (uint32_t)end;
}

static void
on_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct capture *c = (struct capture *)user;
	struct savefile_record record = {
	    /* nanosecond precision was asked for: tv_usec holds nanoseconds */
	    .time_ns = (uint64_t)h->ts.tv_sec * 1000000000u + (uint64_t)h->ts.tv_usec,
	    .caplen = h->caplen < c->snaplen ? h->caplen : c->snaplen,
	    .origlen = h->len,
	};

	if (is_stale(c, record.time_ns))
		return;
	show_hidden_tag(c, h, data);
	if (c->payload_max != CAPTURE_PAYLOAD_ALL)
		cut_payload(c, h, data, &record);
	if (!c->fn(c->arg, &record, data))
		pcap_breakloop(c->handle);
}

enum capture_result
capture_read(struct capture *c, capture_packet_fn *fn, void *arg, bool *is_empty,
	     struct text *why)
{
	bool is_late =
	    c->is_settling && now_ns(CLOCK_MONOTONIC) - c->armed_mono_ns > STALE_NS;
	int rc;

	c->fn = fn;
	c->arg = arg;
	rc = pcap_dispatch(c->handle, -1, on_packet, (u_char *)c);
	*is_empty = rc >= 0; /* it ends by itself when there is no further block */
	if (is_late && *is_empty)
		c->is_settling = false;
	if (rc >= 0 || rc == PCAP_ERROR_BREAK)
		return CAPTURE_OK;
	explain(why, c->handle, rc);
	return CAPTURE_NO_DEVICE;
}

void
capture_statistics(struct capture *c, struct capture_statistics *out)
{
	struct tpacket_stats_v3 now = {0};
	socklen_t size = sizeof(now);

	/* the kernel's counters start again at zero with each read */
	if (getsockopt(c->fd, SOL_PACKET, PACKET_STATISTICS, &now, &size) == 0) {
		c->total.received += now.tp_packets;
		c->total.dropped += now.tp_drops;
	}
	*out = c->total;
}

bool
capture_interface_name(const struct capture *c, uint32_t ifindex,
		       char name[static CAPTURE_NAME_SIZE])
{
	struct ifreq request = {.ifr_ifindex = (int)ifindex};

	static_assert(CAPTURE_NAME_SIZE == IFNAMSIZ,
		      "an interface name is IFNAMSIZ long");
	if (ifindex == 0 || ioctl(c->fd, SIOCGIFNAME, &request) < 0)
		return false;
	memcpy(name, request.ifr_name, CAPTURE_NAME_SIZE);
	name[CAPTURE_NAME_SIZE - 1] = '\0';
	return true;
}

uint32_t
capture_interface_index(const struct capture *c, const char *name)
{
	struct ifreq request = {.ifr_ifindex = 0};

	if (strlen(name) >= sizeof(request.ifr_name))
		return 0;
	memcpy(request.ifr_name, name, strlen(name));
	return ioctl(c->fd, SIOCGIFINDEX, &request) < 0 ? 0
							: (uint32_t)request.ifr_ifindex;
}

const char *
capture_library(void)
{
	return pcap_lib_version();
}
