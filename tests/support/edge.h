#ifndef SUPPORT_EDGE_H
#define SUPPORT_EDGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A writable copy of the n bytes at p that ends right before a page that faults, so
 * that a read or write one byte too far ends the test. n may be 0. Never NULL.
 */
uint8_t *edge_copy(const void *p, size_t n);

/* Gives a copy back; NULL is ignored. */
void edge_free(uint8_t *p);

#endif
