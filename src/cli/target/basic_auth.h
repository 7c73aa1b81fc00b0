#ifndef CLI_TARGET_BASIC_AUTH_H
#define CLI_TARGET_BASIC_AUTH_H

#include "base/text.h"
#include "http/url.h"

/*
 * Adds a field with the URL's user and password, decoded (RFC 7617), to a head. False:
 * they are longer than any server takes, and nothing was added.
 */
bool basic_auth_put(struct text *out, const char *field, const struct http_url *url);

#endif
