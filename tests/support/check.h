#ifndef SUPPORT_CHECK_H
#define SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/span.h"

/*
 * Table-driven tests: a vector carries the line it stands on, and a failure prints that
 * line and the input, so that the row is found without a debugger.
 */
#define CHECK_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The bytes of a string literal, which may hold NULs. */
#define CHECK_BYTES(literal)                                    \
	{                                                       \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}

/* Fails the test unless ok. what is a short phrase for the message. */
void check_true(const char *file, int line, struct span input, bool ok, const char *what);
void check_u64(const char *file, int line, struct span input, uint64_t got, uint64_t want,
	       const char *what);
void check_span(const char *file, int line, struct span input, struct span got,
		struct span want, const char *what);

#endif
