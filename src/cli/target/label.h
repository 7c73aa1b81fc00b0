#ifndef CLI_TARGET_LABEL_H
#define CLI_TARGET_LABEL_H

#include "base/span.h"

#define LABEL_MAX 63

/*
 * Takes "LABEL=" off *s; *label stays empty if there is none. A label precedes a path that
 * begins with "/", "./", "../" or is "-", "unix:", "exec:", a URL with its scheme, or
 * host[:port][/path][?query]. "a=b.pcap" is a file, "user=x@host" has a user: no labels.
 * NULL, or what is wrong with the label: a static phrase.
 */
const char *label_take(struct span *s, struct span *label);

/* Whether s may be a label: up to LABEL_MAX letters, digits, dots, hyphens and underscores. */
bool label_is(struct span s);

#endif
