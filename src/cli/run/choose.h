#ifndef CLI_RUN_CHOOSE_H
#define CLI_RUN_CHOOSE_H

#include "cli/options/options.h"
#include "cli/source/fleet.h"

/* The link type of the output, in all->linktype. True: it is decided. */

/* What can be said as soon as the sources have started. */
bool choose_at_once(struct interfaces *all, enum options_linktype wanted,
		    const struct fleet *f);

/* While it is open: decides it when enough is known, and refuses what does not fit. */
bool choose_linktype(struct interfaces *all, enum options_linktype wanted,
		     struct fleet *f);

#endif
