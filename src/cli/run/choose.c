/*
 * The link type of the output, which the sources may decide: then it is the one of the first
 * target's packets, and nothing is written before.
 */
#include "cli/run/choose.h"

#include "pcap/linktype.h"

#define READS_MAX 16 /* of a file in one round of the loop: signals are seen between */

void
choose_init(struct choose *c)
{
	c->linktype = INTERFACES_OPEN;
	transport_open(&c->file, -1);
}

void
choose_fini(struct choose *c)
{
	if (c->is_open)
		transport_close(&c->file);
	c->is_open = false;
}

static bool
is_settled(const struct choose *c, enum options_linktype wanted)
{
	return (c->is_mixed && c->has_cooked) ||
	       (wanted == OPTIONS_LINKTYPE_NATIVE && c->linktype != INTERFACES_OPEN);
}

static void
note(struct choose *c, uint32_t linktype)
{
	if (c->linktype == INTERFACES_OPEN)
		c->linktype = linktype;
	c->is_mixed |= c->linktype != linktype;
	c->has_cooked |= linktype_can_convert(linktype, SAVEFILE_LINKTYPE_SLL);
}

/* False: these bytes are enough, or are no capture from here on. */
static bool
look_at(struct choose *c, enum options_linktype wanted, struct span bytes)
{
	enum survey_result result;
	uint32_t linktype;

	while ((result = survey_feed(&c->survey, &bytes, &linktype)) == SURVEY_FOUND)
		note(c, linktype_of(linktype));
	return result == SURVEY_MORE && !is_settled(c, wanted);
}

/* A part of the file. False: the rest of it can tell nothing more. */
static bool
look_on(struct choose *c, enum options_linktype wanted, const struct fleet *f)
{
	uint8_t *mem = f->context.net.scratch;
	bool is_regular;
	int error;
	size_t n;

	if (!c->is_open &&
	    (transport_open_file(&c->file, f->sources[c->next].target->text,
				 &is_regular) < 0))
		return false;
	if (!c->is_open)
		survey_init(&c->survey);
	c->is_open = true;
	for (unsigned i = 0; i < READS_MAX; i++)
		if (transport_read(&c->file, mem, NET_SCRATCH, &n, &error) !=
			TRANSPORT_DONE ||
		    !look_at(c, wanted, span_of(mem, n)))
			return false;
	return true;
}

/* A stream tells by its first packet, which is parked until there is an output, or, where it
 * can have but one link type, by its head. */
static void
look_at_stream(struct choose *c, const struct interfaces *all, const struct source *s)
{
	uint32_t number = INTERFACES_NONE;

	if (s->body.is_parked)
		number = s->body.record.interface_id;
	else if (savefile_reader_has_one_linktype(&s->body.reader))
		number = all->sources[s->id].first;
	if (number != INTERFACES_NONE)
		note(c, all->list[number].linktype);
}

/* The first that any source has shown, where none has a packet. */
static uint32_t
first_linktype(const struct interfaces *all)
{
	return all->n > 0 ? all->list[0].linktype : SAVEFILE_LINKTYPE_SLL;
}

enum choose_result
choose_linktype(struct choose *c, struct interfaces *all, enum options_linktype wanted,
		const struct fleet *f)
{
	bool is_over = true;

	for (uint32_t i = 0; i < f->n; i++) {
		if (!fleet_has_begun(f, i))
			return CHOOSE_WAIT;
		is_over &= source_is_over(&f->sources[i]);
	}
	for (; c->next < f->n && !is_settled(c, wanted); c->next++) {
		if (!f->sources[c->next].is_file)
			look_at_stream(c, all, &f->sources[c->next]);
		else if (look_on(c, wanted, f))
			return CHOOSE_AGAIN;
		choose_fini(c);
	}
	if (c->linktype == INTERFACES_OPEN && !is_over) {
		c->next = 0;
		return CHOOSE_WAIT;
	}
	if (c->linktype == INTERFACES_OPEN)
		c->linktype = first_linktype(all);
	else if (wanted == OPTIONS_LINKTYPE_AUTO && c->is_mixed && c->has_cooked)
		c->linktype = SAVEFILE_LINKTYPE_SLL;
	interfaces_set_linktype(all, c->linktype);
	return CHOOSE_DONE;
}

bool
choose_at_once(struct interfaces *all, enum options_linktype wanted,
	       const struct fleet *f)
{
	bool is_all_files = true;

	for (uint32_t i = 0; i < f->n; i++)
		is_all_files &= f->sources[i].is_file || source_is_over(&f->sources[i]);
	if (wanted == OPTIONS_LINKTYPE_SLL2)
		interfaces_set_linktype(all, SAVEFILE_LINKTYPE_SLL2);
	else if (wanted == OPTIONS_LINKTYPE_MIXED)
		interfaces_set_linktype(all, INTERFACES_MIXED);
	else if (wanted == OPTIONS_LINKTYPE_SLL ||
		 (wanted == OPTIONS_LINKTYPE_AUTO && !is_all_files))
		interfaces_set_linktype(all, SAVEFILE_LINKTYPE_SLL);
	return all->linktype != INTERFACES_OPEN;
}
