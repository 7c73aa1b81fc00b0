#ifndef CLI_LINK_TALK_H
#define CLI_LINK_TALK_H

#include "cli/link/exchange.h"
#include "sys/transport.h"

/* An exchange over a transport. */
#define TALK_READ_MAX (16u * 1024) /* at once: what follows a head is kept at first */

/* Sends and reads on, into scratch of TALK_READ_MAX bytes. At MORE *wants is what the
 * transport waits for: LOOP_IN or LOOP_OUT. */
enum exchange_result talk_step(struct exchange *e, struct transport *t, uint8_t *scratch,
			       unsigned *wants);

#endif
