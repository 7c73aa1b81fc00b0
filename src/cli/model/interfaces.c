/* What the merged stream's interfaces are called, and what was counted of them. */
#include "cli/model/interfaces.h"

#include <stdlib.h>
#include <string.h>

#include "pcap/linktype.h"

/* Bytes of each text that are kept. */
#define OWN_MAX		256 /* Windows has names of 50, Linux of 15 */
#define DESCRIPTION_MAX 256
#define OS_MAX		128
#define TEXTS_MAX \
	(OWN_MAX + SAVEFILE_NAME_MAX + DESCRIPTION_MAX + SAVEFILE_FILTER_MAX + OS_MAX)

#define OWN_SHOWN  (SAVEFILE_NAME_MAX / 2) /* the target's name gets the rest */
#define SUFFIX_MAX 32			   /* "#ordinal~mark" */

bool
interfaces_init(struct interfaces *all, uint32_t n_sources, uint32_t linktype,
		bool is_strict)
{
	memset(all, 0, sizeof(*all));
	all->linktype = linktype;
	all->is_strict = is_strict;
	all->sources = calloc(n_sources, sizeof(*all->sources));
	for (uint32_t i = 0; all->sources && i < n_sources; i++)
		all->sources[i].first = INTERFACES_NONE;
	return all->sources != NULL;
}

void
interfaces_fini(struct interfaces *all)
{
	for (uint32_t i = 0; i < all->n; i++)
		free((void *)(uintptr_t)all->list[i].own.p);
	free(all->list);
	free(all->slots);
	free(all->sources);
	blocks_fini(&all->blocks);
	memset(all, 0, sizeof(*all));
}

static bool
is_taken(const struct interfaces *all, uint32_t linktype)
{
	if (all->linktype == INTERFACES_OPEN || all->linktype == INTERFACES_MIXED ||
	    all->linktype == linktype)
		return true;
	return !all->is_strict && linktype_can_convert(linktype, all->linktype);
}

static void
decide(const struct interfaces *all, struct interface *i)
{
	i->is_refused = !is_taken(all, i->linktype);
	i->written = all->linktype == INTERFACES_MIXED ? i->linktype : all->linktype;
}

void
interfaces_set_linktype(struct interfaces *all, uint32_t linktype)
{
	all->linktype = linktype;
	for (uint32_t i = 0; i < all->n; i++)
		decide(all, &all->list[i]);
}

/* FNV-1a */
static uint32_t
hash(struct span s)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 16777619u;
	return h;
}

/* The slot that holds the name, or a free one where it would go. */
static uint32_t *
find_slot(const struct interfaces *all, struct span name)
{
	uint32_t i = hash(name) & (all->n_slots - 1);

	while (all->slots[i] != 0 && !span_eq(all->list[all->slots[i] - 1].name, name))
		i = (i + 1) & (all->n_slots - 1);
	return &all->slots[i];
}

/* Twice as many slots as interfaces at least, so that a search is short. */
static bool
grow(struct interfaces *all)
{
	uint32_t cap = all->cap > 0 ? 2 * all->cap : 8;
	struct interface *list;
	uint32_t *slots;

	if (all->n < all->cap)
		return true;
	list = realloc(all->list, cap * sizeof(*list));
	if (!list)
		return false;
	all->list = list;
	slots = calloc(2 * (size_t)cap, sizeof(*slots));
	if (!slots)
		return false;
	free(all->slots);
	all->slots = slots;
	all->n_slots = 2 * cap;
	all->cap = cap;
	for (uint32_t i = 0; i < all->n; i++)
		*find_slot(all, all->list[i].name) = i + 1;
	return true;
}

/*
 * "target/own", or "target" alone. The ordinal tells interfaces of one name apart, the
 * mark makes a name unique that had to be cut, or that happens to be another's. False:
 * cut.
 */
static bool
put_name(struct text *name, struct span target, struct span own, uint32_t ordinal,
	 uint64_t mark)
{
	char own_mem[OWN_SHOWN], suffix_mem[SUFFIX_MAX];
	struct text end, suffix;
	size_t room;

	text_init(&end, own_mem, sizeof(own_mem));
	text_str(&end, own.n > 0 ? "/" : "");
	text_utf8(&end, own);
	text_init(&suffix, suffix_mem, sizeof(suffix_mem));
	if (ordinal > 1) {
		text_char(&suffix, '#');
		text_u64(&suffix, ordinal);
	}
	if (mark > 0) {
		text_char(&suffix, '~');
		text_u64(&suffix, mark);
	}
	room = SAVEFILE_NAME_MAX - end.n - suffix.n;
	text_put(name, span_of(target.p, target.n < room ? target.n : room));
	text_put(name, text_span(&end));
	text_put(name, text_span(&suffix));
	return target.n <= room && !end.is_cut;
}

static void
put_unique_name(const struct interfaces *all, struct text *name, struct span target,
		struct span own, uint32_t ordinal)
{
	size_t start = name->n;
	uint64_t mark = 0;

	for (;;) {
		bool is_whole = put_name(name, target, own, ordinal, mark);
		struct span made = span_of(name->p + start, name->n - start);

		if ((is_whole || mark > 0) && *find_slot(all, made) == 0)
			return;
		name->n = start;
		mark += mark > 0 ? INTERFACES_MAX : all->n + 1;
	}
}

/* At most max bytes, cut behind a character. Borrowed from the text's memory. */
static struct span
put_clean(struct text *all, struct span s, size_t max)
{
	struct text part;

	text_init(&part, all->p + all->n, max);
	text_utf8(&part, s);
	all->n += part.n;
	return text_span(&part);
}

/* The one of an earlier connection, or INTERFACES_NONE and how many this one has shown. */
static uint32_t
find_old(const struct interfaces *all, uint32_t source, uint32_t connection,
	 uint32_t linktype, struct span own, uint32_t *n_shown)
{
	*n_shown = 0;
	for (uint32_t i = all->sources[source].first; i != INTERFACES_NONE;
	     i = all->list[i].next) {
		const struct interface *one = &all->list[i];

		if (!span_eq(one->own, own))
			continue;
		if (one->connection != connection && one->linktype == linktype)
			return i;
		*n_shown += 1;
	}
	return INTERFACES_NONE;
}

/* The same filter for all of a source's interfaces is the rule: it is kept once. */
static const struct span *
shared_filter(const struct interfaces *all, const struct interface *i)
{
	uint32_t first = all->sources[i->source].first;

	if (first == INTERFACES_NONE || !span_eq(all->list[first].filter, i->filter))
		return NULL;
	return &all->list[first].filter;
}

static void
rebase(struct span *s, const char *from, const char *to)
{
	s->p = (const uint8_t *)to + ((const char *)s->p - from);
}

/* The texts move to a piece of memory of their own, which begins with `own`. The filter
 * is the last of them, and stays out if it is shared. */
static bool
keep_texts(struct interface *i, struct text *texts, const struct span *filter)
{
	char *mem;

	if (filter)
		texts->n -= i->filter.n;
	mem = malloc(texts->n > 0 ? texts->n : 1);
	if (!mem)
		return false;
	memcpy(mem, texts->p, texts->n);
	rebase(&i->own, texts->p, mem);
	rebase(&i->name, texts->p, mem);
	rebase(&i->description, texts->p, mem);
	rebase(&i->os, texts->p, mem);
	if (filter)
		i->filter = *filter;
	else
		rebase(&i->filter, texts->p, mem);
	return true;
}

/* At the end of its source's, so that they are looked at in the order they came. */
static void
enlist(struct interfaces *all, const struct interface *i)
{
	uint32_t *at = &all->sources[i->source].first;

	while (*at != INTERFACES_NONE)
		at = &all->list[*at].next;
	*at = all->n;
	all->sources[i->source].n++;
	*find_slot(all, i->name) = all->n + 1;
	all->list[all->n++] = *i;
	all->n_units++;
}

static enum interfaces_result
add_new(struct interfaces *all, struct interface *i, struct text *texts, uint32_t n_shown,
	const struct savefile_interface *given)
{
	struct interfaces_source *source = &all->sources[i->source];
	size_t start = texts->n;

	if (all->n == INTERFACES_MAX || source->n == INTERFACES_EACH_MAX ||
	    source->text_bytes > INTERFACES_TEXT_MAX - TEXTS_MAX)
		return INTERFACES_FULL;
	if (!grow(all))
		return INTERFACES_NO_MEMORY;
	put_unique_name(all, texts, span_str(i->target->name), i->own, n_shown + 1);
	i->name = span_of(texts->p + start, texts->n - start);
	i->description = put_clean(texts, given->description, DESCRIPTION_MAX);
	i->os = put_clean(texts, given->os, OS_MAX);
	i->filter = put_clean(texts, given->filter, SAVEFILE_FILTER_MAX);
	if (!keep_texts(i, texts, shared_filter(all, i)))
		return INTERFACES_NO_MEMORY;
	source->text_bytes += texts->n;
	enlist(all, i);
	return INTERFACES_OK;
}

static void
add_counts(struct savefile_statistics *sum, const struct savefile_statistics *s)
{
	sum->has |= s->has;
	sum->ifrecv += s->ifrecv;
	sum->ifdrop += s->ifdrop;
	sum->osdrop += s->osdrop;
}

static void
see_again(struct interface *i, uint32_t connection)
{
	i->connection = connection;
	add_counts(&i->before, &i->told);
	i->told = (struct savefile_statistics){0};
}

enum interfaces_result
interfaces_add(struct interfaces *all, uint32_t source, uint32_t connection,
	       const struct target *target, const struct savefile_interface *given,
	       uint32_t *number)
{
	struct interface i = {.linktype = linktype_of(given->linktype),
			      .snaplen = given->snaplen,
			      .source = source,
			      .target = target,
			      .connection = connection,
			      .next = INTERFACES_NONE};
	char mem[TEXTS_MAX];
	struct text texts;
	uint32_t n_shown;

	*number = 0;
	decide(all, &i);
	text_init(&texts, mem, sizeof(mem));
	i.own = put_clean(&texts, given->name, OWN_MAX);
	*number = find_old(all, source, connection, i.linktype, i.own, &n_shown);
	if (*number != INTERFACES_NONE) {
		see_again(&all->list[*number], connection);
		return INTERFACES_OK;
	}
	*number = all->n;
	return add_new(all, &i, &texts, n_shown, given);
}

void
interfaces_add_block(struct interfaces *all, const struct savefile_block *block,
		     struct span body)
{
	all->n_units += blocks_add(&all->blocks, block, body);
}

void
interfaces_note_statistics(struct interfaces *all, uint32_t number,
			   const struct savefile_statistics *told)
{
	all->list[number].told = *told;
	all->list[number].told.comment.n = 0; /* borrowed */
}

void
interfaces_note_drops(struct interfaces *all, uint32_t source, uint64_t drops)
{
	all->sources[source].has_drops = true;
	all->sources[source].drops = drops;
}

/* What an interface's counts say, of all its connections. */
static void
add_told(struct savefile_statistics *sum, const struct interface *i)
{
	add_counts(sum, &i->before);
	add_counts(sum, &i->told);
	if (i->lost <= sum->ifdrop + sum->osdrop)
		return;
	sum->has |= SAVEFILE_HAS_OSDROP;
	sum->osdrop = i->lost - sum->ifdrop;
}

bool
interfaces_lost(const struct interfaces *all, uint32_t source, uint64_t *lost)
{
	bool has_lost = false;

	*lost = 0;
	for (uint32_t n = all->sources[source].first; n != INTERFACES_NONE;
	     n = all->list[n].next) {
		struct savefile_statistics sum = {0};

		add_told(&sum, &all->list[n]);
		has_lost |= (sum.has & (SAVEFILE_HAS_IFDROP | SAVEFILE_HAS_OSDROP)) != 0;
		*lost += sum.ifdrop + sum.osdrop;
	}
	return has_lost;
}

void
interfaces_sum(const struct interfaces *all, uint32_t number,
	       struct savefile_statistics *sum)
{
	const struct interface *i = &all->list[number];
	const struct interfaces_source *source = &all->sources[i->source];

	*sum = (struct savefile_statistics){.interface_id = number};
	add_told(sum, i);
	if (source->has_drops && source->first == number) {
		sum->has |= SAVEFILE_HAS_OSDROP;
		sum->osdrop = source->drops;
	}
	sum->has &= ~SAVEFILE_HAS_ACCEPT; /* of some connections only */
	sum->usrdeliv = i->packets;
	sum->has |= SAVEFILE_HAS_USRDELIV;
}

void
interfaces_put_description(struct text *t, const struct interface *i)
{
	text_put(t, i->target->label);
	text_str(t, i->target->label.n > 0 ? ": " : "");
	target_put_place(i->target, t);
	if (i->description.n > 0) {
		text_str(t, ", ");
		text_put(t, i->description);
	}
	if (i->offset.kind == CLOCK_OFFSET_UNKNOWN)
		return;
	text_str(t, ", ");
	clock_offset_text(t, &i->offset);
}

void
interfaces_put_linktype(struct text *t, uint32_t linktype)
{
	const char *name = linktype_name(linktype);

	if (name)
		text_str(t, name);
	else
		text_u64(t, linktype);
}

const char *
interfaces_put_refusal(struct text *t, const struct interfaces *all, uint32_t linktype)
{
	bool is_cooked = linktype_can_convert(linktype, SAVEFILE_LINKTYPE_SLL2) &&
			 linktype_can_convert(all->linktype, SAVEFILE_LINKTYPE_SLL2);

	text_str(t, "its packets have link type ");
	interfaces_put_linktype(t, linktype);
	text_str(t, ", the output has ");
	interfaces_put_linktype(t, all->linktype);
	return is_cooked ? "--linktype sll2 takes both"
			 : "--format pcapng --linktype mixed takes both";
}
