#ifndef CLI_SOURCE_TLS_H
#define CLI_SOURCE_TLS_H

#include "cli/source.h"

/* TLS between a source's connection and its request, and what is said when it fails. */

/* Begins; source_tls_step follows. Without memory it ends in source_fail. */
void source_tls_start(struct source *s);

/* Goes on with the handshake: true once it is done. It may end in source_fail. */
bool source_tls_step(struct source *s);

/* What to do about the failure of the transport; NULL: nothing is known. */
const char *source_tls_advice(const struct source *s);

#endif
