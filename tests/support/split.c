/*
 * Runs an incremental parser over every way to cut its input. It knows spans only.
 */
#include "support/split.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/edge.h"

static struct span
edge_span(const uint8_t *p, size_t n)
{
	return span_of(edge_copy(p, n), n);
}

static void
free_pieces(struct span *pieces, size_t count)
{
	for (size_t i = 0; i < count; i++)
		edge_free((uint8_t *)(uintptr_t)pieces[i].p);
}

static void
split_in_two(const uint8_t *p, size_t n, size_t at, split_run *run, void *ctx)
{
	struct span pieces[2] = {edge_span(p, at), edge_span(p + at, n - at)};
	char how[64];

	snprintf(how, sizeof(how), "cut at %zu of %zu", at, n);
	run(ctx, pieces, 2, how);
	free_pieces(pieces, 2);
}

/* One mapping for each byte would pass the kernel's limit: long inputs share a page. */
static void
split_bytes(const uint8_t *p, size_t n, split_run *run, void *ctx)
{
	struct span *pieces = calloc(n + 1, sizeof(*pieces));
	uint8_t *shared = edge_copy(p, n);

	if (pieces == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		pieces[i] =
		    n <= SPLIT_MANY ? edge_span(p + i, 1) : span_of(shared + i, 1);
	run(ctx, pieces, n, "byte by byte");
	if (n <= SPLIT_MANY)
		free_pieces(pieces, n);
	edge_free(shared);
	free(pieces);
}

void
split_all(const void *p, size_t n, split_run *run, void *ctx)
{
	struct span whole = edge_span(p, n);
	size_t step = n <= SPLIT_MANY ? 1 : n / 64;

	run(ctx, &whole, 1, "whole");
	free_pieces(&whole, 1);
	split_bytes(p, n, run, ctx);
	for (size_t at = 1; at < n; at += at < 8 || at + step >= n ? 1 : step)
		split_in_two(p, n, at, run, ctx);
}
