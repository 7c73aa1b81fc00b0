#ifndef CLI_TARGET_SECRETS_H
#define CLI_TARGET_SECRETS_H

#include <stddef.h>

/*
 * Takes passwords out of the command line, which everybody on the host can read in /proc:
 * a target with one becomes a copy on the heap, which stays for ever, and the password in
 * the argument itself is overwritten. targets point into argv. Without
 * memory for a copy it stays as it is.
 */
void secrets_hide(const char **targets, size_t n);

/* The same with all of an argument behind its first separator: USER:PASSWORD, Name: value.
 * NULL, or one without, stays as it is. */
void secrets_hide_behind(const char **argument, char separator);

#endif
