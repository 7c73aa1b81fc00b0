/* First fit over a map of bits. It must not know what the pieces are for. */
#include "sys/pool.h"

#include <sys/mman.h>

#include "sys/memory.h"

#define WORD 64

static size_t
units_of(size_t bytes)
{
	return bytes / POOL_UNIT + (bytes % POOL_UNIT > 0);
}

void
pool_init(struct pool *p, size_t bytes, bool is_huge)
{
	size_t n_units = units_of(bytes);
	size_t map_bytes = (n_units + WORD - 1) / WORD * sizeof(uint64_t);
	void *mem = mmap(NULL, n_units * POOL_UNIT + map_bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*p = (struct pool){0};
	if (mem == MAP_FAILED)
		return;
	p->mem = mem;
	p->n_units = n_units;
	p->used = (void *)(p->mem + n_units * POOL_UNIT);
	if (is_huge)
		madvise(p->mem, n_units * POOL_UNIT, MADV_HUGEPAGE);
}

static bool
is_used(const struct pool *p, size_t unit)
{
	return (p->used[unit / WORD] >> unit % WORD & 1) != 0;
}

static void
mark(struct pool *p, size_t first, size_t n, bool is_taken)
{
	for (size_t i = first; i < first + n; i++) {
		uint64_t bit = UINT64_C(1) << i % WORD;

		p->used[i / WORD] &= ~bit;
		p->used[i / WORD] |= is_taken ? bit : 0;
	}
}

/* The free units from at on, max of them at most. */
static size_t
run_of(const struct pool *p, size_t at, size_t max)
{
	size_t n = 0;

	while (n < max && at + n < p->n_units && !is_used(p, at + n))
		n++;
	return n;
}

/* The next free unit, or n_units. */
static size_t
next_free(const struct pool *p, size_t at)
{
	while (at < p->n_units && is_used(p, at))
		at += at % WORD == 0 && p->used[at / WORD] == UINT64_MAX ? WORD : 1;
	return at < p->n_units ? at : p->n_units;
}

void *
pool_take(struct pool *p, size_t bytes)
{
	size_t want = units_of(bytes);
	size_t n;

	p->is_busy = true;
	for (size_t at = next_free(p, 0); at < p->n_units; at = next_free(p, at + n)) {
		n = run_of(p, at, want);
		if (n < want)
			continue;
		mark(p, at, want, true);
		return p->mem + at * POOL_UNIT;
	}
	return memory_map(bytes);
}

static bool
is_inside(const struct pool *p, const void *mem)
{
	uintptr_t at = (uintptr_t)mem;
	uintptr_t begin = (uintptr_t)p->mem;

	return p->mem && at >= begin && at - begin < p->n_units * POOL_UNIT;
}

void
pool_give(struct pool *p, void *mem, size_t bytes)
{
	if (!is_inside(p, mem)) {
		memory_unmap(mem, bytes);
		return;
	}
	mark(p, (size_t)((uint8_t *)mem - p->mem) / POOL_UNIT, units_of(bytes), false);
	p->is_dirty = true;
}

void
pool_trim(struct pool *p)
{
	size_t n;

	if (p->is_busy || !p->is_dirty) {
		p->is_busy = false;
		return;
	}
	p->is_dirty = false;
	for (size_t at = next_free(p, 0); at < p->n_units; at = next_free(p, at + n)) {
		n = run_of(p, at, p->n_units);
		madvise(p->mem + at * POOL_UNIT, n * POOL_UNIT, MADV_DONTNEED);
	}
}
