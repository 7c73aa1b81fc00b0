#ifndef PCAP_NG_PASSED_H
#define PCAP_NG_PASSED_H

#include "pcap/savefile.h"

/*
 * Blocks of pcapng that are about packets of any interface and pass from a file to the next:
 * Decryption Secrets (section 4.7) and Name Resolution (4.5). They are written anew, in
 * little-endian and without options, in blocks that fit: secrets are cut between lines.
 */
#define NG_PASSED_MAX 262144 /* bytes of a block that is written */

/* Whether blocks of this type pass. */
bool ng_passed_is(uint32_t type);

struct ng_passed {
	struct savefile_block block;
	uint32_t secrets_type;
	struct span rest;
};

/* body: the block without type and lengths, borrowed. */
void ng_passed_init(struct ng_passed *p, const struct savefile_block *block,
		    struct span body);

/* Writes the next block; its size, or 0: no more, or what is left is damaged. */
size_t ng_passed_next(struct ng_passed *p, uint8_t out[static NG_PASSED_MAX]);

#endif
