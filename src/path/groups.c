/* Lists of groups. */
#include "path/groups.h"

void
path_groups_init(struct path_groups *g, void *mem, uint32_t cap)
{
	*g = (struct path_groups){.list = mem, .cap = cap, .free = PATH_NONE};
}

static bool
is_same(const struct path_group *a, const struct path_group *b)
{
	return a->class == b->class && a->flags == b->flags && a->blind == b->blind &&
	       a->blind_before == b->blind_before && a->why == b->why &&
	       a->first_name == b->first_name && a->last_name == b->last_name;
}

struct path_group *
path_groups_get(struct path_groups *g, uint32_t *first, const struct path_group *like)
{
	uint32_t i = *first;

	while (i != PATH_NONE && !is_same(&g->list[i], like))
		i = g->list[i].next;
	if (i != PATH_NONE)
		return &g->list[i];
	i = g->free;
	if (i != PATH_NONE)
		g->free = g->list[i].next;
	else if (g->n_made < g->cap)
		i = g->n_made++;
	else
		return NULL;
	g->list[i] = *like;
	g->list[i].next = *first;
	*first = i;
	return &g->list[i];
}

void
path_groups_count(struct path_group *group, uint32_t packets, uint32_t bytes,
		  uint64_t begin_ns, uint64_t end_ns)
{
	if (group->entries == 0 || begin_ns < group->first_ns)
		group->first_ns = begin_ns;
	if (end_ns > group->last_ns)
		group->last_ns = end_ns;
	group->entries++;
	group->packets += packets;
	group->bytes += bytes;
	group->is_guessed |= packets > 1;
}

void
path_groups_drop(struct path_groups *g, uint32_t first)
{
	while (first != PATH_NONE) {
		uint32_t next = g->list[first].next;

		g->list[first].next = g->free;
		g->free = first;
		first = next;
	}
}
