/* Which address has which name. It does not know who says so. */
#include "print/names.h"

#include <string.h>

int
print_names_compare(const struct print_name *a, const struct print_name *b)
{
	return a->size != b->size ? a->size - b->size
				  : memcmp(a->address, b->address, a->size);
}

struct span
print_names_find(const struct print_names *names, const uint8_t *address, uint8_t size)
{
	struct print_name key = {.size = size};
	size_t begin = 0;
	size_t end = names->n;

	memcpy(key.address, address, size);
	while (begin < end) {
		size_t at = begin + (end - begin) / 2;
		int c = print_names_compare(&key, &names->list[at]);

		if (c == 0)
			return names->list[at].name;
		if (c < 0)
			end = at;
		else
			begin = at + 1;
	}
	return span_of(NULL, 0);
}
