#ifndef CLI_OPTIONS_FOREIGN_H
#define CLI_OPTIONS_FOREIGN_H

#include "base/flag.h"

/* Flags of tcpdump, tshark, curl and ssh that ddump does not have, and what it has. */
#define OPTIONS_FOREIGN_N 106
extern const struct flag_foreign options_foreign[OPTIONS_FOREIGN_N];

#endif
