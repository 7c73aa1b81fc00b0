#ifndef CLI_SOURCE_TELL_H
#define CLI_SOURCE_TELL_H

#include "cli/model/news.h"
#include "cli/source/tally.h"

/* Who failed or was lost, as error lines, one for all of which the same is said. */

/* A moment later, with others; words: without the name. */
void tell_later(struct news *news, const char *name, const struct text *words,
		uint64_t now_ns);

/* All that is there. */
void tell_now(struct news *news);

/* That a capture's counts cannot be had, and why: with all that is known once a run, as
 * through the same proxy all others will fail, too. */
void tell_uncounted(const char *name, const struct tally *t, bool is_first);

#endif
