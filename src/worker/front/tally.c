/* Ended captures' counts in a ring, and as JSON. */
#include "worker/front/tally.h"

#include <string.h>

struct tally
tally_of(const struct record *r)
{
	struct tally t = {.end = r->end, .is_exact = r->is_counted, .counts = r->counts};

	memcpy(t.id, r->request.id, sizeof(t.id));
	return t;
}

void
tally_add(struct tallies *all, const struct record *r, uint64_t now_ns)
{
	struct tally *t = &all->list[all->n % TALLY_MAX];

	if (!r->request.has_id)
		return;
	*t = tally_of(r);
	t->ended_ns = now_ns;
	all->n++;
}

bool
tally_is_id(const uint8_t a[static REQUEST_ID_SIZE],
	    const uint8_t b[static REQUEST_ID_SIZE])
{
	unsigned different = 0;

	for (size_t i = 0; i < REQUEST_ID_SIZE; i++)
		different |= (unsigned)(a[i] ^ b[i]);
	return different == 0;
}

const struct tally *
tally_find(const struct tallies *all, const uint8_t id[static REQUEST_ID_SIZE],
	   uint64_t now_ns)
{
	const struct tally *found = NULL;

	for (size_t i = 0; i < TALLY_MAX; i++) {
		const struct tally *t = &all->list[i];

		if (tally_is_id(t->id, id) && t->ended_ns != 0 &&
		    now_ns - t->ended_ns < TALLY_KEPT_NS)
			found = t;
	}
	return found;
}

static unsigned
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - (unsigned)'0';
	return c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10 : 16;
}

bool
tally_parse_id(struct span s, uint8_t id[static REQUEST_ID_SIZE])
{
	if (s.n != (size_t)2 * REQUEST_ID_SIZE)
		return false;
	for (size_t i = 0; i < REQUEST_ID_SIZE; i++) {
		unsigned high = digit(s.p[2 * i]);
		unsigned low = digit(s.p[2 * i + 1]);

		if (high > 15 || low > 15)
			return false;
		id[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void
tally_put_json(struct text *t, const struct tally *tally)
{
	bool has_ended = tally->is_exact || tally->ended_ns != 0;

	text_str(t, has_ended ? "{\"state\":\"ended\"" : "{\"state\":\"running\"");
	text_str(t, ",\"counts\":");
	text_str(t, tally->is_exact ? "\"exact\"" : "\"at_least\"");
	record_put_counts(t, &tally->counts, "captured");
	if (has_ended) {
		text_str(t, ",\"end\":\"");
		text_str(t, slots_end_kind(tally->end));
		text_str(t, "\"");
	}
	text_str(t, "}\n");
}
