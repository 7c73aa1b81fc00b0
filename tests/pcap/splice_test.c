/*
 * Splicing: the joint program, as Linux runs it on a packet without its link header, must
 * say what libpcap's interpreter says of the same filters on the packet with one.
 */
#include "pcap/splice.h"
#include "support/check.h"

#include <stdio.h>
#include <string.h>

#include "support/bpf_model.h"
#include "support/edge.h"
#include "support/rng.h"

struct vector {
	const char *filter;
	uint32_t cooked_size;
	bool is_optimized;
	struct splice_insn *insns;
	size_t n;
};

#include "splice_vectors.inc"

#define PACKETS	 500
#define SNAPLEN	 262144
#define LOOPBACK 772

static struct splice_insn joint_mem[SPLICE_MAX];

static const char *
name_of(enum splice_result result)
{
	static const char *const names[] = {"OK", "TOO_LONG", "BACKWARD", "BAD"};

	return names[result];
}

struct joining {
	const struct vector *user; /* NULL: no filter */
	const struct vector *excludes[3];
	size_t n_excludes;
	struct splice_select select;
};

static enum splice_result
join(const struct joining *j, struct splice_program *joint)
{
	struct splice_program excludes[3];
	struct splice_program user = {NULL, 0};

	for (size_t i = 0; i < j->n_excludes; i++)
		excludes[i] =
		    (struct splice_program){j->excludes[i]->insns, j->excludes[i]->n};
	if (j->user != NULL)
		user = (struct splice_program){j->user->insns, j->user->n};
	joint->insns = joint_mem;
	joint->n = 0;
	return splice_join(&j->select, excludes, j->n_excludes, &user, joint);
}

/* What the packet should give, by the definition of select and libpcap's interpreter. */
static uint32_t
expected(const struct joining *j, struct model_packet *p)
{
	const struct splice_select *s = &j->select;
	struct span cooked = model_cook(p, s->cooked_size);
	bool is_outgoing = p->pkttype == 4; /* linux/if_packet.h */
	bool is_wanted = s->ifindexes == NULL;
	uint32_t result = UINT32_MAX;

	for (size_t i = 0; i < s->n_ifindexes; i++)
		is_wanted = is_wanted || s->ifindexes[i] == p->ifindex;
	if (!is_wanted || (s->is_in && is_outgoing) || (s->is_out && !is_outgoing))
		return 0;
	if (!s->has_loopback_copies && is_outgoing && p->hatype == LOOPBACK)
		return 0;
	for (size_t i = 0; i < j->n_excludes; i++) {
		struct splice_program e = {j->excludes[i]->insns, j->excludes[i]->n};

		if (model_run_libpcap(&e, p, cooked) != 0)
			return 0;
	}
	if (j->user != NULL) {
		struct splice_program u = {j->user->insns, j->user->n};

		result = model_run_libpcap(&u, p, cooked);
	}
	return result < s->snaplen - s->cooked_size ? result
						    : s->snaplen - s->cooked_size;
}

static void
fail_joining(const struct joining *j, uint64_t seed, size_t packet, uint32_t got,
	     uint32_t want)
{
	fprintf(stderr, "user: %s\n", j->user == NULL ? "-" : j->user->filter);
	for (size_t i = 0; i < j->n_excludes; i++)
		fprintf(stderr, "exclude: %s\n", j->excludes[i]->filter);
	fprintf(stderr, "cooked_size %u, seed %llu, packet %zu: %u, not %u\n",
		j->select.cooked_size, (unsigned long long)seed, packet, got, want);
	fail();
}

/* Returns how many packets passed. */
static size_t
compare(const struct joining *j, uint64_t seed)
{
	struct splice_program joint;
	struct model_packet p;
	uint64_t rng = seed;
	size_t passed = 0;
	const char *why;

	if (join(j, &joint) != SPLICE_OK)
		fail_joining(j, seed, 0, 0, 0);
	why = model_check_linux(&joint);
	if (why != NULL)
		fprintf(stderr, "Linux refuses: %s\n", why);
	assert_null(why);
	for (size_t i = 0; i < PACKETS; i++) {
		uint32_t want;
		uint32_t got;

		model_packet(&rng, i, &p);
		want = expected(j, &p);
		got = model_run_linux(&joint, &p, p.payload);
		if (got != want)
			fail_joining(j, seed, i, got, want);
		passed += got != 0;
	}
	return passed;
}

static bool
is_protochain(const struct vector *v)
{
	return strstr(v->filter, "protochain") != NULL;
}

static void
a_users_filter_says_what_libpcap_says(void **state)
{
	uint64_t seed = rng_seed("splice_user");
	size_t n_both = 0;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(vectors); i++) {
		struct joining j = {.user = &vectors[i],
				    .select = {.has_loopback_copies = true,
					       .cooked_size = vectors[i].cooked_size,
					       .snaplen = SNAPLEN}};
		struct splice_program joint;
		size_t passed;

		if (is_protochain(&vectors[i])) {
			assert_string_equal(name_of(join(&j, &joint)), "BACKWARD");
			continue;
		}
		passed = compare(&j, seed);
		n_both += passed > 0 && passed < PACKETS;
	}
	/* The packets tell nearly all filters from "everything" and "nothing". */
	assert_true(n_both >= CHECK_COUNT(vectors) * 9 / 10);
}

/* Not those that divide by a variable, nor what guards make too long. */
static bool
is_exclude(const struct vector *v, uint32_t cooked_size)
{
	return v->cooked_size == cooked_size && !is_protochain(v) &&
	       strchr(v->filter, '%') == NULL && v->n < 1000;
}

static const struct vector *
any_exclude(uint64_t *rng, uint32_t cooked_size)
{
	const struct vector *v;

	do
		v = &vectors[rng_below(rng, CHECK_COUNT(vectors))];
	while (!is_exclude(v, cooked_size));
	return v;
}

static void
what_an_exclude_matches_does_not_pass(void **state)
{
	uint64_t seed = rng_seed("splice_excludes");
	uint64_t rng = seed;
	size_t n_passed = 0;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		uint32_t cooked_size = i % 2 ? 16 : 20;
		uint32_t ifindexes[] = {1, 3};
		struct joining j = {
		    .select = {.cooked_size = cooked_size,
			       .snaplen = (uint32_t)(21 + rng_below(&rng, 300)),
			       .has_loopback_copies = rng_below(&rng, 2),
			       .is_in = rng_below(&rng, 4) == 0}};

		j.select.is_out = !j.select.is_in && rng_below(&rng, 4) == 0;
		j.n_excludes = 1 + rng_below(&rng, 3);
		for (size_t e = 0; e < j.n_excludes; e++)
			j.excludes[e] = any_exclude(&rng, cooked_size);
		j.user = rng_below(&rng, 3) ? any_exclude(&rng, cooked_size) : NULL;
		if (rng_below(&rng, 3) == 0) {
			j.select.ifindexes = ifindexes;
			j.select.n_ifindexes = 2;
		}
		n_passed += compare(&j, seed + i) > 0;
	}
	assert_true(n_passed > 300);
}

/* Each exclude alone: also where a packet is too short for what it reads. */
static void
a_packet_too_short_for_an_exclude_passes_it(void **state)
{
	uint64_t seed = rng_seed("splice_each_exclude");

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(vectors); i++) {
		struct joining j = {.excludes = {&vectors[i]},
				    .n_excludes = 1,
				    .select = {.has_loopback_copies = true,
					       .cooked_size = vectors[i].cooked_size,
					       .snaplen = SNAPLEN}};

		if (is_exclude(&vectors[i], vectors[i].cooked_size))
			compare(&j, seed);
	}
}

static void
only_the_chosen_interfaces_pass(void **state)
{
	static const size_t counts[] = {0,   1,	  2,   254,  255, 256,
					257, 510, 511, 1000, 3000};
	static uint32_t ifindexes[3000];
	struct splice_program joint;
	struct joining j = {.select = {.ifindexes = ifindexes,
				       .has_loopback_copies = true,
				       .cooked_size = 20,
				       .snaplen = SNAPLEN}};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(ifindexes); i++)
		ifindexes[i] = (uint32_t)(2 * i + 1);
	for (size_t c = 0; c < CHECK_COUNT(counts); c++) {
		j.select.n_ifindexes = counts[c];
		assert_int_equal(join(&j, &joint), SPLICE_OK);
		assert_null(model_check_linux(&joint));
		for (uint32_t index = 0; index < 6002; index++) {
			struct model_packet p = {.ifindex = index};
			bool is_in = index % 2 == 1 && index / 2 < counts[c];

			assert_int_equal(model_run_linux(&joint, &p, p.payload) != 0,
					 is_in);
		}
	}
}

/* The outer tag, beside the packet or in its link header. */
static void
the_outer_tag_is_tested_wherever_it_stands(void **state)
{
	static const uint8_t link[18] = {[12] = 0x81, [14] = 0xa0, [15] = 7};
	static const struct {
		bool has_tag;
		uint16_t tag, protocol;
		uint32_t id; /* what it is in, SPLICE_VLAN_ANY: in none */
	} rows[] = {
	    {false, 0, 0x0800, SPLICE_VLAN_ANY},
	    {true, 0, 0x0800, 0},
	    {true, 0xf007, 0x0800, 7},
	    {true, 0xffff, 0x86dd, 4095},
	    {true, 5, 0x8100, 5}, /* of two tags the outer one */
	    {false, 0, 0x8100, 7},
	    {false, 0, 0x88a8, 7},
	    {false, 0, 0x9100, 7},
	};
	static const uint32_t ids[] = {0, 5, 7, 4095, SPLICE_VLAN_ANY};
	struct joining j = {.select = {.has_loopback_copies = true,
				       .is_vlan = true,
				       .cooked_size = 20,
				       .snaplen = SNAPLEN}};
	struct splice_program joint;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(ids); i++) {
		j.select.vlan_id = ids[i];
		assert_int_equal(join(&j, &joint), SPLICE_OK);
		assert_null(model_check_linux(&joint));
		for (size_t r = 0; r < CHECK_COUNT(rows); r++) {
			struct model_packet p = {.has_tag = rows[r].has_tag,
						 .tag = rows[r].tag,
						 .protocol = rows[r].protocol,
						 .link = span_of(link, sizeof(link))};
			bool is_in = rows[r].id != SPLICE_VLAN_ANY &&
				     (ids[i] == SPLICE_VLAN_ANY || ids[i] == rows[r].id);

			assert_int_equal(model_run_linux(&joint, &p, p.payload) != 0,
					 is_in);
			p.link.n = 0; /* no link header: the packet is no match */
			if (ids[i] != SPLICE_VLAN_ANY && !p.has_tag)
				assert_int_equal(model_run_linux(&joint, &p, p.payload),
						 0);
		}
	}
}

/* An instruction that is no branch. */
#define INSN(code, k)                   \
	{                               \
		code, 0, 0, (uint32_t)k \
	}

/* Short programs by hand: what is refused, and what libpcap does not write. */
static void
programs_no_kernel_takes_are_refused(void **state)
{
	static const struct {
		int line;
		uint32_t cooked_size;
		bool is_exclude;
		const char *result;
		struct splice_insn insns[5];
		size_t n;
	} rows[] = {
	    /* clang-format off */
	    {__LINE__, 16, false, "OK", {INSN(0x06, 1)}, 1},
	    {__LINE__, 16, true, "OK", {INSN(0x06, 1)}, 1},
	    {__LINE__, 16, true, "BAD", {INSN(0x06, 1)}, 0},
	    {__LINE__, 16, false, "BAD", {INSN(0x16, 0)}, 1},
	    {__LINE__, 16, true, "BAD", {INSN(0x16, 0)}, 1},
	    {__LINE__, 16, false, "BAD", {INSN(0x0e, 0)}, 1},
	    {__LINE__, 16, false, "BAD", {INSN(0x28, 14)}, 1},
	    {__LINE__, 16, false, "OK", {INSN(0x28, 14), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "OK", {INSN(0x28, 2), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "BAD", {INSN(0x28, 4), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "BAD", {INSN(0x20, 0), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "BAD", {INSN(0x30, 1), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "BAD", {INSN(0x28, 15), INSN(0x06, 1)}, 2},
	    {__LINE__, 20, false, "BAD", {INSN(0x20, 0), INSN(0x06, 1)}, 2},
	    {__LINE__, 20, false, "OK", {INSN(0x20, 4), INSN(0x06, 1)}, 2},
	    {__LINE__, 20, false, "OK", {INSN(0x28, 8), INSN(0x06, 1)}, 2},
	    {__LINE__, 20, false, "BAD", {INSN(0x28, 10), INSN(0x06, 1)}, 2},
	    {__LINE__, 20, false, "BAD", {INSN(0xb1, 16), INSN(0x06, 1)}, 2},
	    {__LINE__, 0, false, "OK", {INSN(0x20, 0), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "BAD", {INSN(0x05, 1), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "OK", {INSN(0x05, 0), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "BACKWARD", {INSN(0x05, -2), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "BAD", {{0x15, 0, 1, 1}, INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "BAD", {{0x15, 1, 0, 1}, INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "BAD", {INSN(0x60, 16), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "BAD", {INSN(0xff, 0), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "BAD", {INSN(0xa05, 0), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "OK", {INSN(0x3c, 0), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, true, "BAD", {INSN(0x3c, 0), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, true, "BAD", {INSN(0x9c, 0), INSN(0x06, 1)}, 2},
	    /* The length through X, with A kept. */
	    {__LINE__, 20, false, "OK", {INSN(0x00, 24), INSN(0x81, 0), {0x3d, 1, 0, 0}, INSN(0x06, 0), INSN(0x06, 1)}, 5},
	    {__LINE__, 20, false, "OK", {INSN(0x81, 0), INSN(0x87, 0), INSN(0x15, 60), INSN(0x06, 5)}, 4},
	    /* Offsets that no packet has. */
	    {__LINE__, 16, true, "OK", {INSN(0x20, 0x80000010), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "OK", {INSN(0x20, 0xffefffff), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, true, "OK", {INSN(0x50, 0xfffff004), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, false, "OK", {INSN(0xb1, 0xfffff004), INSN(0x06, 1)}, 2},
	    /* The last byte that a guarded load reads. */
	    {__LINE__, 16, true, "OK", {INSN(0xb1, 26), INSN(0x06, 1)}, 2},
	    {__LINE__, 16, true, "OK", {INSN(0xb1, 46), INSN(0x06, 1)}, 2},
	    {__LINE__, 20, true, "OK", {INSN(0xb1, 40), INSN(0x06, 1)}, 2},
	    {__LINE__, 20, true, "OK", {INSN(0xb1, 60), INSN(0x06, 1)}, 2},
	    /* Fields of the header at a computed offset. */
	    {__LINE__, 16, true, "OK", {INSN(0x01, 0), INSN(0x48, 0), {0x15, 0, 1, 4}, INSN(0x06, 1), INSN(0x06, 0)}, 5},
	    {__LINE__, 16, false, "OK", {INSN(0x01, 2), INSN(0x48, 0), {0x15, 0, 1, 1}, INSN(0x06, 1), INSN(0x06, 0)}, 5},
	    {__LINE__, 16, true, "OK", {INSN(0x01, 13), INSN(0x48, 1), {0x15, 0, 1, 2048}, INSN(0x06, 1), INSN(0x06, 0)}, 5},
	    {__LINE__, 20, false, "OK", {INSN(0x01, 0), INSN(0x48, 0), {0x15, 0, 1, 2048}, INSN(0x06, 1), INSN(0x06, 0)}, 5},
	    {__LINE__, 20, true, "OK", {INSN(0x01, 3), INSN(0x40, 1), {0x15, 0, 1, 2}, INSN(0x06, 1), INSN(0x06, 0)}, 5},
	    {__LINE__, 20, true, "OK", {INSN(0x01, 6), INSN(0x48, 2), {0x15, 0, 1, 772}, INSN(0x06, 1), INSN(0x06, 0)}, 5},
	    {__LINE__, 20, false, "OK", {INSN(0x01, 10), INSN(0x50, 0), {0x15, 0, 1, 4}, INSN(0x06, 1), INSN(0x06, 0)}, 5},
	    /* An offset that is all in X. */
	    {__LINE__, 20, true, "OK", {INSN(0x01, 24), INSN(0x50, 0), {0x45, 0, 0, 1}, INSN(0x06, 1)}, 4},
	    {__LINE__, 16, true, "OK", {INSN(0x01, 20), INSN(0x48, 0), {0x45, 0, 0, 1}, INSN(0x06, 1)}, 4},
	    {__LINE__, 16, true, "OK", {INSN(0xb1, 30), INSN(0x50, 17), INSN(0x06, 1)}, 3},
	    /* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct splice_insn *insns = (struct splice_insn *)(void *)edge_copy(
		    rows[i].insns, rows[i].n * sizeof(rows[i].insns[0]));
		struct vector v = {"by hand", rows[i].cooked_size, false, insns,
				   rows[i].n};
		struct joining j = {.select = {.has_loopback_copies = true,
					       .cooked_size = rows[i].cooked_size,
					       .snaplen = SNAPLEN}};
		struct splice_program joint;

		if (rows[i].is_exclude)
			j.excludes[j.n_excludes++] = &v;
		else
			j.user = &v;
		check_span(__FILE__, rows[i].line, span_of(insns, 0),
			   span_str(name_of(join(&j, &joint))), span_str(rows[i].result),
			   "result");
		if (strcmp(rows[i].result, "OK") == 0)
			compare(&j, 1 + i);
		edge_free((uint8_t *)insns);
	}
}

/*
 * Any instruction that libpcap may write, so that each kind of chunk stands before and
 * behind branches of any reach. X stays small: libpcap and Linux differ about sums beyond
 * 32 bits.
 */
static struct splice_insn
any_insn(uint64_t *rng, uint32_t cooked_size, size_t left)
{
	static const uint16_t loads[] = {0x30, 0x28, 0x20, 0x50, 0x48, 0x40, 0xb1};
	static const uint16_t branches[] = {0x15, 0x25, 0x35, 0x45, 0x1d, 0x3d};
	uint32_t k = (uint32_t)rng_below(rng, 70);
	size_t reach = left > 256 ? 256 : left;
	struct splice_insn insn = {0x04, 0, 0, k};

	switch (rng_below(rng, 10)) {
	case 0:
		return (struct splice_insn)INSN(loads[rng_below(rng, 7)],
						cooked_size + k);
	case 1:
		return (struct splice_insn)INSN(0x80, 0);
	case 2:
		return (struct splice_insn)INSN(0x01, k);
	case 3:
		return (struct splice_insn)INSN(0x28, cooked_size == 16 ? 14 : 0);
	case 4:
		insn.code = branches[rng_below(rng, 6)];
		insn.jt = (uint8_t)rng_below(rng, reach);
		insn.jf = (uint8_t)rng_below(rng, reach);
		return insn;
	case 5:
		if (rng_below(rng, 20) == 0)
			return (struct splice_insn)INSN(0x06, rng_below(rng, 2));
		return (struct splice_insn)INSN(0x05, rng_below(rng, reach));
	}
	return insn;
}

static void
any_program_says_what_libpcap_says(void **state)
{
	static struct splice_insn insns[700];
	uint64_t seed = rng_seed("splice_random");
	uint64_t rng = seed;

	(void)state;
	for (size_t i = 0; i < 1500; i++) {
		struct vector v = {"random", i % 2 ? 16 : 20, false, insns, 0};
		struct joining j = {.select = {.has_loopback_copies = true,
					       .cooked_size = v.cooked_size,
					       .snaplen = SNAPLEN}};

		v.n = 1 + rng_below(&rng, CHECK_COUNT(insns));
		for (size_t at = 0; at + 1 < v.n; at++)
			insns[at] = any_insn(&rng, v.cooked_size, v.n - at - 1);
		insns[v.n - 1] = (struct splice_insn)INSN(0x06, rng_below(&rng, 2));
		if (rng_below(&rng, 2))
			j.excludes[j.n_excludes++] = &v;
		else
			j.user = &v;
		compare(&j, seed + i);
	}
}

/* 4096 instructions are taken, one more is not. */
static void
a_program_of_4096_instructions_is_taken_and_no_longer_one(void **state)
{
	static struct splice_insn insns[SPLICE_MAX];
	struct vector v = {"long", 20, false, insns, SPLICE_MAX};
	struct joining j = {.user = &v,
			    .select = {.has_loopback_copies = true,
				       .cooked_size = 20,
				       .snaplen = SNAPLEN}};
	struct splice_program joint;

	(void)state;
	for (size_t i = 0; i < SPLICE_MAX; i++)
		insns[i] = (struct splice_insn)INSN(0x04, 1);
	insns[SPLICE_MAX - 1] = (struct splice_insn)INSN(0x06, 1);
	assert_int_equal(join(&j, &joint), SPLICE_OK);
	assert_int_equal(joint.n, SPLICE_MAX);
	j.select.is_in = true;
	assert_int_equal(join(&j, &joint), SPLICE_TOO_LONG);
	j.select.is_in = false;
	insns[0] = (struct splice_insn)INSN(0x80, 0);
	assert_int_equal(join(&j, &joint), SPLICE_TOO_LONG);
	v.n = SPLICE_MAX + 1;
	assert_int_equal(join(&j, &joint), SPLICE_TOO_LONG);
}

static void
a_match_keeps_the_snaplen(void **state)
{
	static const struct {
		int line;
		uint32_t cooked_size, snaplen, k, want;
	} rows[] = {
	    {__LINE__, 20, 262144, 262144, 262124},
	    {__LINE__, 16, 96, 262144, 80},
	    {__LINE__, 16, 96, 10, 10},
	    {__LINE__, 16, 17, 262144, 1},
	    {__LINE__, 16, 16, 262144, 1},
	    {__LINE__, 20, 1, 262144, 1},
	    {__LINE__, 0, 1, 262144, 1},
	    {__LINE__, 0, 96, UINT32_MAX, 96},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct splice_insn insn = INSN(0x06, rows[i].k);
		struct vector v = {"ret", rows[i].cooked_size, false, &insn, 1};
		struct joining j = {.user = &v,
				    .select = {.has_loopback_copies = true,
					       .cooked_size = rows[i].cooked_size,
					       .snaplen = rows[i].snaplen}};
		struct splice_program joint;

		assert_int_equal(join(&j, &joint), SPLICE_OK);
		check_u64(__FILE__, rows[i].line, span_str(""), joint.insns[0].k,
			  rows[i].want, "kept");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_users_filter_says_what_libpcap_says),
	    cmocka_unit_test(what_an_exclude_matches_does_not_pass),
	    cmocka_unit_test(a_packet_too_short_for_an_exclude_passes_it),
	    cmocka_unit_test(only_the_chosen_interfaces_pass),
	    cmocka_unit_test(the_outer_tag_is_tested_wherever_it_stands),
	    cmocka_unit_test(any_program_says_what_libpcap_says),
	    cmocka_unit_test(programs_no_kernel_takes_are_refused),
	    cmocka_unit_test(a_program_of_4096_instructions_is_taken_and_no_longer_one),
	    cmocka_unit_test(a_match_keeps_the_snaplen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
