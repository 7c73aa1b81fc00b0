#ifndef SUPPORT_BPF_MODEL_H
#define SUPPORT_BPF_MODEL_H

#include "base/span.h"
#include "pcap/splice.h"

/* Two interpreters of classic BPF: how libpcap runs a program, and how Linux does. */

/* What the kernel knows of a packet apart from its bytes. */
struct model_packet {
	uint16_t protocol;
	uint16_t hatype;
	uint8_t pkttype;
	uint32_t ifindex;
	bool has_tag;		 /* beside the packet, not in it */
	uint16_t tag;		 /* all 16 bits */
	struct span link;	 /* the link header in front of the payload, or empty */
	struct span payload;	 /* from the network layer on */
	uint8_t bytes[20 + 256]; /* room for the cooked header, the payload at 20 */
};

/*
 * The i-th packet of a series: the first are taken from life, the others random within
 * what the filters of the splice test look at, some of them cut short.
 */
void model_packet(uint64_t *rng, size_t i, struct model_packet *p);

/* Puts the SLL (16) or SLL2 (20) header before the payload and returns the whole. */
struct span model_cook(struct model_packet *p, uint32_t cooked_size);

/* libpcap's rules on packet; p answers metadata loads. What the program returns. */
uint32_t model_run_libpcap(const struct splice_program *program,
			   const struct model_packet *p, struct span packet);

/* Linux's rules on packet; metadata loads and wrapping offsets as there. */
uint32_t model_run_linux(const struct splice_program *program,
			 const struct model_packet *p, struct span packet);

/* NULL if Linux would take the program, else what is wrong. */
const char *model_check_linux(const struct splice_program *program);

#endif
