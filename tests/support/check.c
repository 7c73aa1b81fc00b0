/*
 * Failure messages of table-driven tests. It knows spans only: escaping is done here
 * again, since the program's own is under test.
 */
#include "support/check.h"

#include <stdio.h>

#define PRINT_MAX 2000

static void
print_bytes(const char *label, struct span s)
{
	size_t n = s.n < PRINT_MAX ? s.n : PRINT_MAX;

	fprintf(stderr, "  %s (%zu bytes): ", label, s.n);
	for (size_t i = 0; i < n; i++) {
		uint8_t c = s.p[i];

		if (c >= 0x20 && c < 0x7f && c != '\\')
			fputc(c, stderr);
		else
			fprintf(stderr, "\\x%02x", c);
	}
	fputs(n < s.n ? "...\n" : "\n", stderr);
}

static void
print_row(const char *file, int line, struct span input, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	print_bytes("input", input);
}

void
check_true(const char *file, int line, struct span input, bool ok, const char *what)
{
	if (ok)
		return;
	print_row(file, line, input, what);
	_fail(file, line);
}

void
check_u64(const char *file, int line, struct span input, uint64_t got, uint64_t want,
	  const char *what)
{
	if (got == want)
		return;
	print_row(file, line, input, what);
	fprintf(stderr, "  got %llu, want %llu\n", (unsigned long long)got,
		(unsigned long long)want);
	_fail(file, line);
}

void
check_span(const char *file, int line, struct span input, struct span got,
	   struct span want, const char *what)
{
	bool is_same = got.n == want.n;

	for (size_t i = 0; is_same && i < got.n; i++)
		is_same = got.p[i] == want.p[i];
	if (is_same)
		return;
	print_row(file, line, input, what);
	print_bytes("got", got);
	print_bytes("want", want);
	_fail(file, line);
}
