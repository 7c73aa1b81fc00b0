#ifndef PRINT_NAMES_H
#define PRINT_NAMES_H

#include "base/span.h"

/* Names of addresses, sorted by print_names_compare; borrowed, and escaped when printed. */
struct print_name {
	uint8_t size; /* 4 or 16 */
	uint8_t address[16];
	struct span name;
};

struct print_names {
	const struct print_name *list;
	size_t n;
};

/* Below, 0 or above zero. */
int print_names_compare(const struct print_name *a, const struct print_name *b);

/* The name of an address of size bytes; empty: none. */
struct span print_names_find(const struct print_names *names, const uint8_t *address,
			     uint8_t size);

#endif
