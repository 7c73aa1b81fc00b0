/* The table of flows, and what shows that two of them are one. */
#include "path/flows.h"

#include <assert.h>
#include <string.h>

#include "base/siphash.h"

#define NAKED_MAX (1u << 16) /* places: 16 a flow in small tables */
#define IDLE_LOOK 64u	     /* flows looked at for an idle one */

static_assert(sizeof(struct path_tuple) == 40, "no padding, whole words");

static uint32_t
power_for(uint32_t n, uint32_t max)
{
	uint32_t power = 16;

	while (power < n && power < max)
		power *= 2;
	return power;
}

size_t
path_flows_bytes(uint32_t cap)
{
	return (size_t)cap * sizeof(struct path_flow) +
	       power_for(cap * 4, NAKED_MAX) * sizeof(struct path_naked) +
	       power_for(cap, 1u << 30) * sizeof(uint32_t);
}

void
path_flows_init(struct path_flows *f, void *mem, uint32_t cap,
		const uint64_t seed[static 2])
{
	*f = (struct path_flows){.list = mem, .cap = cap, .free = PATH_NONE};
	f->n_heads = power_for(cap, 1u << 30);
	f->n_naked = power_for(cap * 4, NAKED_MAX);
	f->naked = (struct path_naked *)(void *)(f->list + cap);
	f->heads = (uint32_t *)(void *)(f->naked + f->n_naked);
	f->seed[0] = seed[0];
	f->seed[1] = seed[1];
	memset(f->naked, 0, f->n_naked * sizeof(*f->naked));
	memset(f->heads, 0xff, f->n_heads * sizeof(*f->heads));
}

static uint32_t *
head_of(const struct path_flows *f, const struct path_tuple *tuple)
{
	uint64_t words[sizeof(*tuple) / 8];

	memcpy(words, tuple, sizeof(words));
	return &f->heads[siphash_words(f->seed, words, sizeof(words) / 8) &
			 (f->n_heads - 1)];
}

uint32_t
path_flows_find(const struct path_flows *f, const struct path_tuple *tuple)
{
	uint32_t i = *head_of(f, tuple);

	while (i != PATH_NONE && memcmp(&f->list[i].tuple, tuple, sizeof(*tuple)) != 0)
		i = f->list[i].next;
	return i;
}

uint32_t
path_flows_add(struct path_flows *f, const struct path_tuple *tuple)
{
	uint32_t i = f->free;
	uint32_t *head = head_of(f, tuple);

	if (i != PATH_NONE)
		f->free = f->list[i].next;
	else if (f->n_made < f->cap)
		i = f->n_made++;
	else
		return PATH_NONE;
	f->list[i] = (struct path_flow){.tuple = *tuple,
					.next = *head,
					.main = i,
					.other = PATH_NONE,
					.groups = PATH_NONE,
					.n_names = 1,
					.is_used = true};
	memset(&f->list[i].ranges, 0xff, sizeof(f->list[i].ranges));
	*head = i;
	f->n++;
	return i;
}

static bool
is_reverse(const struct path_tuple *a, const struct path_tuple *b)
{
	return memcmp(a->address[0], b->address[1], 16) == 0 &&
	       memcmp(a->address[1], b->address[0], 16) == 0;
}

uint32_t
path_flows_translated(const struct path_flows *f, const struct path_key *key,
		      uint16_t point, uint64_t now_ns, uint64_t wait_ns)
{
	const struct path_naked *naked = &f->naked[key->naked & (f->n_naked - 1)];
	uint64_t age_ns =
	    now_ns > naked->time_ns ? now_ns - naked->time_ns : naked->time_ns - now_ns;
	const struct path_flow *flow;

	if (key->naked == 0 || naked->hash != key->naked || age_ns > wait_ns ||
	    naked->point == point)
		return PATH_NONE;
	flow = &f->list[naked->flow];
	if (!flow->is_used || flow->main != naked->flow ||
	    flow->n_names >= PATH_NAMES_MAX ||
	    flow->tuple.protocol != key->tuple.protocol ||
	    flow->tuple.version != key->tuple.version ||
	    flow->tuple.is_fragment != key->tuple.is_fragment ||
	    is_reverse(&flow->tuple, &key->tuple))
		return PATH_NONE;
	return naked->flow;
}

void
path_flows_name(struct path_flows *f, uint32_t i, uint32_t main)
{
	struct path_flow *flow = &f->list[i];
	struct path_flow *first = &f->list[main];

	flow->main = main;
	flow->name = first->n_names++;
	flow->other = first->other;
	first->other = i;
	f->n_translated++;
}

void
path_flows_note(struct path_flows *f, uint32_t main, const struct path_key *key,
		uint16_t point, uint64_t now_ns)
{
	struct path_naked *naked = &f->naked[key->naked & (f->n_naked - 1)];

	if (key->naked == 0)
		return;
	if (naked->hash == key->naked && naked->flow == main)
		naked->time_ns = now_ns;
	else
		*naked = (struct path_naked){key->naked, now_ns, main, point};
}

uint32_t
path_flows_name_of(const struct path_flows *f, uint32_t main, uint8_t number)
{
	uint32_t i = main;

	while (i != PATH_NONE && f->list[i].name != number)
		i = f->list[i].other;
	return i == PATH_NONE ? main : i;
}

uint32_t
path_flows_idle(struct path_flows *f, uint64_t now_ns, uint64_t idle_ns)
{
	for (uint32_t n = 0; n < IDLE_LOOK && n < f->n_made; n++) {
		uint32_t i = f->hand;
		const struct path_flow *flow = &f->list[i];

		f->hand = i + 1 < f->n_made ? i + 1 : 0;
		if (flow->is_used && flow->main == i && flow->n_entries == 0 &&
		    now_ns > flow->last_ns && now_ns - flow->last_ns > idle_ns)
			return i;
	}
	return PATH_NONE;
}

static void
unchain(struct path_flows *f, uint32_t i)
{
	uint32_t *at = head_of(f, &f->list[i].tuple);

	while (*at != i)
		at = &f->list[*at].next;
	*at = f->list[i].next;
	f->list[i].next = f->free;
	f->list[i].is_used = false;
	f->free = i;
	f->n--;
}

void
path_flows_drop(struct path_flows *f, uint32_t main)
{
	uint32_t i = main;

	assert(f->list[main].n_entries == 0);
	while (i != PATH_NONE) {
		uint32_t other = f->list[i].other;

		unchain(f, i);
		i = other;
	}
}
