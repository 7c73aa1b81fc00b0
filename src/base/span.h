#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Borrowed bytes: a pointer and a length, never owned, never null-terminated.
 * An empty span may have any pointer.
 */
struct span {
	const uint8_t *p;
	size_t n;
};

/* The n bytes at p. */
struct span span_of(const void *p, size_t n);

/* The bytes of a C string without its terminator; borrowed as long as s lives. */
struct span span_str(const char *s);

/* Same length, same bytes. span_eq_ci folds ASCII letters, and nothing else. */
bool span_eq(struct span a, struct span b);
bool span_eq_ci(struct span a, struct span b);

/* Below, 0 or above zero, by bytes; a prefix comes first. */
int span_compare(struct span a, struct span b);
bool span_starts(struct span s, struct span prefix);

/* Whether s is longer than end and ends with it; ASCII letters of either case. */
bool span_ends_ci(struct span s, struct span end);

/* Index of the first byte c, or s.n if there is none. */
size_t span_find(struct span s, uint8_t c);

/* Takes the first min(n, s->n) bytes off s and returns them. */
struct span span_take(struct span *s, size_t n);

/* Takes prefix off s, ASCII letters of either case; false, and s as it was: it has another. */
bool span_take_prefix_ci(struct span *s, const char *prefix);

/* Takes suffix off the end of s; false, and s as it was: it has another. */
bool span_take_suffix(struct span *s, const char *suffix);

/* Takes the next word of a line off *s, with the spaces, tabs and carriage returns before
 * it; empty: there is none. */
struct span span_take_word(struct span *s);

/* s without leading and trailing bytes that are space or tab (OWS, RFC 9110 5.6.3). */
struct span span_trim(struct span s);

/*
 * Splits off what stands before the first sep: *rest keeps what follows it (empty
 * when there is no sep). Returns the part before. Loop while rest->n > 0.
 */
struct span span_split(struct span *rest, uint8_t sep);

#endif
