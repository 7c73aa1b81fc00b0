/* Addresses and their targets. */
#include "path/owners.h"

#include <string.h>

#include "base/siphash.h"

#define FULL (PATH_OWNERS_MAX / 4 * 3)

/* The address's place, or the free one where it would be. */
static struct path_owner *
place(const struct path_owners *o, uint8_t version, const uint8_t address[static 16])
{
	uint64_t words[3] = {0, 0, version};
	uint64_t i;

	memcpy(words, address, 16);
	i = siphash_words(o->seed, words, 3);
	for (;; i++) {
		struct path_owner *p = &o->list[i & (PATH_OWNERS_MAX - 1)];

		if (p->version == 0 ||
		    (p->version == version && memcmp(p->address, address, 16) == 0))
			return p;
	}
}

/* NULL: there is no room. */
static struct path_owner *
find(struct path_owners *o, uint8_t version, const uint8_t address[static 16],
     uint16_t source)
{
	struct path_owner *p = place(o, version, address);

	if (p->version != 0)
		return p;
	if (o->n >= FULL)
		return NULL;
	o->n++;
	p->version = version;
	memcpy(p->address, address, 16);
	p->source = source;
	return p;
}

void
path_owners_tell(struct path_owners *o, uint8_t version, const uint8_t address[static 16],
		 uint16_t source)
{
	struct path_owner *p = find(o, version, address, source);

	if (!p)
		return;
	p->is_disputed = p->is_told && (p->is_disputed || p->source != source);
	p->is_told = true;
	p->source = source;
}

void
path_owners_see(struct path_owners *o, uint8_t version, const uint8_t address[static 16],
		uint16_t source)
{
	struct path_owner *p = find(o, version, address, source);

	if (!p || p->is_told)
		return;
	p->is_disputed |= p->source != source;
	p->n++;
}

void
path_owners_hear(struct path_owners *o, uint8_t version, const uint8_t address[static 16],
		 uint16_t source)
{
	struct path_owner *p = place(o, version, address);

	p->is_heard |= p->version != 0 && p->source == source;
}

uint16_t
path_owners_of(const struct path_owners *o, uint8_t version,
	       const uint8_t address[static 16])
{
	const struct path_owner *p = place(o, version, address);

	if (p->version == 0 || p->is_disputed ||
	    (!p->is_told && (p->n < PATH_OWNERS_SEEN || !p->is_heard)))
		return PATH_NOBODY;
	return p->source;
}
