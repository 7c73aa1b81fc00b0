/* The rhythm of a source with heartbeats. Must not know the order of records, other
 * sources, or whose clock a time is from. */
#include "merge/lumps.h"

void
lumps_note_bytes(struct lumps *l, uint64_t now_ns, uint64_t since_ns)
{
	uint64_t from_ns = l->heard_ns > since_ns ? l->heard_ns : since_ns;

	if (l->heard_ns > 0 && now_ns - from_ns > l->silence_ns)
		l->silence_ns = now_ns - from_ns;
	l->heard_ns = now_ns;
}

static void
insert(uint64_t pair[2], uint64_t pause_ns)
{
	if (pause_ns > pair[0]) {
		pair[1] = pair[0];
		pair[0] = pause_ns;
	} else if (pause_ns > pair[1]) {
		pair[1] = pause_ns;
	}
}

static void
remember(struct lumps *l, uint64_t pause_ns)
{
	uint64_t age_ns = l->heard_ns - l->slot_ns;

	if (age_ns >= LUMPS_MEMORY_NS) {
		for (unsigned i = 0; i < 2; i++) {
			l->pauses[1][i] =
			    age_ns < 2 * (uint64_t)LUMPS_MEMORY_NS ? l->pauses[0][i] : 0;
			l->pauses[0][i] = 0;
		}
		l->slot_ns = l->heard_ns;
	}
	if (pause_ns <= LUMPS_PAUSE_MAX_NS)
		insert(l->pauses[0], pause_ns);
}

/* The silence before the first lump is not known, but what it held back is. */
static void
note_first(struct lumps *l, uint64_t rise_ns, uint64_t fall_ns)
{
	if (l->has_risen)
		return;
	l->first_ns += fall_ns;
	l->has_risen = rise_ns > 0;
	if (l->has_risen)
		remember(l, l->first_ns);
}

static void
begin_lump(struct lumps *l)
{
	bool is_row = l->n_beats >= LUMPS_BEATS && l->n_steady <= LUMPS_STEADY_MAX;

	l->n_row = is_row ? l->n_row + 1 : 0;
	l->row_ns = is_row ? l->row_ns + l->silence_ns : 0;
	l->gap_ns = l->silence_ns;
	l->n_beats = 0;
	l->n_steady = 0;
}

void
lumps_note_beat(struct lumps *l, uint64_t time_ns)
{
	uint64_t elapsed_ns = l->heard_ns - l->beat_ns;
	uint64_t step_ns = time_ns - l->time_ns;
	uint64_t rise_ns = elapsed_ns > step_ns ? elapsed_ns - step_ns : 0;
	uint64_t fall_ns = step_ns - (elapsed_ns - rise_ns);
	uint64_t pause_ns = rise_ns < l->silence_ns ? rise_ns : l->silence_ns;
	bool is_prompt = l->silence_ns >= LUMPS_STEADY_NS && fall_ns <= LUMPS_STEADY_NS &&
			 rise_ns <= LUMPS_STEADY_NS;

	if (l->beat_ns > 0) {
		note_first(l, rise_ns, fall_ns);
		remember(l, pause_ns);
		if (pause_ns >= LUMPS_PAUSE_NS)
			begin_lump(l);
		else if (is_prompt)
			l->n_steady++;
	}
	l->n_beats++;
	l->silence_ns = 0;
	l->beat_ns = l->heard_ns;
	l->time_ns = time_ns;
}

uint64_t
lumps_pause_ns(const struct lumps *l)
{
	uint64_t pair[2] = {l->pauses[0][0], l->pauses[0][1]};

	insert(pair, l->pauses[1][0]);
	insert(pair, l->pauses[1][1]);
	return pair[1];
}

enum lumps_kind
lumps_kind(const struct lumps *l, uint64_t now_ns, uint64_t *gap_ns)
{
	uint64_t silence_ns = l->heard_ns > 0 ? now_ns - l->heard_ns : 0;
	bool is_steady = l->n_steady > LUMPS_STEADY_MAX;
	bool is_over = silence_ns >= LUMPS_PAUSE_NS && silence_ns >= 2 * l->gap_ns;

	*gap_ns = l->gap_ns;
	if (!is_steady && !is_over && l->n_row >= LUMPS_ROW && l->row_ns >= LUMPS_ROW_NS)
		return LUMPS_CERTAIN;
	if ((!is_steady && l->n_row > 0) || silence_ns >= LUMPS_PAUSE_NS)
		return LUMPS_MAYBE;
	return LUMPS_NONE;
}
