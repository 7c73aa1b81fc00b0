/* From records to groups: which flow, which entry, and when an entry is judged. */
#include "path/path.h"

#include <string.h>

#include "base/siphash.h"
#include "path/hints.h"
#include "path/verdict.h"

#define ENTRIES_MIN 4096u /* more than one observation may make */
#define UNSEEN_TTLS 3

/* What does not grow with the memory: points, paths, addresses, lists. */
struct layout {
	size_t sources, points, hints, owners, listed, classes, all;
};

static size_t
round_up(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static struct layout
lay_out(uint32_t n_sources)
{
	struct layout l;

	l.sources = round_up(sizeof(struct path));
	l.points = l.sources + round_up(n_sources * sizeof(struct path_source));
	l.hints = l.points + PATH_POINTS_MAX * sizeof(struct path_point);
	l.owners = l.hints + PATH_HINTS * sizeof(struct path_hint);
	l.listed = l.owners + PATH_OWNERS_MAX * sizeof(struct path_owner);
	l.classes = l.listed + PATH_LIST_MAX * sizeof(struct path_listed);
	l.all = l.classes + round_up(path_classes_bytes());
	return l;
}

size_t
path_overhead(uint32_t n_sources)
{
	return lay_out(n_sources).all;
}

/* Entries get five parts of eight, flows two, groups the rest. */
static bool
divide(struct path *p, uint8_t *mem, size_t bytes)
{
	uint32_t entries = (uint32_t)(bytes / 8 * 5 / (sizeof(struct path_entry) + 8));
	uint32_t flows =
	    (uint32_t)(bytes / 4 / (sizeof(struct path_flow) + PATH_FLOW_EXTRA));
	size_t used = round_up(path_table_bytes(entries));

	if (entries < ENTRIES_MIN)
		return false;
	path_table_init(&p->table, mem, entries, p->options.wait_ns);
	path_flows_init(&p->flows, mem + used, flows, p->options.seed);
	used += round_up(path_flows_bytes(flows));
	path_groups_init(&p->groups, mem + used,
			 (uint32_t)((bytes - used) / sizeof(struct path_group)));
	return true;
}

struct path *
path_new(void *mem, size_t bytes, const struct path_options *options)
{
	struct layout l = lay_out(options->n_sources);
	uint8_t *at = mem;
	struct path *p = mem;

	if (bytes < l.all)
		return NULL;
	p->options = *options;
	p->keys.payload =
	    options->payload < PATH_KEY_PAYLOAD ? options->payload : PATH_KEY_PAYLOAD;
	memcpy(p->keys.seed, options->seed, sizeof(p->keys.seed));
	path_sight_init(&p->sight, (struct path_source *)(void *)(at + l.sources),
			options->n_sources);
	p->points = (struct path_point *)(void *)(at + l.points);
	p->hints = (struct path_hint *)(void *)(at + l.hints);
	p->owners.list = (struct path_owner *)(void *)(at + l.owners);
	memcpy(p->owners.seed, options->seed, sizeof(p->owners.seed));
	p->listed = (struct path_listed *)(void *)(at + l.listed);
	path_classes_init(&p->classes, at + l.classes);
	p->end_ns = UINT64_MAX;
	return divide(p, at + l.all, bytes - l.all) ? p : NULL;
}

uint16_t
path_add_point(struct path *p, uint16_t source, enum path_direction direction,
	       struct span name)
{
	if (p->n_points == PATH_POINTS_MAX)
		return PATH_NO_CLASS;
	p->points[p->n_points] =
	    (struct path_point){source, (uint8_t)direction, false, 0, name};
	return (uint16_t)p->n_points++;
}

void
path_set_bound(struct path *p, uint16_t source, uint64_t bound_ns)
{
	for (uint32_t i = 0; i < p->n_points; i++) {
		if (p->points[i].source != source)
			continue;
		p->points[i].has_bound = bound_ns != PATH_SIGHT_NONE;
		p->points[i].bound_ns = p->points[i].has_bound ? bound_ns : 0;
	}
}

void
path_set_payload(struct path *p, uint32_t payload)
{
	if (payload < p->keys.payload)
		p->keys.payload = payload;
}

void
path_set_end(struct path *p, uint64_t end_ns)
{
	p->end_ns = end_ns;
}

bool
path_expect(struct path *p, uint16_t source)
{
	if (p->n_expect == PATH_EXPECT_MAX)
		return false;
	p->expect[p->n_expect++] = source;
	return true;
}

static uint64_t
before(uint64_t time_ns, uint64_t by_ns)
{
	return time_ns > by_ns ? time_ns - by_ns : 0;
}

/* Records that the entry begins, or what its bytes make in segments that a frame holds. */
static uint32_t
count_packets(const struct path *p, const struct path_entry *e)
{
	const struct path_flow *flow = &p->flows.list[e->flow];
	bool is_start = false;

	if (!(e->flags & PATH_ENTRY_RANGE))
		return 1;
	for (uint32_t i = 0; i < e->n; i++)
		is_start |= (e->seen[i].flags & PATH_SEEN_START) != 0;
	if (!is_start)
		return 0;
	return e->bytes > PATH_KEY_WIRE && flow->segment >= PATH_KEY_WIRE / 2
		   ? (e->bytes + flow->segment - 1) / flow->segment
		   : 1;
}

static uint8_t
name_at(const struct path_entry *e, uint16_t point)
{
	uint8_t name = 0;

	for (uint32_t i = 0; i < e->n; i++)
		if (e->seen[i].point == point)
			name =
			    (e->seen[i].flags & PATH_SEEN_NAME) >> PATH_SEEN_NAME_SHIFT;
	return name;
}

static const struct path_tuple *
tuple_of(const struct path *p, uint32_t main, uint8_t name)
{
	return &p->flows.list[path_flows_name_of(&p->flows, main, name)].tuple;
}

/* A packet with a fresh TTL that the target had not got before is its own. A target that
 * captures a part only shows nothing by it. */
static void
note_owner(struct path *p, const struct path_entry *e, const struct path_order *order,
	   const struct path_group *group)
{
	static const uint8_t fresh[UNSEEN_TTLS] = {64, 128, 255};
	const struct path_point *first = &p->points[order->points[0]];
	const struct path_point *last = &p->points[order->points[order->n - 1]];
	const struct path_tuple *tuple = tuple_of(p, e->flow, group->last_name);
	bool is_fresh = false;

	if (last->direction == PATH_IN)
		path_owners_hear(&p->owners, tuple->version, tuple->address[1],
				 last->source);
	for (uint32_t i = 0; i < e->n; i++)
		for (uint32_t k = 0; k < UNSEEN_TTLS; k++)
			is_fresh |= e->seen[i].point == order->points[0] &&
				    e->seen[i].ttl == fresh[k];
	if (first->direction != PATH_OUT || !is_fresh || (e->flags & PATH_ENTRY_ALIKE) ||
	    p->sight.sources[first->source].is_partial)
		return;
	tuple = tuple_of(p, e->flow, group->first_name);
	path_owners_see(&p->owners, tuple->version, tuple->address[0], first->source);
}

static void
note_hints(struct path *p, const struct path_group *group)
{
	const struct path_order *order = &p->classes.list[group->class].order;
	const struct path_tuple *tuple = tuple_of(p, group->flow, group->last_name);

	for (uint32_t i = 0; i + 1 < order->n; i++)
		path_hints_put(p, order->points[i], order->points[i + 1], tuple);
}

/* What may be lost is listed; where no target is known that should have it, half of the
 * list is enough. */
static void
list(struct path *p, const struct path_entry *e, const struct path_group *group,
     uint32_t packets)
{
	const struct path_tuple *tuple = tuple_of(p, e->flow, group->last_name);
	uint16_t owner = path_owners_of(&p->owners, tuple->version, tuple->address[1]);
	uint32_t max = owner == PATH_NOBODY ? PATH_LIST_MAX / 2 : PATH_LIST_MAX;

	if (p->n_listed >= max)
		return;
	for (uint32_t i = 0; i < e->n; i++)
		if (p->points[e->seen[i].point].source == owner &&
		    p->points[e->seen[i].point].direction != PATH_OUT)
			return;
	p->listed[p->n_listed++] = (struct path_listed){
	    .time_ns = path_table_end_ns(e),
	    .flow = e->flow,
	    .group = (uint32_t)(group - p->groups.list),
	    .seq = e->flags & PATH_ENTRY_RANGE ? (uint32_t)(e->id >> 32) : e->id_word,
	    .bytes = e->bytes,
	    .packets = packets};
}

static uint8_t
group_flags(const struct path_entry *e)
{
	uint8_t flags = 0;

	if (e->flags & PATH_ENTRY_RANGE)
		flags |= PATH_GROUP_RANGE;
	if (e->flags & PATH_ENTRY_TCP)
		flags |= PATH_GROUP_TCP;
	if (e->flags & PATH_ENTRY_ALIKE)
		flags |= PATH_GROUP_ALIKE;
	if (e->flags & PATH_ENTRY_LONG)
		flags |= PATH_GROUP_LONG;
	if (e->flags & PATH_ENTRY_FULL)
		flags |= PATH_GROUP_FULL;
	return flags;
}

static struct path_group
group_of(struct path *p, const struct path_entry *e)
{
	uint64_t clocks_ns = 2 * path_sight_bound_ns(&p->sight);
	uint64_t begin_ns = path_table_begin_ns(e);
	uint64_t end_ns = path_table_end_ns(e);
	uint16_t ignored = 0;
	struct path_group g = {.flow = e->flow, .flags = group_flags(e)};
	const struct path_order *order;

	g.class = path_classes_of(&p->classes, e, p->points);
	if (g.class == PATH_NO_CLASS)
		return g;
	order = &p->classes.list[g.class].order;
	g.first_name = name_at(e, order->points[0]);
	g.last_name = name_at(e, order->points[order->n - 1]);
	g.blind = path_sight_blind(&p->sight, before(begin_ns, clocks_ns),
				   end_ns + p->options.wait_ns + clocks_ns, &g.why);
	g.blind_before =
	    path_sight_blind(&p->sight, before(begin_ns, p->options.wait_ns + clocks_ns),
			     end_ns + clocks_ns, &ignored);
	return g;
}

static void
judge_entry(struct path *p, const struct path_entry *e)
{
	struct path_group like = group_of(p, e);
	struct path_flow *flow = &p->flows.list[e->flow];
	struct path_group *group = path_groups_get(&p->groups, &flow->groups, &like);
	uint32_t packets = count_packets(p, e);
	const struct path_order *order;

	if (!group) {
		p->kept.verdicts[PATH_NOT_JUDGED] += packets;
		p->kept.not_judged[PATH_UNJUDGED_MEMORY] += packets;
		return;
	}
	if (like.class != PATH_NO_CLASS) {
		order = &p->classes.list[like.class].order;
		path_classes_count(&p->classes, like.class, packets, e->bytes);
		if (!(e->flags & (PATH_ENTRY_ALIKE | PATH_ENTRY_FULL)))
			path_classes_delay(&p->classes, like.class, e, p->points);
		note_owner(p, e, order, &like);
		if (group->entries == 0)
			note_hints(p, group);
		list(p, e, group, packets);
	}
	path_groups_count(group, packets, e->bytes, path_table_begin_ns(e),
			  path_table_end_ns(e));
}

static void
free_oldest(struct path *p)
{
	uint32_t i = path_table_oldest(&p->table);
	const struct path_entry *e = path_table_at(&p->table, i);
	struct path_flow *flow = &p->flows.list[e->flow];

	if (path_table_begin_ns(e) <= p->end_ns)
		judge_entry(p, e);
	if (e->flags & PATH_ENTRY_RANGE)
		path_range_drop(&p->table, &flow->ranges, i);
	flow->n_entries--;
	path_table_free_oldest(&p->table);
}

void
path_judge(struct path *p, uint64_t safe_ns)
{
	uint64_t margin_ns = p->options.wait_ns + 2 * path_sight_bound_ns(&p->sight);
	uint32_t i;

	while ((i = path_table_oldest(&p->table)) != PATH_NONE) {
		const struct path_entry *e = path_table_at(&p->table, i);

		if (safe_ns != UINT64_MAX && path_table_end_ns(e) + margin_ns >= safe_ns)
			return;
		free_oldest(p);
	}
}

/* Until there is room for one observation, the oldest are judged early. */
static void
make_room(struct path *p, uint64_t now_ns)
{
	while (p->table.cap - path_table_used(&p->table) < PATH_RANGE_NEW + 1) {
		const struct path_entry *e =
		    path_table_at(&p->table, path_table_oldest(&p->table));

		path_sight_forget(&p->sight, path_table_begin_ns(e), now_ns);
		p->n_early++;
		free_oldest(p);
	}
}

static bool
has_listed(const struct path *p, uint32_t main)
{
	for (uint32_t i = 0; i < p->n_listed; i++)
		if (p->listed[i].flow == main)
			return true;
	return false;
}

static uint32_t
add_flow(struct path *p, const struct path_tuple *tuple, uint64_t now_ns)
{
	uint32_t i = path_flows_add(&p->flows, tuple);
	uint32_t idle;

	if (i != PATH_NONE)
		return i;
	idle = path_flows_idle(&p->flows, now_ns, 2 * p->options.wait_ns);
	if (idle == PATH_NONE || has_listed(p, idle))
		return PATH_NONE;
	path_verdict_flow(p, idle, true);
	path_groups_drop(&p->groups, p->flows.list[idle].groups);
	path_flows_drop(&p->flows, idle);
	return path_flows_add(&p->flows, tuple);
}

/* The flow of the key's name; PATH_NONE: no room. */
static uint32_t
flow_of(struct path *p, const struct path_key *key, const struct path_packet *packet)
{
	uint32_t i = path_flows_find(&p->flows, &key->tuple);
	uint32_t main;

	if (i == PATH_NONE) {
		main = path_flows_translated(&p->flows, key, packet->point,
					     packet->time_ns, p->options.wait_ns);
		i = add_flow(p, &key->tuple, packet->time_ns);
		if (i == PATH_NONE)
			return PATH_NONE;
		p->flows.list[i].is_multicast = key->is_multicast;
		if (main != PATH_NONE && main != i && p->flows.list[main].is_used &&
		    p->flows.list[main].main == main)
			path_flows_name(&p->flows, i, main);
	}
	return i;
}

static void
take_packet(struct path *p, const struct path_key *key, uint32_t main,
	    const struct path_seen *seen, uint64_t now_ns)
{
	uint64_t words[2] = {key->hash, main};
	uint64_t id = siphash_words(p->keys.seed, words, 2);
	bool is_known;
	uint32_t i = path_table_find(&p->table, id, seen->point, now_ns, &is_known);
	struct path_entry *e;

	if (i == PATH_NONE) {
		i = path_table_make(&p->table, main, now_ns);
		path_table_chain(&p->table, i, id);
		e = path_table_at(&p->table, i);
		path_table_describe(e, key, is_known);
	}
	path_table_see(path_table_at(&p->table, i), seen, now_ns);
}

static void
take(struct path *p, const struct path_key *key, uint32_t i,
     const struct path_packet *packet)
{
	uint32_t main = p->flows.list[i].main;
	struct path_flow *flow = &p->flows.list[main];
	uint64_t n_made = p->table.n_made;
	struct path_seen seen = {
	    .point = packet->point,
	    .ttl = key->ttl,
	    .flags = (uint8_t)(p->flows.list[i].name << PATH_SEEN_NAME_SHIFT)};

	if (key->kind == PATH_KIND_RANGE) {
		flow->is_tangled |= !path_range_take(&p->table, &flow->ranges, main, key,
						     &seen, packet->time_ns);
		if (key->bytes > flow->segment && key->bytes < PATH_KEY_WIRE)
			flow->segment = key->bytes;
	} else {
		take_packet(p, key, main, &seen, packet->time_ns);
	}
	flow->n_entries += (uint32_t)(p->table.n_made - n_made);
	if (packet->time_ns > flow->last_ns)
		flow->last_ns = packet->time_ns;
	path_flows_note(&p->flows, main, key, packet->point, packet->time_ns);
}

static enum path_taken
leave_out(struct path *p, enum path_unjudged why)
{
	p->n_unmatched++;
	p->kept.verdicts[PATH_NOT_JUDGED]++;
	p->kept.not_judged[why]++;
	return PATH_TAKEN_NOT;
}

enum path_taken
path_take(struct path *p, const struct path_packet *packet)
{
	struct path_key key;
	uint64_t now_ns = packet->time_ns;
	uint32_t i;

	p->n_observations++;
	p->first_ns = p->first_ns == 0 || now_ns < p->first_ns ? now_ns : p->first_ns;
	p->last_ns = now_ns > p->last_ns ? now_ns : p->last_ns;
	switch (path_key_of(&p->keys, packet->type, packet->data, packet->wire, &key)) {
	case PATH_KEY_OK:
		break;
	case PATH_KEY_NOT_IP:
		p->n_other++;
		return PATH_TAKEN_NOT;
	case PATH_KEY_SHORT:
		p->n_other++;
		return PATH_TAKEN_SHORT;
	case PATH_KEY_VAGUE:
		return leave_out(p, PATH_UNJUDGED_SNAPLEN);
	}
	make_room(p, now_ns);
	i = flow_of(p, &key, packet);
	if (i == PATH_NONE) {
		path_sight_forget(&p->sight, now_ns, now_ns);
		return leave_out(p, PATH_UNJUDGED_MEMORY);
	}
	take(p, &key, i, packet);
	return PATH_TAKEN;
}
