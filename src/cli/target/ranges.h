#ifndef CLI_TARGET_RANGES_H
#define CLI_TARGET_RANGES_H

#include "base/text.h"

/*
 * One word of the command line that stands for several targets: db1,db2 and db[1-9], also
 * r[1-2]n[01-16]. Zeros in front are kept. Pure.
 */
#define RANGES_TARGETS_MAX 8192 /* as many as a dns+ name has addresses */
#define RANGES_WORD_MAX	   1024 /* bytes of one of them, with its NUL */

/* Whether it may stand for several: it has a comma or a "[" behind a name's character, and
 * no "://", "/" or "?". */
bool ranges_is_several(struct span word);

/* Takes one target, borrowed, with a NUL behind it; false ends it. */
typedef bool ranges_put_fn(void *owner, const char *target);

/*
 * Puts each target of a word that is several. NULL, or what is wrong with it: a static
 * phrase; also when `put` returned false. Commas before an "@" belong to a password.
 */
const char *ranges_expand(struct span word, ranges_put_fn *put, void *owner);

#endif
