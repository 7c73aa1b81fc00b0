/* The shared table's memory and its bell; what the states mean is its users' business. */
#include "worker/common/slots.h"

#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

struct slots *
slots_new(int *bell)
{
	struct slots *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return NULL;
	*bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (*bell >= 0)
		return s;
	munmap(s, sizeof(*s));
	return NULL;
}

void
slots_ring(int bell)
{
	uint64_t one = 1;

	if (write(bell, &one, sizeof(one)) < 0)
		return; /* full: the front has not looked yet, and will */
}

static void
put_text(char *to, size_t size, struct span text)
{
	size_t n = text.n < size - 1 ? text.n : size - 1;

	if (n > 0)
		memcpy(to, text.p, n);
	to[n] = '\0';
}

void
slots_count(struct slot *s, const struct slot_counts *c)
{
	s->packets = c->packets;
	s->bytes = c->bytes;
	s->offered = c->offered;
	s->dropped = c->dropped;
	s->own_packets = c->own_packets;
	s->own_bytes = c->own_bytes;
	s->broken_watermarks = c->broken_watermarks;
	s->stalled_ns = c->stalled_ns;
}

void
slots_take(struct slot *s)
{
	static const struct slot_counts none;

	s->has_exited = 0;
	s->wait_status = 0;
	s->end = SLOT_END_NONE;
	s->status = 0;
	s->problem = SLOT_PROBLEM_NONE;
	s->is_counted = 0;
	s->is_hard = 0;
	s->n_left = 0;
	s->why[0] = '\0';
	slots_count(s, &none);
	s->state = SLOT_ASKED;
}

void
slots_advance(struct slot *s, enum slot_state state)
{
	s->state = state;
}

void
slots_explain(struct slot *s, struct span why)
{
	put_text(s->why, SLOTS_WHY_SIZE, why);
}

void
slots_fail(struct slot *s, enum slot_end end, unsigned status, enum slot_problem problem,
	   struct span why)
{
	slots_explain(s, why);
	s->end = end;
	s->status = status;
	s->problem = problem;
	s->state = SLOT_FAILED;
}

void
slots_exit(struct slot *s, int wait_status)
{
	s->wait_status = wait_status;
	s->has_exited = 1;
}

void
slots_tell_hard(struct slot *s, bool is_hard)
{
	s->is_hard = is_hard;
}

void
slots_name_left(struct slot *s, uint32_t i, const void *flow, struct span name)
{
	struct slot_left *to = &s->left[i];

	to->is_proved = 0;
	memcpy(to->flow, flow, sizeof(to->flow));
	put_text(to->name, SLOTS_FLOW_SIZE, name);
}

void
slots_count_left(struct slot *s, uint32_t i, bool is_out, bool is_proved,
		 uint64_t packets, uint64_t bytes)
{
	struct slot_left *to = &s->left[i];

	to->packets = packets;
	to->bytes = bytes;
	to->is_out = is_out;
	to->is_proved = is_proved;
	if (s->n_left <= i)
		s->n_left = i + 1;
}

void
slots_end(struct slot *s, enum slot_end end)
{
	s->end = end;
	s->is_counted = 1;
}

static const struct {
	const char *kind;
	const char *text;
} ends[] = {
    [SLOT_END_NONE] = {"died", "died"},
    [SLOT_END_CLIENT] = {"client", "client gone"},
    [SLOT_END_COUNT] = {"count", "count reached"},
    [SLOT_END_DURATION] = {"duration", "duration reached"},
    [SLOT_END_INTERFACE] = {"interface", "interface gone"},
    [SLOT_END_SHUTDOWN] = {"shutdown", "worker stopped"},
    [SLOT_END_STOPPED] = {"stopped", "stopped by its client"},
    [SLOT_END_LIMIT] = {"limit", "-max-duration reached"},
    [SLOT_END_LOOP] = {"loop", "more than 8 flows carry its own stream"},
    [SLOT_END_FAILED] = {"failed", "failed"},
    [SLOT_END_VALIDATED] = {"validated", "validated"},
};

/* A capture process may have written any number. */
static size_t
index_of(enum slot_end end)
{
	return (size_t)end < sizeof(ends) / sizeof(ends[0]) ? (size_t)end : SLOT_END_NONE;
}

const char *
slots_end_text(enum slot_end end)
{
	return ends[index_of(end)].text;
}

const char *
slots_end_kind(enum slot_end end)
{
	return ends[index_of(end)].kind;
}
