/* What passes from capture files to the output besides interfaces and packets. */
#include "cli/model/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "pcap/ng_passed.h"

void
blocks_want(struct blocks *all)
{
	all->is_wanted = true;
}

void
blocks_fini(struct blocks *all)
{
	for (uint32_t i = 0; i < all->n; i++)
		free((void *)(uintptr_t)all->list[i].p);
	free(all->list);
	memset(all, 0, sizeof(*all));
}

void
blocks_begin(struct blocks *all, struct blocks_begun *begun,
	     const struct savefile_block *block)
{
	if (!all->is_wanted)
		return;
	*begun = (struct blocks_begun){.block = *block};
	if (block->size <= BLOCKS_EACH_MAX)
		begun->bytes = malloc(block->size + 1);
	all->n_left_out += !begun->bytes;
}

bool
blocks_take(struct blocks_begun *begun, struct span piece, uint32_t left)
{
	if (!begun->bytes)
		return false;
	if (piece.n > 0)
		memcpy(begun->bytes + begun->n, piece.p, piece.n);
	begun->n += (uint32_t)piece.n;
	return left == 0;
}

void
blocks_drop(struct blocks_begun *begun)
{
	free(begun->bytes);
	begun->bytes = NULL;
}

static bool
has_room(struct blocks *all)
{
	uint32_t cap = all->cap > 0 ? 2 * all->cap : 8;
	struct span *list;

	if (all->n < all->cap)
		return true;
	list = realloc(all->list, cap * sizeof(*list));
	if (!list)
		return false;
	all->list = list;
	all->cap = cap;
	return true;
}

/* An entry takes memory, too, however small its block. */
static bool
keep(struct blocks *all, const uint8_t *block, size_t size)
{
	size_t bytes = all->bytes + size + sizeof(struct span);
	uint8_t *copy;

	if (bytes > BLOCKS_BYTES_MAX || !has_room(all))
		return false;
	copy = malloc(size);
	if (!copy)
		return false;
	memcpy(copy, block, size);
	all->bytes = bytes;
	all->list[all->n].p = copy;
	all->list[all->n++].n = size;
	return true;
}

uint32_t
blocks_add(struct blocks *all, const struct savefile_block *block, struct span body)
{
	uint8_t *out = malloc(NG_PASSED_MAX);
	uint32_t n = all->n;
	struct ng_passed p;
	size_t size = 0;

	ng_passed_init(&p, block, body);
	while (out && (size = ng_passed_next(&p, out)) > 0 && keep(all, out, size))
		;
	free(out);
	all->n_left_out += !out || size > 0 || all->n == n;
	return all->n - n;
}
