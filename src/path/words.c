/* Points, flows and delays in words (RFC 5952 addresses). */
#include "path/words.h"

#include "base/bytes.h"

#define TCP   6
#define UDP   17
#define ICMP  1
#define ICMP6 58

const char *const path_words_blind[PATH_BLIND_N] = {
    [PATH_BLIND_DROPS] = "kernel drops",  [PATH_BLIND_GAP] = "gap",
    [PATH_BLIND_START] = "not started",	  [PATH_BLIND_OPEN] = "open",
    [PATH_BLIND_MEMORY] = "memory",	  [PATH_BLIND_SHORT] = "snaplen",
    [PATH_BLIND_MARKS] = "no watermarks", [PATH_BLIND_CLOCK] = "clock unknown",
    [PATH_BLIND_FILTER] = "other filter", [PATH_BLIND_ROUTE] = "route not proved",
};

const char *const path_words_unjudged[PATH_UNJUDGED_N] = {
    [PATH_UNJUDGED_MULTICAST] = "multicast",
    [PATH_UNJUDGED_GSO] = "cut by the sender (UDP GSO)",
    [PATH_UNJUDGED_RANGES] = "too many TCP ranges",
    [PATH_UNJUDGED_POINTS] = "too many points",
    [PATH_UNJUDGED_MEMORY] = "memory",
    [PATH_UNJUDGED_SNAPLEN] = "snaplen",
};

/* A target's name stands before the last slash of its points' names. */
static struct span
target_of(const struct path *p, uint16_t source)
{
	struct span name = {NULL, 0};

	for (uint32_t i = 0; i < p->n_points && name.n == 0; i++)
		if (p->points[i].source == source)
			name = p->points[i].name;
	return span_of(name.p, span_find(name, '/'));
}

void
path_words_point(struct text *t, const struct path *p, uint16_t point)
{
	text_utf8(t, point & PATH_TARGET ? target_of(p, (uint16_t)(point & ~PATH_TARGET))
					 : p->points[point].name);
}

static void
put_ip4(struct text *t, const uint8_t *a)
{
	for (int i = 0; i < 4; i++) {
		text_str(t, i > 0 ? "." : "");
		text_u64(t, a[i]);
	}
}

static void
put_group(struct text *t, unsigned v)
{
	bool is_begun = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned digit = v >> shift & 15;

		is_begun |= digit != 0 || shift == 0;
		if (is_begun)
			text_char(t, "0123456789abcdef"[digit]);
	}
}

static void
put_ip6(struct text *t, const uint8_t *a)
{
	int best = -1;
	int length = 1;

	for (int from = 0; from < 8; from++) {
		int n = 0;

		while (from + n < 8 && bytes_be16(a + 2 * (from + n)) == 0)
			n++;
		if (n > length) {
			best = from;
			length = n;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			text_str(t, "::");
			i += length - 1;
			continue;
		}
		if (i > 0 && (best < 0 || i != best + length))
			text_char(t, ':');
		put_group(t, bytes_be16(a + 2 * i));
	}
}

void
path_words_end(struct text *t, const struct path_tuple *tuple, int end)
{
	bool has_port =
	    !tuple->is_fragment && (tuple->protocol == TCP || tuple->protocol == UDP);
	bool is_6 = tuple->version == 6;

	text_str(t, is_6 && has_port ? "[" : "");
	if (is_6)
		put_ip6(t, tuple->address[end]);
	else
		put_ip4(t, tuple->address[end]);
	text_str(t, is_6 && has_port ? "]" : "");
	if (!has_port)
		return;
	text_char(t, ':');
	text_u64(t, tuple->port[end]);
}

void
path_words_flow(struct text *t, const struct path_tuple *tuple)
{
	path_words_end(t, tuple, 0);
	text_str(t, " > ");
	path_words_end(t, tuple, 1);
}

void
path_words_protocol(struct text *t, const struct path_tuple *tuple)
{
	if (tuple->is_fragment) {
		text_str(t, "fragments");
	} else if (tuple->protocol == TCP) {
		text_str(t, "tcp");
	} else if (tuple->protocol == UDP) {
		text_str(t, "udp");
	} else if (tuple->protocol == ICMP || tuple->protocol == ICMP6) {
		text_str(t, tuple->protocol == ICMP ? "icmp" : "icmp6");
	} else {
		text_str(t, "protocol ");
		text_u64(t, tuple->protocol);
	}
}

void
path_words_ms(struct text *t, int64_t ns)
{
	uint64_t us = (uint64_t)(ns < 0 ? -ns : ns) / 1000;

	text_str(t, ns <= -1000 ? "-" : "");
	if (us < 1000)
		text_fixed(t, us, 3);
	else if (us < 10000)
		text_fixed(t, us / 10, 2);
	else if (us < 100000)
		text_fixed(t, us / 100, 1);
	else
		text_u64(t, us / 1000);
}

static bool
is_other_way(const struct path *p, uint16_t a, uint16_t b)
{
	const struct path_point *x = &p->points[a];
	const struct path_point *y = &p->points[b];

	return x->source == y->source && span_eq(x->name, y->name) &&
	       x->direction != y->direction;
}

bool
path_words_both_ways(const struct path *p, const struct path_segment *s, int64_t *sum_ns)
{
	if ((s->to & PATH_TARGET) || !s->delay || s->delay->n == 0)
		return false;
	for (uint32_t i = 0; i < p->classes.n_segments; i++) {
		const struct path_segment *o = &p->classes.segments[i];

		if ((o->to & PATH_TARGET) || !o->delay || o->delay->n == 0 ||
		    !is_other_way(p, s->from, o->to) || !is_other_way(p, s->to, o->from))
			continue;
		*sum_ns = path_figures_at(s->delay, 500) + path_figures_at(o->delay, 500);
		return true;
	}
	return false;
}
