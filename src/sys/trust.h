#ifndef SYS_TRUST_H
#define SYS_TRUST_H

#include <stdbool.h>
#include <stddef.h>

struct text;

/* Finds and reads the files that certificates, keys and passphrases are in. */
#define TRUST_FILE_BYTES (8u * 1024 * 1024) /* the public roots are 0.25 MiB of text */

/*
 * Reads a file of at most TRUST_FILE_BYTES. *bytes has a NUL behind its *n bytes; the caller
 * gives it to trust_wipe, which overwrites and frees it (NULL is legal). False: *bytes is
 * NULL and `why` says "what PATH: reason".
 */
bool trust_read(const char *what, const char *path, char **bytes, size_t *n,
		struct text *why);
void trust_wipe(char *bytes, size_t n);

/* Overwrites what a secret was in, for good. */
void trust_clear(void *mem, size_t n);

/* Whether more than the file's owner may read it. */
bool trust_is_exposed(const char *path);

/* Takes what was read from path, borrowed for the call: the certificates found in it. */
struct trust_taker {
	size_t (*take)(struct trust_taker *taker, const char *bytes, size_t n);
};

/*
 * Hands over one file, or every regular file of a directory; links to names in the same
 * directory, which are a second name of each, are left out, and so are files that cannot be
 * read. Certificates found; 0: `why` says so.
 */
size_t trust_load(const char *path, struct trust_taker *taker, struct text *why);

/*
 * The machine's trust, as OpenSSL and Go look for it: SSL_CERT_FILE and SSL_CERT_DIR (a list
 * separated by colons) each take the place of the usual files and of the usual directories.
 * Of the usual files the first with a certificate counts; without both variables the usual
 * directories count only where there is no such file. Certificates found; 0: `why` lists
 * the places.
 */
size_t trust_load_default(struct trust_taker *taker, struct text *why);

#endif
