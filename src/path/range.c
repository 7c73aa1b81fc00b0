/* Lists of byte ranges: walk, cut, add. */
#include "path/range.h"

/* One observation on its way through the list. */
struct walk {
	struct path_table *t;
	struct path_ranges *r;
	const struct path_seen *seen;
	uint64_t now_ns;
	uint32_t flow;
	uint32_t left; /* entries that may still be made */
	uint32_t steps;
	uint32_t prev; /* the last entry that lies wholly before */
	uint32_t at;   /* the first that does not; PATH_NONE */
};

static uint32_t
lo_of(const struct path_entry *e)
{
	return (uint32_t)(e->id >> 32);
}

static uint32_t
hi_of(const struct path_entry *e)
{
	return (uint32_t)e->id;
}

static bool
is_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static void
set_range(struct path_entry *e, uint32_t lo, uint32_t hi)
{
	e->id = (uint64_t)lo << 32 | hi;
	e->bytes = hi - lo;
}

static struct path_entry *
entry(const struct walk *w, uint32_t i)
{
	return path_table_at(w->t, i);
}

/* Into the list, before w->at. */
static void
insert(struct walk *w, uint32_t i)
{
	entry(w, i)->prev = w->prev;
	entry(w, i)->next = w->at;
	if (w->prev != PATH_NONE)
		entry(w, w->prev)->next = i;
	else
		w->r->first = i;
	if (w->at != PATH_NONE)
		entry(w, w->at)->prev = i;
}

static uint32_t
make(struct walk *w, uint32_t lo, uint32_t hi)
{
	uint32_t i;

	if (w->left == 0)
		return PATH_NONE;
	w->left--;
	i = path_table_make(w->t, w->flow, w->now_ns);
	set_range(entry(w, i), lo, hi);
	entry(w, i)->flags = PATH_ENTRY_RANGE;
	return i;
}

/* Bytes that nobody has shown. */
static bool
put_new(struct walk *w, uint32_t lo, uint32_t hi, bool is_start)
{
	uint32_t i = make(w, lo, hi);
	struct path_seen seen = *w->seen;

	if (i == PATH_NONE)
		return false;
	insert(w, i);
	seen.flags |= is_start ? PATH_SEEN_START : 0;
	path_table_see(entry(w, i), &seen, w->now_ns);
	w->prev = i;
	return true;
}

/* The right part of one entry, with what was seen of it but for where records begin. */
static uint32_t
cut_one(struct walk *w, uint32_t i, uint32_t at)
{
	struct path_entry *left = entry(w, i);
	uint32_t k = make(w, at, hi_of(left));
	struct path_entry *right;

	if (k == PATH_NONE)
		return PATH_NONE;
	right = entry(w, k);
	right->first_ns = left->first_ns;
	right->flags = left->flags;
	right->n = left->n;
	for (uint32_t j = 0; j < left->n; j++) {
		right->seen[j] = left->seen[j];
		right->seen[j].flags &= (uint8_t)~PATH_SEEN_START;
	}
	set_range(left, lo_of(left), at);
	return k;
}

/* Cuts w->at and all its passes. False: no more may be made. */
static bool
cut(struct walk *w, uint32_t at)
{
	uint32_t n = 0;
	uint32_t right = PATH_NONE;

	for (uint32_t i = w->at; i != PATH_NONE; i = entry(w, i)->pass)
		n++;
	if (n > w->left)
		return false;
	for (uint32_t i = w->at; i != PATH_NONE; i = entry(w, i)->pass) {
		uint32_t k = cut_one(w, i, at);

		if (i == w->at) {
			uint32_t next = entry(w, i)->next;

			entry(w, k)->prev = i;
			entry(w, k)->next = next;
			if (next != PATH_NONE)
				entry(w, next)->prev = k;
			entry(w, i)->next = k;
		} else {
			entry(w, k)->prev = right;
			entry(w, right)->pass = k;
		}
		right = k;
	}
	return true;
}

/* The newest pass that the point has not seen, or one more. */
static bool
see(struct walk *w, bool is_start)
{
	struct path_seen seen = *w->seen;
	uint32_t last = w->at;
	uint32_t found = PATH_NONE;
	uint32_t n = 0;

	seen.flags |= is_start ? PATH_SEEN_START : 0;
	for (uint32_t i = w->at; i != PATH_NONE; i = entry(w, i)->pass) {
		if (!path_table_has(entry(w, i), seen.point))
			found = i;
		last = i;
		n++;
	}
	if (found == PATH_NONE) {
		if (n >= PATH_RANGE_PASSES)
			return false;
		found = make(w, lo_of(entry(w, w->at)), hi_of(entry(w, w->at)));
		if (found == PATH_NONE)
			return false;
		entry(w, last)->pass = found;
		entry(w, last)->flags |= PATH_ENTRY_ALIKE;
		entry(w, found)->prev = last;
		entry(w, found)->flags |= PATH_ENTRY_PASS | PATH_ENTRY_ALIKE;
	}
	path_table_see(entry(w, found), &seen, w->now_ns);
	return true;
}

/* From the cursor of the point, or any other, or the list's begin. */
static uint32_t
start_of(const struct walk *w)
{
	uint32_t any = w->r->first;

	for (uint32_t i = 0; i < PATH_RANGE_CURSORS; i++) {
		if (w->r->cursor[i] == PATH_NONE)
			continue;
		if (w->r->point[i] == w->seen->point)
			return w->r->cursor[i];
		any = w->r->cursor[i];
	}
	return any;
}

/* Finds w->at and w->prev for lo. */
static bool
walk_to(struct walk *w, uint32_t lo)
{
	uint32_t i = start_of(w);

	while (i != PATH_NONE && is_after(hi_of(entry(w, i)), lo) &&
	       entry(w, i)->prev != PATH_NONE && w->steps++ < PATH_RANGE_STEPS)
		i = entry(w, i)->prev;
	w->prev = i != PATH_NONE ? entry(w, i)->prev : PATH_NONE;
	while (i != PATH_NONE && !is_after(hi_of(entry(w, i)), lo) &&
	       w->steps++ < PATH_RANGE_STEPS) {
		w->prev = i;
		i = entry(w, i)->next;
	}
	w->at = i;
	return w->steps <= PATH_RANGE_STEPS;
}

static void
set_cursor(struct walk *w)
{
	struct path_ranges *r = w->r;
	uint32_t slot = w->seen->point % PATH_RANGE_CURSORS;

	for (uint32_t i = 0; i < PATH_RANGE_CURSORS; i++)
		if (r->cursor[i] != PATH_NONE && r->point[i] == w->seen->point)
			slot = i;
	r->cursor[slot] = w->prev;
	r->point[slot] = w->seen->point;
}

/* One step from cur on: *cur is raised. */
static bool
step(struct walk *w, uint32_t *cur, uint32_t hi, bool is_start)
{
	struct path_entry *e;

	if (w->at == PATH_NONE || !is_after(hi, lo_of(entry(w, w->at)))) {
		bool is_put = put_new(w, *cur, hi, is_start);

		*cur = hi;
		return is_put;
	}
	e = entry(w, w->at);
	if (is_after(lo_of(e), *cur)) {
		uint32_t to = lo_of(e);
		bool is_put = put_new(w, *cur, to, is_start);

		*cur = to;
		return is_put;
	}
	if (is_after(*cur, lo_of(e))) {
		if (!cut(w, *cur))
			return false;
		w->prev = w->at;
		w->at = entry(w, w->at)->next;
		return true;
	}
	if (is_after(hi_of(e), hi) && !cut(w, hi))
		return false;
	if (!see(w, is_start))
		return false;
	*cur = hi_of(entry(w, w->at));
	w->prev = w->at;
	w->at = entry(w, w->at)->next;
	return true;
}

bool
path_range_take(struct path_table *t, struct path_ranges *r, uint32_t flow,
		const struct path_key *key, const struct path_seen *seen, uint64_t now_ns)
{
	struct walk w = {.t = t,
			 .r = r,
			 .seen = seen,
			 .now_ns = now_ns,
			 .flow = flow,
			 .left = PATH_RANGE_NEW};
	uint32_t cur = key->lo;
	bool is_good = walk_to(&w, key->lo);

	while (is_good && is_after(key->hi, cur))
		is_good = w.steps++ <= PATH_RANGE_STEPS &&
			  step(&w, &cur, key->hi, cur == key->lo);
	if (w.prev != PATH_NONE)
		set_cursor(&w);
	return is_good;
}

/* The next pass takes its place in the list. */
static void
promote(struct path_table *t, struct path_ranges *r, uint32_t i, uint32_t k)
{
	struct path_entry *old = path_table_at(t, i);
	struct path_entry *e = path_table_at(t, k);

	e->flags &= (uint8_t)~PATH_ENTRY_PASS;
	e->prev = old->prev;
	e->next = old->next;
	if (e->prev != PATH_NONE)
		path_table_at(t, e->prev)->next = k;
	else
		r->first = k;
	if (e->next != PATH_NONE)
		path_table_at(t, e->next)->prev = k;
}

static void
unlink(struct path_table *t, struct path_ranges *r, const struct path_entry *e)
{
	if (e->prev != PATH_NONE)
		path_table_at(t, e->prev)->next = e->next;
	else
		r->first = e->next;
	if (e->next != PATH_NONE)
		path_table_at(t, e->next)->prev = e->prev;
}

void
path_range_drop(struct path_table *t, struct path_ranges *r, uint32_t i)
{
	const struct path_entry *e = path_table_at(t, i);
	uint32_t to = e->next;

	if (e->flags & PATH_ENTRY_PASS) {
		path_table_at(t, e->prev)->pass = e->pass;
		if (e->pass != PATH_NONE)
			path_table_at(t, e->pass)->prev = e->prev;
		return;
	}
	if (e->pass != PATH_NONE) {
		promote(t, r, i, e->pass);
		to = e->pass;
	} else {
		unlink(t, r, e);
	}
	for (uint32_t k = 0; k < PATH_RANGE_CURSORS; k++)
		if (r->cursor[k] == i)
			r->cursor[k] = to;
}
