/*
 * Who may be a loop? Windows in which every packet is counted; a flow has to pass in all
 * of them. It must not know how flows are found, nor hold anything.
 */
#include "worker/loopgate.h"

#include <string.h>

#define MS_NS ((uint64_t)1000000)

#define WINDOWS	       3u /* a burst that the worker is late with lasts for one or two */
#define WINDOW_BYTES   (64u * 1024)  /* captured: it is over, if the worker keeps up */
#define WINDOW_MIN     (12u * 1024)  /* or, with this */
#define WINDOW_NS      (20u * MS_NS) /* after this */
#define WINDOW_LATE_NS (15u * MS_NS) /* the same for one that does not keep up */
#define WINDOW_MAX_NS  (1000u * MS_NS)

static void
begin_window(struct loopgate *g, uint64_t now_ns, uint64_t received)
{
	g->window_ns = now_ns;
	g->received = received;
	g->was_empty = false;
	g->packets = g->bytes = 0;
	for (uint32_t i = 0; i < g->n_flows; i++)
		g->flows[i].ip_bytes = 0;
}

void
loopgate_begin(struct loopgate *g, uint64_t now_ns, uint64_t received)
{
	memset(g, 0, sizeof(*g));
	g->state = LOOPGATE_WATCH;
	begin_window(g, now_ns, received);
}

void
loopgate_add(struct loopgate *g, const struct flow *flow, uint64_t hash)
{
	if (g->n_flows < LOOPGATE_FLOWS)
		g->flows[g->n_flows++] =
		    (struct loopgate_flow){.flow = *flow, .hash = hash};
}

void
loopgate_packet(struct loopgate *g, const struct flow *flow, uint64_t hash,
		uint32_t caplen, uint32_t ip_bytes)
{
	g->packets++;
	g->bytes += caplen + LOOPGATE_RECORD_BYTES;
	for (uint32_t i = 0; flow != NULL && i < g->n_flows; i++)
		if (g->flows[i].hash == hash && flow_eq(&g->flows[i].flow, flow))
			g->flows[i].ip_bytes += ip_bytes;
}

void
loopgate_empty(struct loopgate *g)
{
	g->was_empty = true;
}

static bool
is_window_over(const struct loopgate *g, uint64_t age_ns)
{
	if (age_ns >= WINDOW_NS && g->bytes >= WINDOW_MIN)
		return true;
	return g->bytes >= WINDOW_BYTES && (g->was_empty || age_ns >= WINDOW_LATE_NS);
}

/* Bytes as if all packets received had been read. */
static bool
is_passed(const struct loopgate *g, const struct loopgate_flow *f, uint64_t received)
{
	double arrived = (double)(received - g->received);
	double read = (double)g->packets;
	double scale = g->was_empty || arrived < read ? 1 : arrived / read;

	return (double)f->ip_bytes * scale * LOOPGATE_SHARE_ONE >=
	       (double)g->bytes * LOOPGATE_SHARE;
}

enum loopgate_state
loopgate_step(struct loopgate *g, uint64_t now_ns, uint64_t received)
{
	uint64_t age_ns = now_ns - g->window_ns;
	bool is_any = false;

	if (g->state != LOOPGATE_WATCH)
		return g->state;
	if (!is_window_over(g, age_ns)) {
		if (age_ns >= WINDOW_MAX_NS)
			g->state = LOOPGATE_CLOSED;
		return g->state;
	}
	for (uint32_t i = 0; i < g->n_flows; i++) {
		struct loopgate_flow *f = &g->flows[i];

		f->is_out = f->is_out || !is_passed(g, f, received);
		is_any = is_any || !f->is_out;
	}
	if (!is_any)
		g->state = LOOPGATE_CLOSED;
	else if (++g->windows == WINDOWS)
		g->state = LOOPGATE_OPEN;
	begin_window(g, now_ns, received);
	return g->state;
}
