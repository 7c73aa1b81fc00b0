/*
 * A byte queue of fixed size. Must not know where its memory or its bytes come from.
 */
#include "base/buf.h"

#include <assert.h>
#include <string.h>

void
buf_init(struct buf *b, void *mem, size_t cap)
{
	*b = (struct buf){.mem = mem, .cap = cap};
}

struct span
buf_readable(const struct buf *b)
{
	return span_of(b->mem + b->head, b->tail - b->head);
}

uint8_t *
buf_space(struct buf *b, size_t *n)
{
	if (b->head > 0) {
		memmove(b->mem, b->mem + b->head, b->tail - b->head);
		b->tail -= b->head;
		b->head = 0;
	}
	*n = b->cap - b->tail;
	return b->mem + b->tail;
}

void
buf_commit(struct buf *b, size_t n)
{
	assert(n <= b->cap - b->tail);
	b->tail += n;
}

/* An empty queue starts over at the front, so that most of buf_space moves nothing. */
void
buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->tail - b->head);
	b->head += n;
	if (b->head == b->tail) {
		b->head = 0;
		b->tail = 0;
	}
}

bool
buf_put(struct buf *b, struct span s)
{
	if (s.n > buf_free(b))
		return false;
	if (s.n > b->cap - b->tail) {
		size_t n;

		buf_space(b, &n);
	}
	if (s.n > 0)
		memcpy(b->mem + b->tail, s.p, s.n);
	b->tail += s.n;
	return true;
}

size_t
buf_used(const struct buf *b)
{
	return b->tail - b->head;
}

size_t
buf_free(const struct buf *b)
{
	return b->cap - buf_used(b);
}
