/*
 * Any bytes at the chunk decoder (src/http/chunk.c), whole and byte by byte; then the
 * same bytes as a body, encoded and decoded again.
 */
#include "http/chunk.h"
#include "fuzz/fuzz.h"

/* The body, and the last result; *left is what stands behind the end. */
static enum chunk_result
decode(struct span in, size_t step, uint8_t *out, size_t *n, size_t *left)
{
	enum chunk_result result = CHUNK_MORE;
	struct chunk_decoder d;

	*n = 0;
	chunk_decoder_init(&d);
	while (in.n > 0 && result == CHUNK_MORE) {
		struct span piece = span_take(&in, step);
		struct span data;

		while ((result = chunk_decode(&d, &piece, &data)) == CHUNK_DATA) {
			memcpy(out + *n, data.p, data.n);
			*n += data.n;
		}
		*left = piece.n + in.n;
	}
	return result;
}

static size_t
encode(struct span in, uint8_t *out)
{
	size_t n = 0;

	while (in.n > 0) {
		struct span piece = span_take(&in, in.p[0] + 1U);

		chunk_head(out + n, piece.n);
		n += CHUNK_HEAD_SIZE;
		memcpy(out + n, piece.p, piece.n);
		memcpy(out + n + piece.n, "\r\n", 2);
		n += piece.n + 2;
	}
	memcpy(out + n, "0\r\n\r\n", 5);
	return n + 5;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	uint8_t *a = malloc(size + 1), *b = malloc(size + 1),
		*wire = malloc(size * (CHUNK_HEAD_SIZE + 3) + 5);
	size_t a_n, b_n, a_left = 0, b_left = 0;
	enum chunk_result result = decode(in, size, a, &a_n, &a_left);

	if (decode(in, 1, b, &b_n, &b_left) != result || a_n != b_n ||
	    memcmp(a, b, a_n) != 0 || a_left != b_left)
		abort();
	if (decode(span_of(wire, encode(in, wire)), 7, a, &a_n, &a_left) != CHUNK_END ||
	    a_n != size || memcmp(a, data, size) != 0 || a_left != 0)
		abort();
	free(a);
	free(b);
	free(wire);
	return 0;
}
