#ifndef CLI_OPTIONS_HEADER_H
#define CLI_OPTIONS_HEADER_H

#include "base/span.h"

/* Fields of requests that the user gives (-H). Pure. */

/*
 * NULL, or why "Name: value" is no field that may be sent (RFC 9110 section 5.5): a static
 * phrase without the value, which may be a secret. Those that frame a message, name its
 * host, or say what a worker leaves out of a capture are ddump's own.
 */
const char *header_check(struct span field);

/* Takes the field apart; the value without space around it. */
struct span header_name(struct span field);
struct span header_value(struct span field);

#endif
