/*
 * The merge against a naive model (model.h), in random scenarios of simulated time, and
 * against a plain stable sort where every promise is kept.
 */
#include "merge/merge.h"

#include "merge/model.h"
#include "support/check.h"
#include "support/rng.h"

#define SCENARIOS 100000
#define SORTED	  10000
#define MS	  1000000u
#define EPOCH	  1700000000000000000u

/* How a source behaves; drawn once for each. */
struct actor {
	uint64_t lag_ns;      /* of its clock and delivery, at most */
	uint64_t disorder_ns; /* of record times, at most */
	uint32_t silence;     /* of 8 turns it says nothing */
	uint32_t wildness;    /* of 32 records are far ahead */
	bool is_lying;	      /* watermarks are random, not its newest time - disorder */
	uint64_t newest_ns;
	bool has_open;
	struct savefile_record open;
	uint64_t open_ns;
	uint32_t open_arrival;
	uint8_t *open_bytes;
};

struct scenario {
	uint64_t rng;
	uint64_t now_ns;
	uint64_t base_ns; /* record times: now + base */
	uint64_t step_ns; /* of time, at most */
	uint32_t caplen;  /* at most */
	bool may_refuse;
	uint32_t n_arrivals;
	struct actor actors[MODEL_SOURCES];
	struct model o;
	void *memory[MODEL_SOURCES];
	uint64_t reader_newest_ns; /* what who reads the output sees, of its times */
	uint64_t reader_late;
	struct savefile_record given; /* the record given last and where it lies */
	const uint8_t *given_bytes;
	uint32_t given_source;
};

static uint64_t
pick(struct scenario *c, uint64_t n)
{
	return rng_below(&c->rng, n);
}

static uint64_t
clamp_time(uint64_t t, uint64_t less)
{
	return t > less ? t - less : 0;
}

static bool
give_memory(struct scenario *c, const struct merge_out *out)
{
	struct model *o = &c->o;
	struct model_source *s = &o->s[out->source];
	size_t old_bytes;
	void *old;

	if (out->bytes > 0 && c->may_refuse && pick(c, 4) == 0) {
		merge_refuse_memory(o->m, out->source);
		s->is_refused = true;
		return true;
	}
	c->memory[out->source] = out->bytes > 0 ? malloc(out->bytes) : NULL;
	old = merge_set_memory(o->m, out->source, c->memory[out->source], out->bytes,
			       &old_bytes);
	free(old);
	if (old_bytes != s->cap)
		return model_fail(o, "another old piece");
	o->given += out->bytes;
	o->given -= old_bytes;
	s->cap = out->bytes;
	s->is_promised = s->needs && out->bytes > 0;
	s->needs = s->needs && model_is_full(o, out->source);
	if (c->given_source == out->source)
		c->given_bytes = NULL;
	return true;
}

/* Late is what is older than the newest before it, but for what is said to be ahead. The
 * two largest times are equal to the merge. */
static void
read_output(struct scenario *c, const struct merge_out *out)
{
	uint64_t t = model_time(out->record.time_ns);

	if (t < c->reader_newest_ns)
		c->reader_late++;
	else if (!out->is_ahead)
		c->reader_newest_ns = t;
}

/* One answer of the merge, judged and acted upon. */
static enum merge_result
step(struct scenario *c)
{
	struct merge_out out;
	enum merge_result result;

	if (c->given_bytes != NULL && !model_is_filled(c->given_bytes, &c->given))
		model_fail(&c->o, "a borrowed record changed");
	c->given_bytes = NULL;
	result = merge_next(c->o.m, c->now_ns, &out);
	if (!model_judge(&c->o, result, &out, c->now_ns))
		return MERGE_DONE;
	if (result == MERGE_GROW)
		give_memory(c, &out);
	if (result == MERGE_RECORD) {
		read_output(c, &out);
		c->given = out.record;
		c->given_bytes = out.data;
		c->given_source = out.source;
	}
	return result;
}

static bool
is_failed(const struct scenario *c)
{
	return c->o.error[0] != '\0';
}

static void
drain(struct scenario *c)
{
	for (uint32_t i = 0; i < 4 * MODEL_RECORDS; i++) {
		enum merge_result result = step(c);

		if (is_failed(c) || result == MERGE_WAIT || result == MERGE_DONE)
			return;
	}
	model_fail(&c->o, "never rests");
}

static void
end_source(struct scenario *c, uint32_t i)
{
	struct model_source *s = &c->o.s[i];

	merge_end(c->o.m, i);
	s->is_in = s->is_open = s->needs = s->is_refused = s->is_promised = false;
	c->actors[i].has_open = false;
}

static void
start_source(struct scenario *c, uint32_t i)
{
	struct model_source *s = &c->o.s[i];

	s->is_in = true;
	s->is_file = pick(c, 5) == 0;
	s->is_explicit = pick(c, 2) == 0;
	s->mark_ns = 0;
	s->n_steps = 0;
	if (c->o.stuck == i)
		c->o.stuck_ns = c->now_ns;
	merge_start(c->o.m, i, s->is_file ? MERGE_FILE : MERGE_LIVE, s->is_explicit,
		    c->now_ns);
}

static void
commit(struct scenario *c, uint32_t i)
{
	struct actor *a = &c->actors[i];

	model_fill(a->open_bytes, &a->open);
	merge_commit(c->o.m, i);
	model_commit(&c->o, i, &a->open, a->open_ns, a->open_arrival);
	a->has_open = c->o.s[i].is_open = false;
}

/* Begins a record and mostly commits it. Returns what the merge said. */
static enum merge_begin
offer(struct scenario *c, uint32_t i, const struct savefile_record *record)
{
	struct actor *a = &c->actors[i];
	struct model_source *s = &c->o.s[i];
	enum merge_begin begin =
	    merge_begin(c->o.m, i, record, c->now_ns, &a->open_bytes);

	if (begin != MERGE_BEGUN) {
		s->needs = begin == MERGE_NEEDS_MEMORY;
		s->want = queue_size(record);
		if (s->needs != (queue_size(record) > s->cap))
			model_fail(&c->o, "full or needs memory?");
		if (model_held(&c->o, i) == 0 && c->o.taken != i)
			s->is_refused = false;
		return begin;
	}
	s->needs = s->is_promised = false;
	s->is_open = a->has_open = true;
	a->open = *record;
	a->open_ns = c->now_ns;
	a->open_arrival = c->n_arrivals++;
	if (pick(c, 16) > 0)
		commit(c, i);
	return begin;
}

static struct savefile_record
some_record(struct scenario *c, uint32_t i)
{
	struct actor *a = &c->actors[i];
	uint64_t t = clamp_time(model_add(c->now_ns, c->base_ns), pick(c, a->lag_ns + 1));
	struct savefile_record r = {.interface_id = (uint16_t)c->n_arrivals};

	r.time_ns = clamp_time(t, pick(c, a->disorder_ns + 1));
	if (pick(c, 4) == 0 && a->newest_ns > 0)
		r.time_ns = a->newest_ns;
	if (pick(c, 32) < a->wildness)
		r.time_ns = model_add(r.time_ns, pick(c, 8) << (20 + pick(c, 40)));
	r.caplen = (uint32_t)pick(c, c->caplen + 1);
	if (pick(c, 400) == 0)
		r.caplen = (uint32_t)pick(c, 20000);
	if (pick(c, 8000) == 0)
		r.caplen = SAVEFILE_SNAPLEN_MAX;
	if (pick(c, 8) == 0)
		r.options = (uint16_t)(4 * pick(c, 20) + pick(c, 2));
	if (pick(c, 8000) == 0)
		r.options = SAVEFILE_OPTIONS_MAX;
	r.origlen = r.caplen + (uint32_t)pick(c, 3);
	r.flags = (uint32_t)pick(c, 5);
	return r;
}

static void read_source(struct scenario *c, uint32_t i);

/* Whatever a source offers must be taken in the end, if files are read and time goes. */
static void
insist(struct scenario *c, uint32_t i, const struct savefile_record *r)
{
	for (uint32_t n = 0; n < 2000 && !is_failed(c) && c->o.n < MODEL_RECORDS - 8;
	     n++) {
		uint32_t awaited;

		if (!c->o.s[i].is_in || offer(c, i, r) == MERGE_BEGUN)
			return;
		drain(c);
		for (uint32_t j = 0; j < c->o.n_sources; j++)
			if (c->actors[j].has_open)
				commit(c, j);
		awaited = merge_awaited(c->o.m);
		c->now_ns = model_add(c->now_ns, pick(c, 2 * MERGE_PATIENCE_NS));
		if (awaited == MODEL_NONE || !c->o.s[awaited].is_file || awaited == i)
			continue;
		if (pick(c, 4) == 0)
			end_source(c, awaited);
		else if (!c->actors[awaited].has_open && !model_is_full(&c->o, awaited))
			read_source(c, awaited);
	}
	if (!is_failed(c) && c->o.n < MODEL_RECORDS - 8)
		model_fail(&c->o, "a record never finds room");
}

/* What merge_read_size promises: so many bytes of input find room for certain. */
static void
read_source(struct scenario *c, uint32_t i)
{
	uint32_t header = 16 + 16 * (uint32_t)pick(c, 3);
	size_t size = merge_read_size(c->o.m, i, header);

	for (uint32_t n = (uint32_t)pick(c, 12); n > 0 && !c->actors[i].has_open; n--) {
		struct savefile_record r = some_record(c, i);

		if (header + (size_t)savefile_record_bytes(&r) > size ||
		    c->o.s[i].cap == 0)
			return;
		size -= header + savefile_record_bytes(&r);
		if (offer(c, i, &r) != MERGE_BEGUN)
			model_fail(&c->o, "no room for what it promised to take");
		if (r.time_ns > c->actors[i].newest_ns)
			c->actors[i].newest_ns = r.time_ns;
	}
}

static void
say_watermark(struct scenario *c, uint32_t i)
{
	struct actor *a = &c->actors[i];
	uint64_t t = model_add(c->now_ns, c->base_ns);

	t = clamp_time(t, a->is_lying ? pick(c, 300 * MS) : a->lag_ns + a->disorder_ns);
	merge_watermark(c->o.m, i, t);
	if (t > c->o.s[i].mark_ns)
		c->o.s[i].mark_ns = t;
}

/* What a caller who knows the clock would say; seldom less than what has been seen. */
static void
set_limit(struct scenario *c, uint32_t i)
{
	uint64_t t = model_add(c->now_ns, c->base_ns);

	t = pick(c, 8) == 0 ? clamp_time(t, pick(c, 100 * MS))
			    : model_add(t, pick(c, 300 * MS));
	merge_set_limit(c->o.m, i, t);
	c->o.s[i].limit_ns = t;
}

static void
act(struct scenario *c, uint32_t i)
{
	struct actor *a = &c->actors[i];
	struct savefile_record r;

	if (!c->o.s[i].is_in) {
		if (pick(c, 4) == 0)
			start_source(c, i);
		return;
	}
	if (a->has_open && pick(c, 3) > 0) {
		commit(c, i);
		return;
	}
	if (pick(c, 60) == 0) {
		end_source(c, i);
		return;
	}
	if (pick(c, 3) == 0)
		say_watermark(c, i);
	if (pick(c, 4) == 0)
		set_limit(c, i);
	if (a->has_open || pick(c, 8) < a->silence)
		return;
	if (pick(c, 2) == 0) {
		read_source(c, i);
		return;
	}
	r = some_record(c, i);
	insist(c, i, &r);
	if (r.time_ns > a->newest_ns)
		a->newest_ns = r.time_ns;
}

static void
take_spare(struct scenario *c)
{
	uint32_t spare = merge_spare_memory(c->o.m);
	struct merge_out out = {.source = spare};
	bool may_refuse = c->may_refuse;

	if (spare == MODEL_NONE)
		return;
	if (c->o.s[spare].cap <= MERGE_QUEUE_FIRST || model_held(&c->o, spare) > 0)
		model_fail(&c->o, "spares what is used");
	c->may_refuse = false;
	give_memory(c, &out);
	c->may_refuse = may_refuse;
}

static void
draw_actor(struct scenario *c, struct actor *a)
{
	static const uint64_t lags[] = {0, 10, 2 * MS, 50 * MS, 400 * MS, 3000ull * MS};
	static const uint64_t disorders[] = {0, 0, 3, MS, 4 * MS, 30 * MS, 500 * MS};

	*a = (struct actor){.lag_ns = lags[pick(c, 6)],
			    .disorder_ns = disorders[pick(c, 7)],
			    .silence = (uint32_t)pick(c, 9),
			    .wildness = (uint32_t)(pick(c, 3) == 0 ? pick(c, 30) : 0),
			    .is_lying = pick(c, 4) == 0};
}

static void
draw(struct scenario *c, uint64_t seed, struct merge_options *options)
{
	static const uint64_t bases[] = {0, 300 * MS, EPOCH, UINT64_MAX - 20 * MS};
	static const uint64_t steps[] = {5, MS, 10 * MS, 100 * MS};
	static const uint64_t hold_backs[] = {0, 1, 20 * MS, MERGE_HOLD_BACK_NS};
	static const uint64_t bounds[] = {0, 200, 2000, 20000, 1 << 20};
	static const uint32_t caplens[] = {0, 30, 100, 300};

	c->rng = seed;
	c->now_ns = pick(c, 3) == 0 ? 0 : EPOCH + pick(c, MS);
	c->base_ns = bases[pick(c, 4)];
	c->step_ns = steps[pick(c, 4)];
	c->caplen = caplens[pick(c, 4)];
	c->may_refuse = pick(c, 4) == 0;
	c->n_arrivals = 0;
	c->reader_newest_ns = c->reader_late = 0;
	c->given_bytes = NULL;
	c->given_source = MODEL_NONE;
	*options =
	    (struct merge_options){.hold_back_ns = hold_backs[pick(c, 4)],
				   .is_auto = pick(c, 3) == 0,
				   .slack_ns = pick(c, 3) == 0 ? 0 : MERGE_SLACK_NS,
				   .buffer_bytes = bounds[pick(c, 5)]};
}

/* The end: all sources end, everything comes out. */
static void
finish(struct scenario *c)
{
	uint64_t late = 0;

	for (uint32_t i = 0; i < c->o.n_sources; i++)
		if (c->o.s[i].is_in)
			end_source(c, i);
	for (uint32_t i = 0; i < 2 * MODEL_RECORDS && !is_failed(c); i++)
		if (step(c) == MERGE_DONE)
			break;
	if (!is_failed(c) && model_oldest(&c->o) != NULL)
		model_fail(&c->o, "keeps records for ever");
	model_check_counts(&c->o);
	for (uint32_t i = 0; i < c->o.n_sources; i++)
		late += merge_counts(c->o.m, i)->late;
	model_equal(&c->o, "late", late, c->reader_late);
}

static void
play(struct scenario *c, uint64_t seed, uint32_t turns)
{
	struct merge_options options;
	uint32_t k = 1 + (uint32_t)(seed % MODEL_SOURCES);
	void *mem = malloc(merge_bytes(k));

	draw(c, seed, &options);
	memset(c->memory, 0, sizeof(c->memory));
	model_init(&c->o, merge_new(mem, k, &options), k, &options);
	for (uint32_t i = 0; i < k; i++) {
		draw_actor(c, &c->actors[i]);
		if (pick(c, 4) > 0)
			start_source(c, i);
	}
	for (uint32_t i = 0; i < turns && !is_failed(c) && c->o.n < MODEL_RECORDS - 64;
	     i++) {
		act(c, (uint32_t)pick(c, k));
		if (pick(c, 3) == 0)
			c->now_ns = model_add(c->now_ns, pick(c, c->step_ns));
		if (pick(c, 2) == 0)
			drain(c);
		else if (pick(c, 2) == 0)
			step(c);
		if (pick(c, 16) == 0)
			take_spare(c);
	}
	finish(c);
	for (uint32_t i = 0; i < k; i++)
		free(c->memory[i]);
	free(mem);
}

/* TEST_SCENARIOS runs more or fewer, TEST_SEED another lot. */
static uint32_t
scenarios(uint32_t n)
{
	const char *given = getenv("TEST_SCENARIOS");

	return given != NULL ? (uint32_t)strtoul(given, NULL, 10) : n;
}

static void
random_scenarios_follow_the_rule(void **state)
{
	static struct scenario c;
	uint64_t rng = rng_seed("merge_test: scenarios");
	uint32_t n = scenarios(SCENARIOS);
	struct merge_counts sum = {0};
	uint64_t n_files_ahead = 0;

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t seed = i == 0 ? rng : rng_next(&rng);

		play(&c, seed, 20 + (uint32_t)(seed >> 32) % 160);
		if (is_failed(&c))
			fail_msg("scenario TEST_SEED=%llu TEST_SCENARIOS=1: %s",
				 (unsigned long long)seed, c.o.error);
		for (uint32_t j = 0; j < c.o.n_sources; j++) {
			sum.written += c.o.s[j].counts.written;
			sum.late += c.o.s[j].counts.late;
			sum.ahead += c.o.s[j].counts.ahead;
			n_files_ahead += c.o.s[j].is_file ? c.o.s[j].counts.ahead : 0;
			sum.forced += c.o.s[j].counts.forced;
			sum.held_back += c.o.s[j].counts.held_back;
		}
	}
	fprintf(stderr,
		"%u scenarios: %llu records, %llu late, %llu ahead (%llu of files), "
		"%llu forced, %llu held back\n",
		n, (unsigned long long)sum.written, (unsigned long long)sum.late,
		(unsigned long long)sum.ahead, (unsigned long long)n_files_ahead,
		(unsigned long long)sum.forced, (unsigned long long)sum.held_back);
}

/*
 * Where every promise is kept: k sources with explicit watermarks, each message under
 * way for up to 40 ms, the hold-back longer than anything that can be missing.
 */
#define TRAVEL_NS   (40 * MS)
#define MARGIN_NS   (10 * MS)
#define MESSAGES    24
#define HONEST_TURN (6 * MS)

struct message {
	uint64_t arrival_ns;
	struct savefile_record r;
	bool is_watermark;
};

struct honest {
	struct message messages[MESSAGES];
	uint32_t n;
	uint32_t next;
};

/* Record times lag the moment they are sent by up to the margin: disorder. */
static void
draw_honest(struct scenario *c, struct honest *h)
{
	uint64_t now = EPOCH + pick(c, 10 * MS);
	uint64_t arrival = 0;
	uint32_t quiet = (uint32_t)pick(c, 4);

	for (h->n = 0, h->next = 0; h->n < MESSAGES; h->n++) {
		struct message *msg = &h->messages[h->n];
		uint64_t at;

		now += pick(c, HONEST_TURN);
		at = now + pick(c, TRAVEL_NS);
		arrival = at > arrival ? at : arrival;
		*msg = (struct message){.arrival_ns = arrival};
		msg->is_watermark = h->n % 4 == 3 || pick(c, 4) < quiet;
		msg->r.time_ns = now - MARGIN_NS;
		if (!msg->is_watermark)
			msg->r.time_ns +=
			    pick(c, 2) == 0 ? pick(c, MARGIN_NS) : MARGIN_NS / 2;
		msg->r.time_ns &= ~(uint64_t)0xffff; /* equal times are common */
		msg->r.caplen = (uint32_t)pick(c, 40);
	}
}

static uint32_t
next_sender(const struct honest *h, uint32_t k)
{
	uint32_t best = MODEL_NONE;

	for (uint32_t i = 0; i < k; i++)
		if (h[i].next < h[i].n &&
		    (best == MODEL_NONE || h[i].messages[h[i].next].arrival_ns <
					       h[best].messages[h[best].next].arrival_ns))
			best = i;
	return best;
}

struct sorted {
	uint64_t time_ns;
	uint32_t source;
	uint32_t arrival;
};

static int
compare_sorted(const void *pa, const void *pb)
{
	const struct sorted *a = pa;
	const struct sorted *b = pb;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return a->arrival < b->arrival ? -1 : 1;
}

struct collected {
	uint32_t out[MODEL_SOURCES * MESSAGES];
	uint32_t n_in;
	uint32_t n_out;
};

static void
collect(struct scenario *c, struct collected *all)
{
	struct merge_out out;
	size_t old_bytes;

	for (;;) {
		switch (merge_next(c->o.m, c->now_ns, &out)) {
		case MERGE_RECORD:
			all->out[all->n_out++] = out.record.interface_id;
			continue;
		case MERGE_GROW:
			c->memory[out.source] = malloc(out.bytes);
			free(merge_set_memory(c->o.m, out.source, c->memory[out.source],
					      out.bytes, &old_bytes));
			continue;
		case MERGE_WAIT:
		case MERGE_DONE:
			return;
		}
	}
}

static void
say(struct scenario *c, uint32_t i, struct message *msg, struct collected *all,
    struct sorted *want)
{
	uint8_t *bytes;

	if (msg->is_watermark) {
		merge_watermark(c->o.m, i, msg->r.time_ns);
		return;
	}
	want[all->n_in] = (struct sorted){msg->r.time_ns, i, all->n_in};
	msg->r.interface_id = all->n_in++;
	while (merge_begin(c->o.m, i, &msg->r, c->now_ns, &bytes) != MERGE_BEGUN)
		collect(c, all);
	model_fill(bytes, &msg->r);
	merge_commit(c->o.m, i);
}

static bool
play_honest(struct scenario *c, uint64_t seed)
{
	static struct honest h[MODEL_SOURCES];
	struct merge_options options = {.hold_back_ns = MERGE_HOLD_BACK_NS,
					.slack_ns = MERGE_SLACK_NS,
					.buffer_bytes = 1 << 20};
	uint32_t k = 1 + (uint32_t)(seed % MODEL_SOURCES);
	void *mem = malloc(merge_bytes(k));
	struct collected all = {.n_in = 0};
	struct sorted want[MODEL_SOURCES * MESSAGES];
	bool is_right = true;
	uint32_t i;

	c->rng = seed;
	c->o.m = merge_new(mem, k, &options);
	memset(c->memory, 0, sizeof(c->memory));
	for (i = 0; i < k; i++) {
		merge_start(c->o.m, i, pick(c, 3) == 0 ? MERGE_FILE : MERGE_LIVE, true,
			    EPOCH);
		draw_honest(c, &h[i]);
	}
	while ((i = next_sender(h, k)) != MODEL_NONE) {
		c->now_ns = h[i].messages[h[i].next].arrival_ns;
		say(c, i, &h[i].messages[h[i].next++], &all, want);
		if (h[i].next == h[i].n)
			merge_end(c->o.m, i);
		collect(c, &all);
	}
	collect(c, &all);
	qsort(want, all.n_in, sizeof(want[0]), compare_sorted);
	for (i = 0; i < all.n_in; i++)
		is_right = is_right && all.out[i] == want[i].arrival;
	is_right = is_right && all.n_out == all.n_in;
	for (i = 0; i < k; i++) {
		const struct merge_counts *n = merge_counts(c->o.m, i);

		is_right = is_right && n->late + n->forced + n->held_back == 0;
		free(c->memory[i]);
	}
	free(mem);
	return is_right;
}

static void
kept_promises_give_a_stable_sort(void **state)
{
	static struct scenario c;
	uint64_t rng = rng_seed("merge_test: sorted");
	uint32_t n = scenarios(SORTED);

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t seed = i == 0 ? rng : rng_next(&rng);

		if (!play_honest(&c, seed))
			fail_msg("not a stable sort: TEST_SEED=%llu TEST_SCENARIOS=1",
				 (unsigned long long)seed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_scenarios_follow_the_rule),
	    cmocka_unit_test(kept_promises_give_a_stable_sort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
