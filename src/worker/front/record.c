/* A capture in words and in JSON. Every text in it came from outside and is escaped. */
#include "worker/front/record.h"

#include <string.h>
#include <sys/wait.h>

/* What a line of the log has room for beside the filter: bytes after escaping, and names. */
#define WHY_LOGGED	  800
#define INTERFACES_LOGGED 8
#define ESCAPED_MAX	  6 /* of one byte: "\u0001" in JSON */

/* The longest prefix that takes at most cost bytes, whichever way it is escaped. */
static struct span
shorten(struct span s, size_t cost)
{
	size_t n = 0;

	while (n < s.n && cost >= ESCAPED_MAX) {
		bool is_plain =
		    s.p[n] >= 0x20 && s.p[n] < 0x7f && s.p[n] != '\\' && s.p[n] != '"';

		cost -= is_plain ? 1 : ESCAPED_MAX;
		n++;
	}
	return span_of(s.p, n);
}

static void
update_left(struct record *r, const struct slot *s)
{
	uint32_t n = s->n_left;

	r->n_left = n < SLOTS_LEFT_MAX ? n : SLOTS_LEFT_MAX;
	for (uint32_t i = 0; i < r->n_left; i++) {
		struct record_left *l = &r->left[i];

		l->is_out = s->left[i].is_out != 0;
		l->packets = s->left[i].packets;
		l->bytes = s->left[i].bytes;
		memcpy(l->name, s->left[i].name, sizeof(l->name));
		l->name[sizeof(l->name) - 1] = '\0';
	}
}

void
record_update(struct record *r, const struct slot *s)
{
	r->end = (enum slot_end)s->end;
	r->wait_status = s->wait_status;
	r->counts.packets = s->packets;
	r->bytes = s->bytes;
	r->counts.offered = s->offered;
	r->counts.dropped = s->dropped;
	r->counts.own_packets = s->own_packets;
	r->counts.own_bytes = s->own_bytes;
	r->is_counted = s->is_counted != 0;
	r->stalled_ns = s->stalled_ns;
	r->broken_watermarks = s->broken_watermarks;
	update_left(r, s);
	memcpy(r->why, s->why, sizeof(r->why));
	r->why[sizeof(r->why) - 1] = '\0';
}

/* The client that a proxy named, perhaps without its port. */
static void
put_forwarded(struct text *t, const struct record *r)
{
	const struct net_address *client = &r->request.hints.client;

	if (net_port(client) == 0)
		net_format_host(t, client);
	else
		net_format(t, client);
}

void
record_put_client(struct text *t, const struct record *r)
{
	net_format(t, &r->request.peer);
	if (r->has_uid) {
		text_str(t, " uid ");
		text_u64(t, r->uid);
	}
	if (r->request.hints.client.size > 0) {
		text_str(t, ", for ");
		put_forwarded(t, r);
	}
}

void
record_put_end(struct text *t, const struct record *r)
{
	text_str(t, slots_end_text(r->end));
	if (WIFSIGNALED(r->wait_status)) {
		text_str(t, " of signal ");
		text_u64(t, (uint64_t)WTERMSIG(r->wait_status));
	}
	if (r->why[0] != '\0') {
		text_str(t, ": ");
		text_escape(t, shorten(span_str(r->why), WHY_LOGGED));
	}
}

/* The first n of them. */
static void
put_interfaces(struct text *t, const struct request *q, uint32_t n, bool is_json)
{
	for (uint32_t i = 0; i < n && i < q->n_interfaces; i++) {
		struct span name = span_of(q->interfaces[i],
					   strnlen(q->interfaces[i], CAPTURE_NAME_SIZE));

		text_str(t, i > 0 ? "," : "");
		if (is_json)
			text_json(t, name);
		else
			text_escape(t, name);
	}
}

void
record_put_start_line(struct text *t, uint32_t number, const struct record *r)
{
	struct span filter = shorten(span_str(r->request.filter), RECORD_FILTER_MAX);

	text_str(t, "capture ");
	text_u64(t, number);
	text_str(t, " for ");
	record_put_client(t, r);
	if (r->request.n_interfaces > 0) {
		text_str(t, ", interface ");
		put_interfaces(t, &r->request, INTERFACES_LOGGED, false);
		if (r->request.n_interfaces > INTERFACES_LOGGED)
			text_str(t, ",...");
	}
	text_str(t, ", filter \"");
	text_escape(t, filter);
	text_str(t, filter.n < strlen(r->request.filter) ? "\"..." : "\"");
}

void
record_put_end_line(struct text *t, uint32_t number, const struct record *r)
{
	text_str(t, "capture ");
	text_u64(t, number);
	text_str(t, " for ");
	record_put_client(t, r);
	text_str(t, " ended: ");
	record_put_end(t, r);
	text_str(t, "; ");
	text_u64(t, r->counts.packets);
	text_str(t, " packets, ");
	text_u64(t, r->bytes);
	text_str(t, " bytes, ");
	text_u64(t, r->counts.dropped);
	text_str(t, " dropped by kernel");
}

bool
record_put_left_line(struct text *t, uint32_t number, struct record *r)
{
	uint32_t i = 0;
	uint32_t bit;

	while (i < r->n_left && (r->told_out >> i & 1) == r->left[i].is_out)
		i++;
	if (i == r->n_left)
		return false;
	bit = (uint32_t)1 << i;
	r->told_out ^= bit;
	text_str(t, "capture ");
	text_u64(t, number);
	text_str(t, r->told_out & bit ? " leaves out " : " lets in again ");
	text_escape(t, span_str(r->left[i].name));
	text_str(t, r->told_out & bit ? ": it carries this capture's own stream"
				      : ": it follows this capture's stream no more");
	return true;
}

static void
put_number(struct text *t, const char *name, uint64_t value)
{
	text_str(t, ",\"");
	text_str(t, name);
	text_str(t, "\":");
	text_u64(t, value);
}

void
record_put_counts(struct text *t, const struct record_counts *c, const char *packets)
{
	put_number(t, "offered", c->offered);
	put_number(t, packets, c->packets);
	put_number(t, "dropped_by_kernel", c->dropped);
	put_number(t, "own_traffic", c->own_packets);
	put_number(t, "own_bytes", c->own_bytes);
}

static void
put_string(struct text *t, const char *name, struct span value)
{
	text_str(t, ",\"");
	text_str(t, name);
	text_str(t, "\":");
	text_json(t, value);
}

static void
put_who(struct text *t, const struct record *r)
{
	char mem[160];
	struct text address;

	text_init(&address, mem, sizeof(mem));
	net_format(&address, &r->request.peer);
	put_string(t, "peer", text_span(&address));
	if (r->has_uid)
		put_number(t, "uid", r->uid);
	if (r->request.hints.client.size == 0)
		return;
	text_init(&address, mem, sizeof(mem));
	put_forwarded(&address, r);
	put_string(t, "forwarded_for", text_span(&address));
}

static void
put_left(struct text *t, const struct record *r)
{
	text_str(t, ",\"left_out\":[");
	for (uint32_t i = 0; i < r->n_left; i++) {
		const struct record_left *l = &r->left[i];

		text_str(t, i > 0 ? ",{\"flow\":" : "{\"flow\":");
		text_json(t, span_str(l->name));
		text_str(t, l->is_out ? ",\"is_out\":true" : ",\"is_out\":false");
		put_number(t, "packets", l->packets);
		put_number(t, "bytes", l->bytes);
		text_str(t, "}");
	}
	text_str(t, "]");
}

static void
put_result(struct text *t, const struct record *r)
{
	char mem[WHY_LOGGED + 64]; /* and "interface gone of signal 31: " */
	struct text end;

	record_put_counts(t, &r->counts, "packets");
	put_number(t, "bytes", r->bytes);
	put_number(t, "stalled_ms", r->stalled_ns / 1000000);
	put_number(t, "broken_watermarks", r->broken_watermarks);
	if (r->ended_real_ns == 0)
		return;
	put_number(t, "ended_ns", r->ended_real_ns);
	text_init(&end, mem, sizeof(mem));
	record_put_end(&end, r);
	put_string(t, "end", text_span(&end));
}

void
record_put_json(struct text *t, uint32_t number, const struct record *r,
		const char *event)
{
	struct span filter = shorten(span_str(r->request.filter), RECORD_FILTER_MAX);

	text_str(t, "{\"capture\":");
	text_u64(t, number);
	if (event)
		put_string(t, "event", span_str(event));
	put_who(t, r);
	text_str(t, ",\"interfaces\":[");
	put_interfaces(t, &r->request, event ? INTERFACES_LOGGED : REQUEST_INTERFACES_MAX,
		       true);
	text_str(t, "]");
	if (event && r->request.n_interfaces > INTERFACES_LOGGED)
		put_number(t, "interfaces_in_all", r->request.n_interfaces);
	put_string(t, "filter", filter);
	if (filter.n < strlen(r->request.filter))
		put_number(t, "filter_bytes", strlen(r->request.filter));
	put_string(t, "format",
		   span_str(r->request.format == REQUEST_PCAPNG ? "pcapng" : "pcap"));
	put_number(t, "snaplen", r->request.snaplen);
	put_number(t, "started_ns", r->started_real_ns);
	if (!event)
		put_left(t, r);
	put_result(t, r);
	text_str(t, "}");
}
