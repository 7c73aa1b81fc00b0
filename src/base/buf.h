#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

/*
 * A byte queue in memory that the caller owns and that never grows: bytes go in at
 * the tail and out at the head. Embedded by value; the memory must outlive it.
 */
struct buf {
	uint8_t *mem;
	size_t cap;
	size_t head; /* first readable byte */
	size_t tail; /* first free byte */
};

void buf_init(struct buf *b, void *mem, size_t cap);

/* Readable bytes; borrowed until the next call that is not buf_readable. */
struct span buf_readable(const struct buf *b);

/*
 * The free room at the tail, moved together first when the head has left any:
 * returns its start, *n its size in bytes (0 when full).
 */
uint8_t *buf_space(struct buf *b, size_t *n);

/* n bytes were written to buf_space; n must not exceed it. */
void buf_commit(struct buf *b, size_t n);

/* Drops n readable bytes from the head; n must not exceed them. */
void buf_consume(struct buf *b, size_t n);

/* Appends all of s, or nothing: false when it does not fit. */
bool buf_put(struct buf *b, struct span s);

/* Readable bytes, and room that is free in all. */
size_t buf_used(const struct buf *b);
size_t buf_free(const struct buf *b);

#endif
