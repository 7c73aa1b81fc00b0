#ifndef WORKER_FRONT_FOREIGN_H
#define WORKER_FRONT_FOREIGN_H

#include "http/server.h"
#include "worker/common/config.h"

/*
 * Whether a page of another site made a browser ask: NULL, or why the request is refused
 * (a static sentence for a 403).
 *
 * A page that owns a name can point it at this worker once it is loaded (DNS rebinding);
 * to the browser, the answers are then the page's own. Scripts cannot take Accept-Encoding
 * and Accept-Language away (one can be emptied), and other clients do not send both.
 *
 * is_local: the client came through a unix socket, which no browser does.
 */
const char *foreign_fault(const struct http_request_head *head,
			  const struct http_target *target, const struct config *config,
			  bool is_local);

#endif
