/* The ring of entries, and the chains of those that are found by a hash. */
#include "path/table.h"

#include <assert.h>
#include <string.h>

static uint32_t
heads_for(uint32_t cap)
{
	uint32_t n = 16;

	while (n < cap && n < 1u << 30)
		n *= 2;
	return n;
}

size_t
path_table_bytes(uint32_t cap)
{
	return (size_t)cap * sizeof(struct path_entry) +
	       heads_for(cap) * sizeof(uint32_t);
}

void
path_table_init(struct path_table *t, void *mem, uint32_t cap, uint64_t wait_ns)
{
	*t = (struct path_table){.ring = mem, .cap = cap, .wait_ns = wait_ns};
	t->n_heads = heads_for(cap);
	t->heads = (uint32_t *)(void *)(t->ring + cap);
	memset(t->heads, 0xff, t->n_heads * sizeof(*t->heads));
}

uint32_t
path_table_oldest(const struct path_table *t)
{
	return t->n_made == t->n_freed ? PATH_NONE : (uint32_t)(t->n_freed % t->cap);
}

uint32_t
path_table_make(struct path_table *t, uint32_t flow, uint64_t now_ns)
{
	uint32_t i = (uint32_t)(t->n_made % t->cap);
	struct path_entry *e = &t->ring[i];

	assert(path_table_used(t) < t->cap);
	t->n_made++;
	e->id = 0;
	e->first_ns = now_ns;
	e->next = e->prev = e->pass = PATH_NONE;
	e->flow = flow;
	e->bytes = 0;
	e->n = 0;
	e->flags = 0;
	return i;
}

static uint32_t *
head_of(const struct path_table *t, uint64_t id)
{
	return &t->heads[id & (t->n_heads - 1)];
}

void
path_table_chain(struct path_table *t, uint32_t i, uint64_t id)
{
	uint32_t *head = head_of(t, id);

	t->ring[i].id = id;
	t->ring[i].next = *head;
	if (*head != PATH_NONE)
		t->ring[*head].prev = i;
	*head = i;
}

void
path_table_describe(struct path_entry *e, const struct path_key *key, bool is_alike)
{
	e->bytes = key->bytes;
	e->id_word = (uint16_t)key->id;
	e->flags |= key->kind == PATH_KIND_TCP ? PATH_ENTRY_TCP : 0;
	e->flags |= key->is_long ? PATH_ENTRY_LONG : 0;
	e->flags |= is_alike ? PATH_ENTRY_ALIKE : 0;
}

void
path_table_free_oldest(struct path_table *t)
{
	const struct path_entry *e = &t->ring[t->n_freed % t->cap];

	assert(t->n_made != t->n_freed);
	t->n_freed++;
	if (e->flags & PATH_ENTRY_RANGE)
		return;
	if (e->prev != PATH_NONE)
		t->ring[e->prev].next = e->next;
	else
		*head_of(t, e->id) = e->next;
	if (e->next != PATH_NONE)
		t->ring[e->next].prev = e->prev;
}

bool
path_table_has(const struct path_entry *e, uint16_t point)
{
	for (uint32_t i = 0; i < e->n; i++)
		if (e->seen[i].point == point)
			return true;
	return false;
}

static bool
is_young(const struct path_table *t, const struct path_entry *e, uint64_t now_ns)
{
	uint64_t age_ns =
	    now_ns > e->first_ns ? now_ns - e->first_ns : e->first_ns - now_ns;

	return age_ns <= t->wait_ns;
}

static void
mark_alike(struct path_table *t, uint64_t id, uint64_t now_ns)
{
	uint32_t steps = 0;

	for (uint32_t i = *head_of(t, id); i != PATH_NONE && steps < PATH_CHAIN_MAX;
	     i = t->ring[i].next, steps++)
		if (t->ring[i].id == id && is_young(t, &t->ring[i], now_ns))
			t->ring[i].flags |= PATH_ENTRY_ALIKE;
}

uint32_t
path_table_find(struct path_table *t, uint64_t id, uint16_t point, uint64_t now_ns,
		bool *is_known)
{
	uint32_t best = PATH_NONE;
	uint32_t steps = 0;

	*is_known = false;
	for (uint32_t i = *head_of(t, id); i != PATH_NONE && steps < PATH_CHAIN_MAX;
	     i = t->ring[i].next, steps++) {
		const struct path_entry *e = &t->ring[i];

		if (e->id != id || !is_young(t, e, now_ns))
			continue;
		*is_known = true;
		if (!path_table_has(e, point) &&
		    (best == PATH_NONE || e->n > t->ring[best].n))
			best = i;
	}
	if (best == PATH_NONE && *is_known)
		mark_alike(t, id, now_ns);
	return best;
}

void
path_table_see(struct path_entry *e, const struct path_seen *seen, uint64_t now_ns)
{
	int64_t after = (int64_t)(now_ns - e->first_ns) / PATH_UNIT_NS;

	if (e->n == PATH_SEEN_MAX) {
		e->flags |= PATH_ENTRY_FULL;
		return;
	}
	if (after > INT32_MAX)
		after = INT32_MAX;
	if (after < INT32_MIN)
		after = INT32_MIN;
	e->seen[e->n] = *seen;
	e->seen[e->n++].after = (int32_t)after;
}

static uint64_t
time_at(const struct path_entry *e, int32_t after)
{
	int64_t since = (int64_t)after * PATH_UNIT_NS;

	if (since < 0 && e->first_ns < (uint64_t)-since)
		return 0;
	return e->first_ns + (uint64_t)since;
}

uint64_t
path_table_begin_ns(const struct path_entry *e)
{
	int32_t first = 0;

	for (uint32_t i = 0; i < e->n; i++)
		first = e->seen[i].after < first ? e->seen[i].after : first;
	return time_at(e, first);
}

uint64_t
path_table_end_ns(const struct path_entry *e)
{
	int32_t last = 0;

	for (uint32_t i = 0; i < e->n; i++)
		last = e->seen[i].after > last ? e->seen[i].after : last;
	return time_at(e, last);
}
