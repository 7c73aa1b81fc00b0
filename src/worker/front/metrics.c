/* Counters to text. Label values are escaped as the format wants it. */
#include "worker/front/metrics.h"

#include <sys/wait.h>

void
metrics_add_start(struct metrics *m, bool is_validation)
{
	m->validations += is_validation;
	m->started += !is_validation;
}

void
metrics_add_end(struct metrics *m, const struct record *r)
{
	if (r->end <= SLOT_END_VALIDATED)
		m->ended[r->end]++;
	m->crashed += WIFSIGNALED(r->wait_status);
	m->packets += r->counts.packets;
	m->bytes += r->bytes;
	m->dropped += r->counts.dropped;
	m->own_packets += r->counts.own_packets;
	m->own_bytes += r->counts.own_bytes;
	m->stalled_ns += r->stalled_ns;
	m->broken_watermarks += r->broken_watermarks;
}

void
metrics_add_answer(struct metrics *m, unsigned status)
{
	if (status >= METRICS_STATUS_MIN && status <= METRICS_STATUS_MAX)
		m->rejected[status - METRICS_STATUS_MIN]++;
}

static void
put_head(struct text *t, const char *name, const char *type, const char *help)
{
	text_str(t, "# HELP ");
	text_str(t, name);
	text_str(t, " ");
	text_str(t, help);
	text_str(t, "\n# TYPE ");
	text_str(t, name);
	text_str(t, " ");
	text_str(t, type);
	text_str(t, "\n");
}

static void
put_one(struct text *t, const char *name, const char *type, const char *help,
	uint64_t value)
{
	put_head(t, name, type, help);
	text_str(t, name);
	text_str(t, " ");
	text_u64(t, value);
	text_str(t, "\n");
}

/* Backslash, quote and newline (Prometheus text format); other bytes as \\xHH. */
static void
put_label(struct text *t, const char *name, const char *label, struct span value)
{
	char mem[256];
	struct text escaped;

	text_init(&escaped, mem, sizeof(mem));
	text_escape(&escaped, value);
	text_str(t, name);
	text_str(t, "{");
	text_str(t, label);
	text_str(t, "=\"");
	for (size_t i = 0; i < escaped.n; i++) {
		if (mem[i] == '\\' || mem[i] == '"')
			text_char(t, '\\');
		text_char(t, mem[i]);
	}
	text_str(t, "\"} ");
}

static void
put_ends(struct text *t, const struct metrics *m)
{
	static const char name[] = "ddump_captures_ended_total";

	put_head(t, name, "counter", "Captures that have ended, by reason.");
	for (unsigned end = SLOT_END_NONE; end < SLOT_END_VALIDATED; end++) {
		put_label(t, name, "reason",
			  span_str(slots_end_text((enum slot_end)end)));
		text_u64(t, m->ended[end]);
		text_str(t, "\n");
	}
}

static void
put_rejected(struct text *t, const struct metrics *m)
{
	static const char name[] = "ddump_requests_rejected_total";

	put_head(t, name, "counter", "Requests answered with an error, by status.");
	for (unsigned i = 0; i <= METRICS_STATUS_MAX - METRICS_STATUS_MIN; i++) {
		char digits[3];

		if (m->rejected[i] == 0)
			continue;
		digits[0] = (char)('0' + (i + METRICS_STATUS_MIN) / 100);
		digits[1] = (char)('0' + (i + METRICS_STATUS_MIN) / 10 % 10);
		digits[2] = (char)('0' + (i + METRICS_STATUS_MIN) % 10);
		put_label(t, name, "status", span_of(digits, 3));
		text_u64(t, m->rejected[i]);
		text_str(t, "\n");
	}
}

static void
put_interfaces(struct text *t, const struct links *links)
{
	static const char name[] = "ddump_interface_drops_total";

	put_head(t, name, "counter",
		 "Packets that an interface dropped before any capture.");
	for (size_t i = 0; links && i < links->n; i++) {
		put_label(t, name, "interface", span_str(links->list[i].name));
		text_u64(t, links->list[i].rx_dropped);
		text_str(t, "\n");
	}
}

static void
put_seconds(struct text *t, const char *name, const char *help, uint64_t ns)
{
	put_head(t, name, "counter", help);
	text_str(t, name);
	text_str(t, " ");
	text_fixed(t, ns / 1000000, 3);
	text_str(t, "\n");
}

void
metrics_put(struct text *t, const struct metrics *m, const struct metrics *running,
	    size_t n_running, size_t n_connections, const struct links *links,
	    const char *library)
{
	put_one(t, "ddump_captures_started_total", "counter", "Captures asked for.",
		m->started);
	put_one(t, "ddump_captures_active", "gauge", "Captures that run.", n_running);
	put_ends(t, m);
	put_one(t, "ddump_capture_crashes_total", "counter",
		"Capture processes that died of a signal.", m->crashed);
	put_one(t, "ddump_validations_total", "counter",
		"Filters compiled without a capture.", m->validations);
	put_one(t, "ddump_packets_total", "counter", "Packets handed to clients.",
		m->packets + running->packets);
	put_one(t, "ddump_packet_bytes_total", "counter",
		"Captured bytes of these packets.", m->bytes + running->bytes);
	put_one(t, "ddump_kernel_drops_total", "counter",
		"Packets that matched and were dropped because a ring was full.",
		m->dropped + running->dropped);
	put_one(t, "ddump_own_traffic_packets_total", "counter",
		"Packets left out because they carry a capture's own stream.",
		m->own_packets + running->own_packets);
	put_one(t, "ddump_own_traffic_bytes_total", "counter",
		"Captured bytes of these packets.", m->own_bytes + running->own_bytes);
	put_interfaces(t, links);
	put_seconds(t, "ddump_client_stall_seconds_total",
		    "Time that clients did not take what was there for them.",
		    m->stalled_ns + running->stalled_ns);
	put_one(t, "ddump_broken_watermarks_total", "counter",
		"Packets older than a statistics block had promised.",
		m->broken_watermarks + running->broken_watermarks);
	put_one(t, "ddump_connections_open", "gauge",
		"Connections that are not running captures.", n_connections);
	put_rejected(t, m);
	put_head(t, "ddump_build_info", "gauge", "Version of the worker and of libpcap.");
	text_str(t, "ddump_build_info{version=\"" DDUMP_VERSION "\",libpcap=\"");
	text_escape(t, span_str(library));
	text_str(t, "\"} 1\n");
}
