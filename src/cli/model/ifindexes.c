/* Which unique number stands for which interface index of a target. */
#include "cli/model/ifindexes.h"

#include <stdlib.h>

#define INDEX_BITS 16
#define INDEX_MAX  UINT32_C(65535)

void
ifindexes_init(struct ifindexes *x, uint32_t target)
{
	*x = (struct ifindexes){.target = target, .lowest = INDEX_MAX + 1};
}

void
ifindexes_fini(struct ifindexes *x)
{
	free(x->list);
	x->list = NULL;
	x->n = 0;
	x->cap = 0;
}

static bool
is_given(const struct ifindexes *x, uint32_t number)
{
	for (uint32_t i = 0; i < x->n; i++)
		if (x->list[i].number == number)
			return true;
	return false;
}

/* As there are more numbers than entries, one is free. */
static uint32_t
next_free(struct ifindexes *x)
{
	do
		x->lowest--;
	while (is_given(x, x->lowest));
	return x->lowest;
}

static bool
has_room(struct ifindexes *x)
{
	uint32_t cap = x->cap > 0 ? 2 * x->cap : 4;
	struct ifindexes_entry *list;

	if (x->n < x->cap)
		return true;
	if (x->n == IFINDEXES_MAX)
		return false;
	list = realloc(x->list, cap * sizeof(*list));
	if (!list)
		return false;
	x->list = list;
	x->cap = cap;
	return true;
}

static uint32_t
add(struct ifindexes *x, uint32_t index, bool *is_new)
{
	uint32_t number = index;

	if (!has_room(x))
		return index <= INDEX_MAX && !is_given(x, index) ? index : 0;
	if (index > INDEX_MAX || is_given(x, index))
		number = next_free(x);
	x->recent = x->n++;
	x->list[x->recent] = (struct ifindexes_entry){index, number};
	*is_new = true;
	return number;
}

static uint32_t
number_of(struct ifindexes *x, uint32_t index, bool *is_new)
{
	if (x->n > 0 && x->list[x->recent].index == index)
		return x->list[x->recent].number;
	for (uint32_t i = 0; i < x->n; i++) {
		if (x->list[i].index != index)
			continue;
		x->recent = i;
		return x->list[i].number;
	}
	return add(x, index, is_new);
}

uint32_t
ifindexes_map(struct ifindexes *x, uint32_t index, bool *is_new)
{
	*is_new = false;
	return x->target << INDEX_BITS | (index == 0 ? 0 : number_of(x, index, is_new));
}
