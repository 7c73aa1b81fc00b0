/* What a capture counts: for the slot, and in the statistics blocks of its stream. */
#include "worker/capture/feed_count.h"

#include <assert.h>
#include <string.h>

#include "sys/clock.h"

static_assert(SLOTS_LEFT_MAX == LOOPLEFT_MAX && SLOTS_FLOW_SIZE == FLOW_TEXT_MAX,
	      "slots.h knows no flows");
static_assert(SLOTS_FLOW_BYTES == sizeof(struct flow), "nor what they consist of");

#define MARGIN_NS 25000000u /* a packet may be this much older than an empty ring */
#define SHARE_NS  20000000u /* between two looks at what other captures have proved */
#define CLOCK_STEP_NS \
	1000000000u /* more than the clock is ever slewed between two ticks */

/* What lies in the ring unread counts when it is read, or dropped. */
static uint64_t
offered(const struct feed *f, const struct capture_statistics *s)
{
	return f->n_read - f->n_behind + s->dropped;
}

/* The name and the bytes, before is_out, is_proved or n_left say that they are there. */
static void
name_left(struct slot_left *to, const struct loopleft_flow *p)
{
	struct text name;

	to->is_proved = 0;
	memcpy(to->flow, &p->flow, sizeof(to->flow));
	text_init(&name, to->name, SLOTS_FLOW_SIZE);
	flow_text(&name, &p->flow);
	text_cstr(&name);
}

static void
publish_left(struct feed *f)
{
	for (uint32_t i = 0; i < f->guard.left.n; i++) {
		struct loopleft_flow *p = &f->guard.left.flow[i];
		struct slot_left *to = &f->slot->left[i];

		if (!p->is_named)
			name_left(to, p);
		p->is_named = true;
		to->packets = p->packets;
		to->bytes = p->bytes;
		to->is_out = p->is_out;
		to->is_proved = p->is_proved;
	}
	f->slot->n_left = f->guard.left.n;
	f->guard.left.is_changed = false;
}

/* What another capture has proved; its process may have written anything. */
static void
take_proofs(struct feed *f, const struct slot *from, uint64_t now_ns)
{
	uint32_t n = from->n_left;
	struct flow flow;

	for (uint32_t i = 0; i < n && i < SLOTS_LEFT_MAX; i++) {
		if (from->left[i].is_proved == 0)
			continue;
		memcpy(&flow, from->left[i].flow, sizeof(flow));
		loopguard_share(&f->guard, &flow, now_ns);
	}
}

void
feed_count_share(struct feed *f, uint64_t now_ns)
{
	const struct slot *slots = f->slot - f->r->slot; /* the table's first one */

	f->slot->is_hard = loopguard_is_hard(&f->guard);
	if (now_ns - f->shared_ns < SHARE_NS)
		return;
	f->shared_ns = now_ns;
	for (uint32_t i = 0; i < SLOTS_MAX; i++) {
		if (i == f->r->slot || slots[i].state != SLOT_COMMITTED)
			continue;
		take_proofs(f, &slots[i], now_ns);
		if (slots[i].is_hard)
			loopguard_join(&f->guard, now_ns);
	}
}

void
feed_count_publish(struct feed *f)
{
	struct capture_statistics s;

	capture_statistics(f->capture, &s);
	f->slot->packets = f->packets;
	f->slot->bytes = f->bytes;
	f->slot->offered = offered(f, &s);
	f->slot->dropped = s.dropped + f->let_go;
	f->kernel_dropped = s.dropped;
	f->slot->own_packets = f->own_packets;
	f->slot->own_bytes = f->own_bytes;
	publish_left(f);
}

/* Nothing is captured any more, whatever the client still takes of it. */
void
feed_count_publish_last(struct feed *f)
{
	feed_count_publish(f);
	f->slot->end = f->end;
	f->slot->is_counted = 1;
	slots_ring(f->bell);
}

/* "limit: -max-duration reached": docs say that programs may rely on the first word. */
static void
put_end(const struct feed *f, struct text *t)
{
	text_str(t, slots_end_kind(f->end));
	text_str(t, ": ");
	if (f->end == SLOT_END_INTERFACE && f->new_interface) {
		text_str(t, "interface new, ");
		text_utf8(t, span_str(f->new_interface));
		return;
	}
	text_str(t, slots_end_text(f->end));
	if (f->end == SLOT_END_INTERFACE && f->r->n_interfaces > 0) {
		text_str(t, ", ");
		text_utf8(t, span_str(f->r->interfaces[0]));
		text_str(t, f->r->n_interfaces > 1 ? " and all others" : "");
	}
	if (f->end == SLOT_END_LIMIT) {
		text_str(t, ", ");
		text_duration(t, f->r->duration_ns);
	}
}

/* What became of one flow since the client was told last; nothing: nothing. */
static void
put_left(struct feed *f, struct text *t)
{
	for (uint32_t i = 0; i < f->guard.left.n && t->n == 0; i++) {
		struct loopleft_flow *l = &f->guard.left.flow[i];

		if (l->is_told)
			continue;
		l->is_told = true;
		text_str(t, "loop: ");
		flow_text(t, &l->flow);
		text_str(t, l->is_out ? " is left out" : " is let in again");
	}
}

static void
put_statistics(struct feed *f, uint32_t id, uint64_t time_ns)
{
	struct savefile_statistics s = {.time_ns = time_ns, .interface_id = id};
	struct capture_statistics total = {0};
	char mem[SAVEFILE_COMMENT_MAX];
	struct text why;

	text_init(&why, mem, sizeof(mem));
	if (id == 0) {
		capture_statistics(f->capture, &total);
		s.has = SAVEFILE_HAS_IFRECV | SAVEFILE_HAS_OSDROP;
		s.ifrecv = total.received;
		s.osdrop = total.dropped + f->let_go;
	}
	if (f->phase != FEED_RUNNING) {
		s.has |= SAVEFILE_HAS_USRDELIV;
		s.usrdeliv = id == 0 ? f->packets : f->stream->packets[id];
	}
	if (f->phase != FEED_RUNNING && id == 0) {
		s.has |= SAVEFILE_HAS_ACCEPT;
		s.accept = offered(f, &total);
		put_end(f, &why);
	} else if (id == 0) {
		put_left(f, &why);
	}
	s.comment = text_span(&why);
	stream_put_statistics(f->stream, &s);
}

/* The promise of merge/merge.h: nothing older will come. */
void
feed_count_put_heartbeat(struct feed *f)
{
	uint64_t t = f->empty_real_ns > MARGIN_NS ? f->empty_real_ns - MARGIN_NS : 0;

	/* a clock that was set back by more than a tick makes new promises */
	if (t > f->watermark_ns || f->watermark_ns - t > CLOCK_STEP_NS)
		f->watermark_ns = t;
	stream_begin(f->stream);
	put_statistics(f, 0, f->watermark_ns);
	stream_commit(f->stream);
}

/* The last statistics blocks: one an interface, the whole stream's at the very end. */
void
feed_count_put_last(struct feed *f)
{
	uint64_t t = f->newest_ns > f->watermark_ns ? f->newest_ns : f->watermark_ns;

	if (f->r->format == REQUEST_PCAPNG) {
		stream_begin(f->stream);
		for (uint32_t id = f->stream->n_interfaces; id-- > 0;)
			put_statistics(f, id, t);
		stream_commit(f->stream);
	}
	stream_put_end(f->stream);
}
