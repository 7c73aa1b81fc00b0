/*
 * The running part of a capture process:
 *
 *   kernel ring --capture_read--> stream's queue (1 MiB) --write--> client socket
 *
 * While the client does not read, the queue fills, then the ring, then the kernel drops
 * and counts. It must not parse anything a client sent.
 */
#include "worker/capture/feed.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pcap/linktype.h"
#include "sys/clock.h"
#include "sys/net.h"
#include "worker/capture/feed_names.h"

#define BATCH_BYTES   (256u * 1024) /* written at once: stays in the processor's cache */
#define SETTLE_NS     (2u * CAPTURE_BLOCK_MS * 1000000u) /* for the last open block */
#define LAST_WORDS_NS 4000000000u /* for a client to take what is left at the end */
#define LINGER_NS     1000000000u /* to read away what the client sent, before close */
#define TICK_MAX_NS   1000000000u /* bookkeeping, however rare the heartbeats */
#define PAUSE_NS      1000000000u /* a client that took nothing for so long may be paused */
#define SEEN_NS	      12000000u	  /* the same, but for a rare one */
#define SLOT_BYTES    128u	  /* in the ring beside a packet's own, about */

static void
decide_end(struct feed *f, enum slot_end end, uint64_t now_ns)
{
	if (f->phase != FEED_RUNNING)
		return;
	f->end = end;
	f->end_real_ns = clock_realtime_ns();
	f->phase = FEED_SETTLING;
	loop_timer_cancel(&f->loop, &f->duration);
	loop_timer_cancel(&f->loop, &f->tick);
	if (end == SLOT_END_COUNT || (end == SLOT_END_INTERFACE && !f->new_interface))
		loop_timer_set(&f->loop, &f->patience, now_ns);
	else
		loop_timer_set(&f->loop, &f->patience, now_ns + SETTLE_NS);
}

/* Nobody takes the stream any more. Whatever was captured until now is counted. */
static void
lose_client(struct feed *f, uint64_t now_ns)
{
	decide_end(f, SLOT_END_CLIENT, now_ns);
	loop_remove(&f->loop, &f->client);
	if (f->phase >= FEED_LEAVING)
		f->phase = FEED_OVER;
}

static bool
has_client(const struct feed *f)
{
	return f->client.fd >= 0;
}

/* Those behind the end are nobody's. */
static bool
is_behind(const struct feed *f, uint64_t time_ns)
{
	return (f->phase != FEED_RUNNING && time_ns > f->end_real_ns) ||
	       (f->task->r->count > 0 && f->count.sum.packets == f->task->r->count);
}

static bool
on_packet(void *arg, const struct savefile_record *given, const uint8_t *data)
{
	struct feed *f = arg;
	struct savefile_record record = *given;
	bool is_own = own_is_tunnelled(&f->own, given, data) ||
		      !loopguard_packet(&f->guard, given, data);

	if (is_behind(f, record.time_ns)) {
		feed_count_behind(&f->count);
		return true;
	}
	if (is_own || f->is_letting_go) {
		if (is_own)
			feed_count_own(&f->count, record.caplen);
		else
			feed_count_let_go(&f->count);
		f->batch_bytes += record.caplen;
		return f->batch_bytes < BATCH_BYTES;
	}
	feed_count_packet(&f->count, record.caplen);
	if (f->is_counting)
		return true;
	feed_count_time(&f->count, record.time_ns);
	if (f->task->r->format == REQUEST_PCAPNG) {
		record.interface_id = (uint16_t)feed_names_of(f, &record, data);
		record.flags = linktype_direction(capture_linktype(f->task->capture),
						  data, record.caplen);
	}
	stream_put_record(f->task->stream, &record, data);
	f->batch_bytes += record.caplen;
	return stream_may_continue(f->task->stream) && f->batch_bytes < BATCH_BYTES;
}

/* Ring to queue, as far as there is room. */
static void
read_ring(struct feed *f, uint64_t now_ns)
{
	bool is_empty = false;
	uint64_t before_ns = clock_realtime_ns();
	char mem[SLOTS_WHY_SIZE];
	struct text why;

	text_init(&why, mem, sizeof(mem));
	f->batch_bytes = 0;
	f->is_counting = !has_client(f);
	f->is_letting_go = !f->is_counting && !stream_has_room(f->task->stream);
	if (!f->is_letting_go && !f->is_counting)
		stream_begin(f->task->stream);
	if (capture_read(f->task->capture, on_packet, f, &is_empty, &why) != CAPTURE_OK) {
		slots_explain(f->task->slot, text_span(&why));
		is_empty = true;
		decide_end(f, SLOT_END_INTERFACE, now_ns);
	}
	if (f->task->stream->is_open)
		stream_commit(f->task->stream);
	f->is_ring_empty = is_empty;
	if (is_empty) {
		f->empty_real_ns = before_ns;
		loopguard_seen(&f->guard, before_ns - SEEN_NS);
	}
	if (f->task->r->count > 0 && f->count.sum.packets == f->task->r->count)
		decide_end(f, SLOT_END_COUNT, now_ns);
}

/* What may go to the client now: all that is queued, unless a loop is looked for. */
static struct span
sendable(const struct feed *f)
{
	struct span out = buf_readable(&f->task->stream->queue);
	size_t allowed =
	    f->phase == FEED_RUNNING ? loopguard_allowance(&f->guard) : SIZE_MAX;

	return span_of(out.p, out.n < allowed ? out.n : allowed);
}

static void
flush(struct feed *f, uint64_t now_ns)
{
	struct span out = sendable(f);

	while (out.n > 0 && f->phase < FEED_LINGERING && has_client(f)) {
		ssize_t n = write(f->client.fd, out.p, out.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			lose_client(f, now_ns);
			return;
		}
		buf_consume(&f->task->stream->queue, (size_t)n);
		loopguard_sent(&f->guard, (size_t)n);
		out = sendable(f);
	}
	if (out.n > 0 && f->stalled_since_ns == 0)
		f->stalled_since_ns = now_ns;
	if (out.n == 0 && f->stalled_since_ns != 0) {
		feed_count_stall(&f->count, now_ns - f->stalled_since_ns);
		f->stalled_since_ns = 0;
	}
}

static bool
is_captured(const struct feed *f, uint32_t ifindex)
{
	for (size_t i = 0; i < f->task->n_ifindexes; i++)
		if (f->task->ifindexes[i] == ifindex)
			return true;
	return false;
}

/*
 * The filter tests indexes and is locked. An interface that was asked for by name and has
 * come, or come back, since has another index and would stay unseen: the capture ends, and
 * the client's next one has it.
 */
static void
look_for_new_interfaces(struct feed *f, uint64_t now_ns)
{
	for (uint32_t i = 0; i < f->task->r->n_interfaces; i++) {
		const char *name = f->task->r->interfaces[i];
		uint32_t index = capture_interface_index(f->task->capture, name);

		if (index == 0 || is_captured(f, index) || f->phase != FEED_RUNNING)
			continue;
		f->new_interface = name;
		decide_end(f, SLOT_END_INTERFACE, now_ns);
	}
}

static void
look_for_interfaces(struct feed *f, uint64_t now_ns)
{
	char name[CAPTURE_NAME_SIZE];

	if (f->task->n_ifindexes == 0)
		return;
	look_for_new_interfaces(f, now_ns);
	for (size_t i = 0; i < f->task->n_ifindexes; i++)
		if (capture_interface_name(f->task->capture, f->task->ifindexes[i], name))
			return;
	decide_end(f, SLOT_END_INTERFACE, now_ns);
}

static bool
is_heartbeat_due(struct feed *f, uint64_t real_ns)
{
	uint64_t number = real_ns / (1000000u * (uint64_t)f->task->r->heartbeat_ms);
	bool is_due =
	    f->task->r->format == REQUEST_PCAPNG && number != f->heartbeat_number;

	f->heartbeat_number = number;
	return is_due;
}

/*
 * TCP_USER_TIMEOUT ends a connection to a host that vanished while data is on its way, but
 * also one to a client that lives and does not read: there nothing is on its way, and the
 * time-out has to be off for as long as that lasts.
 */
static void
look_at_client(struct feed *f, uint64_t now_ns)
{
	bool is_paused = f->stalled_since_ns != 0 &&
			 now_ns - f->stalled_since_ns > PAUSE_NS &&
			 net_unacknowledged(f->client.fd) == 0;

	if (is_paused == f->is_client_paused)
		return;
	f->is_client_paused = is_paused;
	net_set_user_timeout(f->client.fd, is_paused ? 0 : NET_VANISHED_S);
}

/* Wall-clock multiples, so that the watermarks of all silent workers come together. */
static void
on_tick(struct loop_timer *t, uint64_t now_ns)
{
	struct feed *f = LOOP_OWNER(struct feed, tick, t);
	uint64_t real_ns = clock_realtime_ns();
	/* a clock that was set back must not silence the heartbeat */
	bool is_early = real_ns < f->next_tick_real_ns &&
			f->next_tick_real_ns - real_ns <= f->tick_ns;

	if (!is_early)
		f->next_tick_real_ns = (real_ns / f->tick_ns + 1) * f->tick_ns;
	loop_timer_set(&f->loop, t, now_ns + (f->next_tick_real_ns - real_ns));
	if (is_early)
		return;
	look_for_interfaces(f, now_ns);
	feed_names_look(f);
	look_at_client(f, now_ns);
	if (is_heartbeat_due(f, real_ns) && stream_has_room(f->task->stream)) {
		read_ring(f, now_ns); /* an empty ring is not readable: look */
		feed_count_put_heartbeat(f);
	}
	feed_count_publish(f);
}

/* It did not take the last words in time. What is still in the ring is counted. */
static void
give_up_client(struct feed *f, uint64_t now_ns)
{
	lose_client(f, now_ns);
	while (f->phase == FEED_DRAINING && !f->is_ring_empty)
		read_ring(f, now_ns);
	f->phase = FEED_OVER;
}

static void
on_patience(struct loop_timer *t, uint64_t now_ns)
{
	struct feed *f = LOOP_OWNER(struct feed, patience, t);

	if (f->phase != FEED_SETTLING) {
		give_up_client(f, now_ns);
		return;
	}
	f->phase = FEED_DRAINING;
	f->is_ring_empty = false; /* it may have filled unread */
	loop_timer_set(&f->loop, t, now_ns + LAST_WORDS_NS);
}

static void
on_duration(struct loop_timer *t, uint64_t now_ns)
{
	struct feed *f = LOOP_OWNER(struct feed, duration, t);

	decide_end(f, f->task->r->is_duration_limit ? SLOT_END_LIMIT : SLOT_END_DURATION,
		   now_ns);
}

/* Moves on from a phase whose work is done. */
static void
advance(struct feed *f, uint64_t now_ns)
{
	bool is_flushed;

	while (f->phase == FEED_DRAINING && !f->is_ring_empty &&
	       (!has_client(f) || stream_has_room(f->task->stream))) {
		read_ring(f, now_ns);
		if (f->is_ring_empty)
			feed_count_publish_last(f);
		flush(f, now_ns);
	}
	if (f->phase == FEED_DRAINING && !has_client(f))
		f->phase = FEED_OVER;
	is_flushed = buf_used(&f->task->stream->queue) == 0;
	if (f->phase == FEED_DRAINING && is_flushed && f->is_ring_empty) {
		feed_count_put_last(f);
		f->phase = FEED_LEAVING;
		flush(f, now_ns);
		is_flushed = buf_used(&f->task->stream->queue) == 0;
	}
	if (f->phase == FEED_LEAVING && is_flushed) {
		shutdown(f->client.fd, SHUT_WR);
		f->phase = FEED_LINGERING;
		loop_timer_set(&f->loop, &f->patience, now_ns + LINGER_NS);
	}
}

/* Once the end is decided nothing is dropped: what a test left open is over. */
static bool
may_read(const struct feed *f)
{
	return f->phase <= FEED_DRAINING &&
	       (stream_has_room(f->task->stream) ||
		(f->phase == FEED_RUNNING && loopguard_may_drop(&f->guard)));
}

static void
on_ring(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct feed *f = LOOP_OWNER(struct feed, ring, w);

	if (may_read(f))
		read_ring(f, now_ns);
	else if (ready & LOOP_GONE)
		loop_remove(&f->loop, w); /* told for ever; step watches it again */
}

static void
on_client(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct feed *f = LOOP_OWNER(struct feed, client, w);
	char away[4096];
	ssize_t n = 1;

	if (ready & (LOOP_IN | LOOP_GONE))
		n = read(w->fd, away, sizeof(away));
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		lose_client(f, now_ns);
}

static void
on_signal(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct signalfd_siginfo info;

	(void)ready;
	if (read(w->fd, &info, sizeof(info)) == sizeof(info))
		decide_end(LOOP_OWNER(struct feed, signals, w),
			   info.ssi_signo == SLOTS_STOP ? SLOT_END_STOPPED
							: SLOT_END_SHUTDOWN,
			   now_ns);
}

/* Whether a quarter of the ring waits; it is not read while the queue has no room. */
static bool
is_pressed(const struct feed *f)
{
	const struct slot_counts *sum = &f->count.sum;
	struct capture_statistics s;
	uint64_t mean = sum->packets > 0 ? sum->bytes / sum->packets : 0;

	if (f->guard.verdict != LOOPGUARD_TEST || stream_has_room(f->task->stream))
		return false;
	capture_statistics(f->task->capture, &s);
	return (s.received - s.dropped - f->count.n_read) * (mean + SLOT_BYTES) >
	       f->task->r->ring_bytes / 4;
}

static void
guard(struct feed *f, uint64_t now_ns)
{
	struct looptest_now now = {.now_ns = now_ns,
				   .real_ns = clock_realtime_ns(),
				   .queued = buf_used(&f->task->stream->queue),
				   .is_empty = f->is_ring_empty,
				   .dropped = f->count.kernel_dropped,
				   .is_pressed = is_pressed(f)};

	feed_count_share(f, now_ns);
	if (loopguard_step(&f->guard, &now) == LOOPGUARD_LOOP)
		decide_end(f, SLOT_END_LOOP, now_ns);
	if (!loopleft_take_change(&f->guard.left))
		return;
	feed_count_publish(f);
	slots_ring(f->task->bell);
	/* the client is told at once, or with a later heartbeat */
	if (f->task->r->format == REQUEST_PCAPNG && stream_has_room(f->task->stream))
		feed_count_put_heartbeat(f);
}

static void
step(struct feed *f)
{
	uint64_t now_ns;

	if (f->ring.fd < 0 && may_read(f))
		loop_add(&f->loop, &f->ring, capture_fd(f->task->capture), LOOP_IN);
	loop_set(&f->loop, &f->ring, may_read(f) ? LOOP_IN : 0);
	loop_set(&f->loop, &f->client, LOOP_IN | (sendable(f).n > 0 ? LOOP_OUT : 0));
	now_ns = loop_run_once(&f->loop, f->phase == FEED_RUNNING
					     ? loopguard_deadline_ns(&f->guard)
					     : LOOP_NEVER);
	if (f->phase == FEED_RUNNING)
		guard(f, now_ns);
	if (f->phase < FEED_LINGERING)
		flush(f, now_ns);
	advance(f, now_ns);
}

int
feed_open(struct feed *f, const struct feed_task *task, int client_fd, int signal_fd)
{
	int rc = loop_init(&f->loop);

	f->task = task;
	loop_watch_init(&f->ring, on_ring);
	loop_watch_init(&f->client, on_client);
	loop_watch_init(&f->signals, on_signal);
	loop_timer_init(&f->tick, on_tick);
	loop_timer_init(&f->duration, on_duration);
	loop_timer_init(&f->patience, on_patience);
	if (rc == 0)
		rc = loop_add(&f->loop, &f->client, client_fd, LOOP_IN);
	return rc == 0 ? loop_add(&f->loop, &f->signals, signal_fd, LOOP_IN) : rc;
}

int
feed_watch(struct feed *f)
{
	return loop_add(&f->loop, &f->ring, capture_fd(f->task->capture), LOOP_IN);
}

void
feed_run(struct feed *f)
{
	f->tick_ns = TICK_MAX_NS;
	if (f->task->r->format == REQUEST_PCAPNG &&
	    f->task->r->heartbeat_ms * 1000000u < TICK_MAX_NS)
		f->tick_ns = f->task->r->heartbeat_ms * 1000000u;
	if (f->task->r->duration_ns > 0)
		loop_timer_set(&f->loop, &f->duration,
			       clock_monotonic_ns() + f->task->r->duration_ns);
	loop_timer_set(&f->loop, &f->tick, 0);
	own_init(&f->own, f->task->r, capture_linktype(f->task->capture));
	loopguard_init(&f->guard, capture_linktype(f->task->capture), f->task->seed);
	while (f->phase != FEED_OVER)
		step(f);
	feed_count_publish_last(f);
}
