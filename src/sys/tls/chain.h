#ifndef SYS_TLS_CHAIN_H
#define SYS_TLS_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

struct text;
struct mbedtls_x509_crt;

/*
 * For mbedtls_ssl_set_verify, with the session's tls_engine_peer: called for each certificate
 * of the chain, the server's own last (depth 0). What is wrong is in the peer's reason then.
 */
int tls_chain_judge(void *peer, struct mbedtls_x509_crt *crt, int depth, uint32_t *flags);

/*
 * What a certificate has that the library cannot read, by its error: a phrase. NULL: it is
 * another error.
 */
const char *tls_chain_oddity(int error);

/*
 * Why the server's certificates could not be judged at all. is_due: their message was the
 * next. False: it is another error.
 */
bool tls_chain_explain(struct text *out, int error, bool is_due);

#endif
