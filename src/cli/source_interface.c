/* Places of interfaces in a source's table, the same over its connections. */
#include "cli/source_interface.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static_assert(SOURCE_INTERFACES_MAX <= UINT16_MAX + 1, "numbered by 16 bits");

void
source_interface_restart(struct source *s)
{
	s->connection++;
	s->n_ids = 0;
}

static bool
is_same(const struct source_interface *known, const struct savefile_interface *i)
{
	size_t n = i->name.n < SAVEFILE_NAME_MAX ? i->name.n : SAVEFILE_NAME_MAX;

	return known->linktype == i->linktype && known->name_size == n &&
	       (n == 0 || memcmp(known->name, i->name.p, n) == 0);
}

/* Its place, or where the next new one goes. */
static uint32_t
find(const struct source *s, const struct savefile_interface *i)
{
	uint32_t at = 0;

	while (at < s->n_interfaces && (s->interfaces[at].connection == s->connection ||
					!is_same(&s->interfaces[at], i)))
		at++;
	return at;
}

static bool
grow(struct source *s)
{
	uint32_t cap = s->interfaces_cap ? 2 * s->interfaces_cap : 4;
	struct source_interface *more;

	if (s->n_interfaces < s->interfaces_cap)
		return true;
	more = realloc(s->interfaces, cap * sizeof(*more));
	if (!more)
		return false;
	s->interfaces = more;
	s->interfaces_cap = cap;
	return true;
}

const char *
source_interface_add(struct source *s, const struct savefile_interface *i)
{
	uint32_t at = find(s, i);
	struct source_interface *entry;

	if (at == SOURCE_INTERFACES_MAX)
		return "more than 4096 interfaces in all";
	if (at == s->n_interfaces && !grow(s))
		return "out of memory";
	entry = &s->interfaces[at];
	if (at == s->n_interfaces) {
		size_t n = i->name.n < SAVEFILE_NAME_MAX ? i->name.n : SAVEFILE_NAME_MAX;

		*entry = (struct source_interface){.linktype = i->linktype,
						   .name_size = (uint8_t)n};
		if (n > 0)
			memcpy(entry->name, i->name.p, n);
		s->n_interfaces++;
	}
	entry->connection = s->connection;
	s->ids[s->n_ids++] = (uint16_t)at;
	return NULL;
}
