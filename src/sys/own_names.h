#ifndef SYS_OWN_NAMES_H
#define SYS_OWN_NAMES_H

#include "base/text.h"

/* What this machine is called: its host name, and what /etc/hosts has beside it. Nobody
 * is asked over the network. */
#define OWN_NAMES_MAX 4096 /* bytes; a name that does not fit is left out */

/* Comma list. Host names that cannot be in one are left out. */
void own_names_put(struct text *list);

/* The same from the name and the text of a hosts(5) file: of each line that has the name
 * (or it and a domain), all names. */
void own_names_from(struct text *list, struct span name, struct span hosts);

#endif
