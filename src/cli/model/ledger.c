/* Sums of what workers tell about their captures. It knows neither sources nor requests. */
#include "cli/model/ledger.h"

static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* What is certain whatever was told: what came was captured, and what was captured,
 * dropped or left out was offered. */
static struct ledger_capture
with_bounds(const struct ledger_capture *given)
{
	struct ledger_capture c = *given;
	uint64_t offered;

	if (c.told.captured < c.received)
		c.told.captured = c.received;
	offered = c.told.captured + c.told.dropped + c.told.own;
	if (c.told.offered < offered || !c.is_final)
		c.told.offered = offered;
	return c;
}

static void
add(struct ledger_capture *sum, const struct ledger_capture *given)
{
	struct ledger_capture c = with_bounds(given);

	sum->told.offered += c.told.offered;
	sum->told.captured += c.told.captured;
	sum->told.dropped += c.told.dropped;
	sum->told.own += c.told.own;
	sum->received += c.received;
	sum->has_drops |= c.has_drops;
}

static void
close_lost(struct ledger *l)
{
	if (!l->has_lost)
		return;
	add(&l->closed, &l->lost);
	l->is_at_least |= !l->lost.is_final;
	l->has_lost = false;
	l->has_overlap = false;
}

void
ledger_lose(struct ledger *l)
{
	if (!l->has_begun)
		return;
	close_lost(l);
	l->lost = l->now;
	l->has_lost = true;
	l->has_begun = false;
	l->now = (struct ledger_capture){.is_final = false};
	if (l->lost.is_final)
		close_lost(l);
}

void
ledger_begin(struct ledger *l)
{
	ledger_lose(l);
	l->has_overlap = l->has_lost;
	l->now = (struct ledger_capture){.is_final = false};
	l->has_begun = true;
}

void
ledger_receive(struct ledger *l, uint64_t received)
{
	l->now.received = received;
}

void
ledger_note(struct ledger *l, const struct savefile_statistics *s)
{
	struct ledger_counts *told = &l->now.told;
	uint64_t rest = less(s->accept, s->osdrop);

	if (l->now.is_final)
		return;
	if (s->has & SAVEFILE_HAS_OSDROP) {
		l->now.has_drops = true;
		told->dropped = s->osdrop;
	}
	if (!(s->has & SAVEFILE_HAS_ACCEPT) || !(s->has & SAVEFILE_HAS_USRDELIV))
		return;
	told->offered = s->accept;
	told->captured = s->usrdeliv;
	told->own = less(rest, s->usrdeliv);
	l->now.is_final = s->usrdeliv >= l->now.received &&
			  told->dropped + told->captured + told->own == s->accept;
}

void
ledger_end(struct ledger *l)
{
	struct ledger_capture *c = &l->now;

	if (c->is_final)
		return;
	c->told.captured = c->received;
	c->told.offered = c->received + c->told.dropped + c->told.own;
	c->is_final = c->has_drops;
}

void
ledger_note_lost(struct ledger *l, uint64_t lost, bool is_whole)
{
	l->now.has_drops = true;
	l->now.told.dropped = lost;
	if (is_whole)
		ledger_end(l);
}

void
ledger_settle(struct ledger *l, bool is_lost, const struct ledger_counts *told,
	      bool is_exact)
{
	struct ledger_capture *c = is_lost ? &l->lost : &l->now;

	if (is_lost && !l->has_lost)
		return;
	if (is_lost && l->has_overlap) {
		close_lost(l);
		return;
	}
	c->told = *told;
	c->has_drops = true;
	c->is_final = is_exact && told->captured >= c->received &&
		      told->offered == told->captured + told->dropped + told->own;
	if (is_lost)
		close_lost(l);
}

void
ledger_give_up(struct ledger *l)
{
	close_lost(l);
}

bool
ledger_is_settled(const struct ledger *l)
{
	return !l->has_begun || l->now.is_final;
}

bool
ledger_is_at_least(const struct ledger *l)
{
	return l->is_at_least || l->has_lost;
}

void
ledger_sum(const struct ledger *l, struct ledger_sum *sum)
{
	struct ledger_capture all = l->closed;

	if (l->has_lost)
		add(&all, &l->lost);
	if (l->has_begun)
		add(&all, &l->now);
	*sum = (struct ledger_sum){.told = all.told,
				   .not_fetched = less(all.told.captured, all.received),
				   .has_drops = all.has_drops,
				   .is_exact =
				       !ledger_is_at_least(l) && ledger_is_settled(l)};
}
