/*
 * From the groups of a flow to verdicts. "lost" needs a target that was to see the packet
 * and was not blind; and no packet of the flow that came from nowhere, which could be the
 * lost one in another shape.
 */
#include "path/verdict.h"

#include "path/hints.h"
#include "path/sums.h"

#define USUAL 8u /* packets that make a way the usual one */
#define KINDS 3u

/* What is known of a flow as a whole. */
struct view {
	struct path *p;
	const struct path_flow *flow;
	const struct path_group *full;	/* the one that most points saw */
	const struct path_tuple *tuple; /* the name that it arrives under */
	uint16_t owner;			/* of the destination; PATH_NOBODY */
	uint16_t source;		/* the target where its packets begin */
	bool is_cut; /* has long datagrams, and may be cut into others on its way */
	uint64_t n_lost[KINDS];
	uint64_t n_strange[KINDS]; /* packets that its source never sent */
	uint64_t n_doubts[KINDS];  /* how many of the lost ones these may be */
	bool is_kept;
};

static struct path_group *
group_at(const struct path *p, uint32_t i)
{
	return &p->groups.list[i];
}

static const struct path_order *
order_of(const struct path *p, const struct path_group *g)
{
	return &p->classes.list[g->class].order;
}

static uint16_t
source_of(const struct path *p, uint16_t point)
{
	return p->points[point].source;
}

static bool
is_blind(const struct path_group *g, uint16_t source)
{
	return g->blind >> (source % 64) & 1;
}

static bool
has_source(const struct path *p, const struct path_group *g, uint16_t source)
{
	const struct path_order *order = order_of(p, g);

	for (uint32_t i = 0; i < order->n; i++)
		if (source_of(p, order->points[i]) == source)
			return true;
	return false;
}

static uint32_t
kind_of(const struct path_group *g)
{
	if (g->flags & PATH_GROUP_RANGE)
		return 2;
	return g->flags & PATH_GROUP_TCP ? 1 : 0;
}

/* Pieces of records count, too. */
static uint64_t
weight(const struct path_group *g)
{
	return g->packets > g->entries ? g->packets : g->entries;
}

static const struct path_tuple *
name_of(const struct path *p, uint32_t main, uint8_t number)
{
	return &p->flows.list[path_flows_name_of(&p->flows, main, number)].tuple;
}

static uint16_t
owner_of(const struct path *p, const struct path_tuple *tuple, int end)
{
	return path_owners_of(&p->owners, tuple->version, tuple->address[end]);
}

/* The group that most points saw, and of these the largest; NULL: none is of a class. */
static const struct path_group *
find_full(const struct path *p, uint32_t first)
{
	const struct path_group *full = NULL;
	uint32_t best = 0;

	for (uint32_t i = first; i != PATH_NONE; i = group_at(p, i)->next) {
		const struct path_group *g = group_at(p, i);
		uint32_t n = g->class == PATH_NO_CLASS ? 0 : order_of(p, g)->n;

		if (n > best || (n > 0 && n == best && g->packets > full->packets)) {
			full = g;
			best = n;
		}
	}
	return full;
}

/* It begins elsewhere than where the flow's packets begin, though that target was watching. */
static bool
is_strange(const struct view *v, const struct path_group *g)
{
	return !(g->blind_before >> (v->source % 64) & 1) &&
	       !has_source(v->p, g, v->source);
}

/* Long datagrams that do not arrive as they are may be cut by the sender's card, or joined
 * by the receiver's (UDP GSO, GRO): then nothing of the flow is compared. */
static bool
is_cut(const struct view *v)
{
	const struct path *p = v->p;
	bool has_long = false;
	bool has_whole = false;
	bool has_strange = false;

	for (uint32_t i = v->flow->groups; i != PATH_NONE; i = group_at(p, i)->next) {
		const struct path_group *g = group_at(p, i);

		if (g->class == PATH_NO_CLASS)
			continue;
		has_strange |= is_strange(v, g);
		if (!(g->flags & PATH_GROUP_LONG))
			continue;
		has_long = true;
		has_whole |= has_source(p, g, v->source) && v->owner != PATH_NOBODY &&
			     has_source(p, g, v->owner);
	}
	return has_long && (has_strange || !has_whole);
}

static bool
view_of(struct path *p, uint32_t main, struct view *v)
{
	const struct path_tuple *first;

	*v = (struct view){.p = p, .flow = &p->flows.list[main]};
	v->full = find_full(p, v->flow->groups);
	if (!v->full)
		return false;
	first = name_of(p, main, v->full->first_name);
	v->tuple = name_of(p, main, v->full->last_name);
	v->owner = owner_of(p, v->tuple, 1);
	v->source = owner_of(p, first, 0);
	if (v->source == PATH_NOBODY)
		v->source = source_of(p, order_of(p, v->full)->points[0]);
	v->is_cut = is_cut(v);
	return true;
}

/* Seen where it was to go: not only on its way out there. */
static bool
has_arrived(const struct view *v, const struct path_group *g)
{
	const struct path_order *order = order_of(v->p, g);

	if (v->owner == PATH_NOBODY)
		return false;
	for (uint32_t i = 0; i < order->n; i++) {
		const struct path_point *point = &v->p->points[order->points[i]];

		if (point->source == v->owner &&
		    (point->direction != PATH_OUT || v->owner == v->source))
			return true;
	}
	return false;
}

static uint16_t
last_of(const struct path *p, const struct path_group *g)
{
	const struct path_order *order = order_of(p, g);

	return order->points[order->n - 1];
}

/*
 * Where packets of the flow that reached the same point went on: the largest such group,
 * NULL: nowhere. *is_usual: at least half of them do, and USUAL.
 */
static const struct path_group *
find_way(const struct view *v, uint16_t last, bool *is_usual)
{
	const struct path *p = v->p;
	const struct path_group *way = NULL;
	uint64_t through = 0;
	uint64_t stay = 0;

	for (uint32_t i = v->flow->groups; i != PATH_NONE; i = group_at(p, i)->next) {
		const struct path_group *g = group_at(p, i);
		uint16_t at;

		if (g->class == PATH_NO_CLASS)
			continue;
		at = path_classes_place(&p->classes.list[g->class], last);
		if (at == order_of(p, g)->n)
			continue;
		if (at + 1 == order_of(p, g)->n) {
			stay += g->packets;
			continue;
		}
		through += g->packets;
		if (!way || g->packets > way->packets)
			way = g;
	}
	*is_usual = through >= USUAL && through >= stay;
	return way;
}

static uint16_t
next_on(const struct view *v, const struct path_group *way, uint16_t from)
{
	const struct path_class *class = &v->p->classes.list[way->class];

	return class->order.points[path_classes_place(class, from) + 1];
}

/* The first point behind the last one on that way whose target was not blind;
 * PATH_NO_CLASS: all were. */
static uint16_t
next_watching(const struct view *v, const struct path_group *g,
	      const struct path_group *way, uint16_t last)
{
	const struct path_class *class = &v->p->classes.list[way->class];

	for (uint32_t i = path_classes_place(class, last) + 1u; i < class->order.n; i++)
		if (!is_blind(g, source_of(v->p, class->order.points[i])))
			return class->order.points[i];
	return PATH_NO_CLASS;
}

static void
set(struct path_group *g, enum path_verdict verdict, uint16_t to, uint8_t reason)
{
	g->verdict = (uint8_t)verdict;
	g->to = to;
	g->reason = reason;
}

/* Why nobody can say: the reason that tells most. */
static void
set_blind(struct path_group *g, uint16_t to)
{
	uint8_t reason = 0;

	while (reason < PATH_BLIND_ROUTE && !(g->why >> reason & 1))
		reason++;
	set(g, PATH_BLINDED, to, reason);
}

/* A target is known that had to see it, and did not. */
static void
judge_missing(const struct view *v, struct path_group *g, uint16_t target,
	      const struct path_group *way, bool is_usual)
{
	uint16_t next = way ? next_watching(v, g, way, g->from) : PATH_NO_CLASS;
	uint16_t hint = way ? next : path_hints_get(v->p, g->from, v->tuple);

	if (hint == PATH_NO_CLASS)
		hint = way ? hint : path_hints_get(v->p, g->from, NULL);
	if (hint == PATH_NO_CLASS || is_blind(g, source_of(v->p, hint)))
		hint = PATH_TARGET | target;
	if (!is_blind(g, target))
		set(g, PATH_LOST, hint, 0);
	else if (next != PATH_NO_CLASS && is_usual)
		set(g, PATH_LOST, next, 0);
	else
		set_blind(g, way ? next_on(v, way, g->from) : PATH_TARGET | target);
}

/* --expect: a target that must see all that the first one sees; PATH_NOBODY: all did. */
static uint16_t
find_expected(const struct view *v, const struct path_group *g)
{
	const struct path *p = v->p;

	if (p->n_expect == 0 || !has_source(p, g, p->expect[0]))
		return PATH_NOBODY;
	for (uint32_t i = 1; i < p->n_expect; i++)
		if (!has_source(p, g, p->expect[i]))
			return p->expect[i];
	return PATH_NOBODY;
}

/* It is not where it was to go, as far as that is known. */
static void
judge_rest(const struct view *v, struct path_group *g)
{
	bool is_usual;
	const struct path_group *way = find_way(v, g->from, &is_usual);
	uint16_t expected = v->owner;
	uint16_t next;

	if (expected == PATH_NOBODY)
		expected = find_expected(v, g);
	if (expected != PATH_NOBODY) {
		judge_missing(v, g, expected, way, is_usual);
		return;
	}
	if (way && is_usual) {
		next = next_watching(v, g, way, g->from);
		if (next != PATH_NO_CLASS)
			set(g, PATH_LOST, next, 0);
		else
			set_blind(g, next_on(v, way, g->from));
		return;
	}
	next = path_hints_get(v->p, g->from, v->tuple);
	if (next == PATH_NO_CLASS && way)
		next = next_on(v, way, g->from);
	if (next != PATH_NO_CLASS)
		set(g, PATH_BLINDED, next, PATH_BLIND_ROUTE);
	else
		set(g, PATH_EXITS, 0, 0);
}

static void
judge(const struct view *v, struct path_group *g)
{
	if (g->class == PATH_NO_CLASS || (g->flags & PATH_GROUP_FULL)) {
		set(g, PATH_NOT_JUDGED, 0, PATH_UNJUDGED_POINTS);
		return;
	}
	g->from = last_of(v->p, g);
	if (v->flow->is_multicast)
		set(g, PATH_NOT_JUDGED, 0, PATH_UNJUDGED_MULTICAST);
	else if (is_strange(v, g) && v->is_cut)
		set(g, PATH_NOT_JUDGED, 0, PATH_UNJUDGED_GSO);
	else if (is_strange(v, g))
		set(g, g->flags & PATH_GROUP_ALIKE ? PATH_DUPLICATE : PATH_NOT_SENT, 0,
		    0);
	else if (has_arrived(v, g))
		set(g, PATH_ARRIVED, 0, 0);
	else if (v->flow->is_tangled)
		set(g, PATH_NOT_JUDGED, 0, PATH_UNJUDGED_RANGES);
	else if (v->is_cut)
		set(g, PATH_NOT_JUDGED, 0, PATH_UNJUDGED_GSO);
	else
		judge_rest(v, g);
}

/*
 * Each packet that came from nowhere may be a lost one that something has changed: as many
 * lost ones are not proved. Where they are about as many, all of the flow is changed.
 */
static void
split(struct view *v, struct path_group *g)
{
	uint32_t kind = kind_of(g);
	bool is_lost = g->verdict == PATH_LOST && !(g->flags & PATH_GROUP_ALIKE);
	uint64_t *doubts = is_lost ? &v->n_doubts[kind] : &v->n_strange[kind];
	uint64_t n = *doubts < g->packets ? *doubts : g->packets;

	if (!is_lost && g->verdict != PATH_NOT_SENT)
		n = 0;
	if (n > 0) {
		struct path_group part = *g;

		part.verdict = PATH_NOT_RECOGNIZED;
		part.packets = n;
		*doubts -= n < *doubts ? n : *doubts;
		path_sums_put(v->p, v->full, &part, v->is_kept);
	}
	if (n < g->packets || g->packets == 0) {
		struct path_group part = *g;

		part.packets -= n;
		part.bytes -= g->packets > 0 ? g->bytes / g->packets * n : 0;
		path_sums_put(v->p, v->full, &part, v->is_kept);
	} else {
		g->verdict = PATH_NOT_RECOGNIZED;
	}
}

static void
judge_all(struct view *v)
{
	struct path *p = v->p;

	for (uint32_t i = v->flow->groups; i != PATH_NONE; i = group_at(p, i)->next) {
		struct path_group *g = group_at(p, i);
		uint32_t kind = kind_of(g);

		judge(v, g);
		if (g->verdict == PATH_LOST && !(g->flags & PATH_GROUP_ALIKE))
			v->n_lost[kind] += weight(g);
		if (g->verdict == PATH_NOT_SENT)
			v->n_strange[kind] += weight(g);
	}
	for (uint32_t k = 0; k < KINDS; k++) {
		bool is_all = v->n_strange[k] * 2 >= v->n_lost[k];

		v->n_doubts[k] = is_all ? v->n_lost[k] : v->n_strange[k];
		v->n_strange[k] =
		    v->n_strange[k] < v->n_lost[k] ? v->n_strange[k] : v->n_lost[k];
	}
}

void
path_verdict_flow(struct path *p, uint32_t main, bool is_kept)
{
	struct view v;

	if (!view_of(p, main, &v)) {
		for (uint32_t i = v.flow->groups; i != PATH_NONE;
		     i = group_at(p, i)->next) {
			set(group_at(p, i), PATH_NOT_JUDGED, 0, PATH_UNJUDGED_POINTS);
			path_sums_put(p, NULL, group_at(p, i), is_kept);
		}
		return;
	}
	v.is_kept = is_kept;
	judge_all(&v);
	for (uint32_t i = v.flow->groups; i != PATH_NONE; i = group_at(p, i)->next)
		split(&v, group_at(p, i));
}

void
path_verdict_all(struct path *p)
{
	path_sums_begin(p);
	for (uint32_t i = 0; i < p->flows.n_made; i++)
		if (p->flows.list[i].is_used && p->flows.list[i].main == i)
			path_verdict_flow(p, i, false);
}
