/*
 * The link type of the output, which the sources may decide: then it is the one of the
 * first target that has shown one, and nothing is written before.
 */
#include "cli/run/choose.h"

/* The first target's, or INTERFACES_OPEN. */
static uint32_t
first_linktype(const struct interfaces *all, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t first = all->sources[i].first;

		if (first != INTERFACES_NONE)
			return all->list[first].linktype;
	}
	return INTERFACES_OPEN;
}

static bool
is_agreed(const struct interfaces *all, uint32_t linktype)
{
	for (uint32_t i = 0; i < all->n; i++)
		if (all->list[i].linktype != linktype)
			return false;
	return true;
}

/* Those that showed what cannot go into the output, before that was known. */
static void
refuse_others(struct fleet *f, struct interfaces *all)
{
	for (uint32_t n = 0; n < all->n; n++) {
		struct interface *i = &all->list[n];
		struct source *s = &f->sources[i->source];

		i->is_refused = !interfaces_take_linktype(all, i->linktype);
		if (i->is_refused && s->state != SOURCE_FAILED)
			source_refuse_linktype(s, i->linktype);
	}
}

bool
choose_linktype(struct interfaces *all, enum options_linktype wanted, struct fleet *f)
{
	bool is_over = true;
	uint32_t linktype;

	for (uint32_t i = 0; i < f->n; i++) {
		if (!fleet_has_begun(f, i))
			return false;
		is_over &= source_is_over(&f->sources[i]);
	}
	linktype = first_linktype(all, f->n);
	if (linktype == INTERFACES_OPEN && !is_over)
		return false;
	if (linktype == INTERFACES_OPEN ||
	    (wanted == OPTIONS_LINKTYPE_AUTO && !is_agreed(all, linktype)))
		linktype = SAVEFILE_LINKTYPE_SLL;
	all->linktype = linktype;
	refuse_others(f, all);
	return true;
}

bool
choose_at_once(struct interfaces *all, enum options_linktype wanted,
	       const struct fleet *f)
{
	bool is_all_files = true;

	for (uint32_t i = 0; i < f->n; i++)
		is_all_files &= f->sources[i].is_file || source_is_over(&f->sources[i]);
	if (wanted == OPTIONS_LINKTYPE_SLL2)
		all->linktype = SAVEFILE_LINKTYPE_SLL2;
	else if (wanted == OPTIONS_LINKTYPE_SLL ||
		 (wanted == OPTIONS_LINKTYPE_AUTO && !is_all_files))
		all->linktype = SAVEFILE_LINKTYPE_SLL;
	return all->linktype != INTERFACES_OPEN;
}
