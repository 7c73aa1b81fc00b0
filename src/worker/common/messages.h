#ifndef WORKER_COMMON_MESSAGES_H
#define WORKER_COMMON_MESSAGES_H

#include <stdint.h>

/*
 * What the front sends to the launcher, one SEQPACKET message each, told apart by size: a
 * struct request with the client's socket starts a capture; this one ends the capture in
 * the slot, whose client wants no more.
 */
struct message_stop {
	uint32_t slot;
};

#endif
