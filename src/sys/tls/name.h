#ifndef SYS_TLS_NAME_H
#define SYS_TLS_NAME_H

#include "base/span.h"

struct text;

/* What a certificate may be for: names and addresses of a server (RFC 9525). Pure. */

/*
 * Whether the certificate's dNSName is for host. ASCII case does not count, nor does one
 * dot at the end of host. A wildcard is the whole left-most label, stands for exactly one
 * label, and at least two labels follow it.
 */
bool tls_name_matches(struct span dns_name, struct span host);

/*
 * The address that host is: 4 or 16 bytes in network order, a zone (%eth0) left out.
 * 0: it is a name.
 */
size_t tls_name_address(const char *host, uint8_t address[static 16]);

/* An iPAddress of a certificate: text for 4 or 16 bytes, else their number. */
void tls_name_put_address(struct text *out, struct span address);

#endif
