/*
 * Any bytes as a request target (src/http/target.c): its parts lie within it and hold
 * what they may, and its query decodes within the memory that is given.
 */
#include "http/target.h"
#include "fuzz/fuzz.h"

static void
read_query(struct span query, size_t cap)
{
	uint8_t *mem = malloc(cap + 1);
	struct span name, value;

	while (http_target_next(&query, mem, cap, &name, &value) == HTTP_QUERY_PAIR) {
		if (name.n + value.n > cap || span_find(name, 0) < name.n ||
		    span_find(value, 0) < value.n)
			abort();
	}
	free(mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct http_target target;
	uint8_t *out = malloc(size + 1);
	size_t n;

	if (http_target_parse(in, &target)) {
		if ((target.path.p[0] != '/' && !span_eq(target.path, span_str("*"))) ||
		    target.has_query != (span_find(in, '?') < size) ||
		    span_find(in, '#') < size)
			abort();
		if (target.authority.n + target.path.n + target.query.n > size + 1)
			abort();
		read_query(target.query, size);
	}
	read_query(in, size);
	read_query(in, size / 3);
	if (http_target_decode(in, size % 2, out, size, &n) && n > size)
		abort();
	free(out);
	return 0;
}
