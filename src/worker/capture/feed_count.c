/* What a capture counts: for the slot, and in the statistics blocks of its stream. */
#include "worker/capture/feed_count.h"

#include <assert.h>
#include <string.h>

#include "worker/capture/feed.h"

static_assert(SLOTS_LEFT_MAX == LOOPLEFT_MAX && SLOTS_FLOW_SIZE == FLOW_TEXT_MAX,
	      "slots.h knows no flows");
static_assert(SLOTS_FLOW_BYTES == sizeof(struct flow), "nor what they consist of");

#define MARGIN_NS 25000000u /* a packet may be this much older than an empty ring */
#define SHARE_NS  20000000u /* between two looks at what other captures have proved */
#define CLOCK_STEP_NS \
	1000000000u /* more than the clock is ever slewed between two ticks */

void
feed_count_behind(struct feed_count *c)
{
	c->n_read++;
	c->n_behind++;
}

void
feed_count_own(struct feed_count *c, uint32_t caplen)
{
	c->n_read++;
	c->sum.own_packets++;
	c->sum.own_bytes += caplen;
}

void
feed_count_let_go(struct feed_count *c)
{
	c->n_read++;
	c->let_go++;
}

void
feed_count_packet(struct feed_count *c, uint32_t caplen)
{
	c->n_read++;
	c->sum.packets++;
	c->sum.bytes += caplen;
}

void
feed_count_time(struct feed_count *c, uint64_t time_ns)
{
	if (time_ns < c->watermark_ns)
		c->sum.broken_watermarks++;
	if (time_ns > c->newest_ns)
		c->newest_ns = time_ns;
}

void
feed_count_stall(struct feed_count *c, uint64_t ns)
{
	c->sum.stalled_ns += ns;
}

/* What lies in the ring unread counts when it is read, or dropped. */
static uint64_t
offered(const struct feed_count *c, const struct capture_statistics *s)
{
	return c->n_read - c->n_behind + s->dropped;
}

/* The name and the bytes, before is_out, is_proved or n_left say that they are there. */
static void
name_left(struct slot *slot, uint32_t i, const struct flow *flow)
{
	char mem[FLOW_TEXT_MAX];
	struct text name;

	text_init(&name, mem, sizeof(mem));
	flow_text(&name, flow);
	slots_name_left(slot, i, flow, text_span(&name));
}

static void
publish_left(struct feed *f)
{
	struct slot *slot = f->task->slot;

	for (uint32_t i = 0; i < f->guard.left.n; i++) {
		const struct loopleft_flow *p = &f->guard.left.flow[i];

		if (i >= slot->n_left ||
		    memcmp(slot->left[i].flow, &p->flow, sizeof(p->flow)) != 0)
			name_left(slot, i, &p->flow);
		slots_count_left(slot, i, p->is_out, p->is_proved, p->packets, p->bytes);
	}
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
	struct feed_count *c = &f->count;
	const struct slot *slots =
	    f->task->slot - f->task->r->slot; /* the table's first */

	slots_tell_hard(f->task->slot, loopguard_is_hard(&f->guard));
	if (now_ns - c->shared_ns < SHARE_NS)
		return;
	c->shared_ns = now_ns;
	for (uint32_t i = 0; i < SLOTS_MAX; i++) {
		if (i == f->task->r->slot || slots[i].state != SLOT_COMMITTED)
			continue;
		take_proofs(f, &slots[i], now_ns);
		if (slots[i].is_hard)
			loopguard_join(&f->guard, now_ns);
	}
}

void
feed_count_publish(struct feed *f)
{
	struct feed_count *c = &f->count;
	struct capture_statistics s;

	capture_statistics(f->task->capture, &s);
	c->kernel_dropped = s.dropped;
	c->sum.offered = offered(c, &s);
	c->sum.dropped = s.dropped + c->let_go;
	slots_count(f->task->slot, &c->sum);
	publish_left(f);
}

/* Nothing is captured any more, whatever the client still takes of it. */
void
feed_count_publish_last(struct feed *f)
{
	feed_count_publish(f);
	slots_end(f->task->slot, f->end);
	slots_ring(f->task->bell);
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
	if (f->end == SLOT_END_INTERFACE && f->task->r->n_interfaces > 0) {
		text_str(t, ", ");
		text_utf8(t, span_str(f->task->r->interfaces[0]));
		text_str(t, f->task->r->n_interfaces > 1 ? " and all others" : "");
	}
	if (f->end == SLOT_END_LIMIT) {
		text_str(t, ", ");
		text_duration(t, f->task->r->duration_ns);
	}
}

/* What became of one flow since the client was told last; nothing: nothing. */
static void
put_left(struct feed *f, struct text *t)
{
	const struct loopleft_flow *l = loopleft_next_untold(&f->guard.left);

	if (!l)
		return;
	text_str(t, "loop: ");
	flow_text(t, &l->flow);
	text_str(t, l->is_out ? " is left out" : " is let in again");
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
		capture_statistics(f->task->capture, &total);
		s.has = SAVEFILE_HAS_IFRECV | SAVEFILE_HAS_OSDROP;
		s.ifrecv = total.received;
		s.osdrop = total.dropped + f->count.let_go;
	}
	if (f->phase != FEED_RUNNING) {
		s.has |= SAVEFILE_HAS_USRDELIV;
		s.usrdeliv =
		    id == 0 ? f->count.sum.packets : f->task->stream->packets[id];
	}
	if (f->phase != FEED_RUNNING && id == 0) {
		s.has |= SAVEFILE_HAS_ACCEPT;
		s.accept = offered(&f->count, &total);
		put_end(f, &why);
	} else if (id == 0) {
		put_left(f, &why);
	}
	s.comment = text_span(&why);
	stream_put_statistics(f->task->stream, &s);
}

/* The promise of merge/merge.h: nothing older will come. */
void
feed_count_put_heartbeat(struct feed *f)
{
	struct feed_count *c = &f->count;
	uint64_t t = f->empty_real_ns > MARGIN_NS ? f->empty_real_ns - MARGIN_NS : 0;

	/* a clock that was set back by more than a tick makes new promises */
	if (t > c->watermark_ns || c->watermark_ns - t > CLOCK_STEP_NS)
		c->watermark_ns = t;
	stream_begin(f->task->stream);
	put_statistics(f, 0, c->watermark_ns);
	stream_commit(f->task->stream);
}

/* The last statistics blocks: one an interface, the whole stream's at the very end. */
void
feed_count_put_last(struct feed *f)
{
	const struct feed_count *c = &f->count;
	uint64_t t = c->newest_ns > c->watermark_ns ? c->newest_ns : c->watermark_ns;

	if (f->task->r->format == REQUEST_PCAPNG) {
		stream_begin(f->task->stream);
		for (uint32_t id = f->task->stream->n_interfaces; id-- > 0;)
			put_statistics(f, id, t);
		stream_commit(f->task->stream);
	}
	stream_put_end(f->task->stream);
}
