#ifndef CLI_TARGET_LOGINS_H
#define CLI_TARGET_LOGINS_H

#include "cli/target/target.h"

/*
 * Gives the targets that say no user, or no password, those of a .netrc file (netrc.h; ""
 * is ~/.netrc). What they were given stays on the heap for ever. False: `why` is one
 * sentence.
 */
bool logins_read(struct target *list, size_t n, const char *path, struct text *why);

/* Gives USER[:PASSWORD] to the targets that name no user; kept for ever, too. False: no
 * memory. */
bool logins_give(struct target *list, size_t n, const char *login);

#endif
