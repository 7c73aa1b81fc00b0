#ifndef PCAP_SPLICE_PART_H
#define PCAP_SPLICE_PART_H

#include "pcap/splice.h"

/* One program on its way into the joint one; for splice.c only. */

/* Instruction codes that both files use. */
#define SPLICE_LD_W_ABS 0x20
#define SPLICE_LD_H_ABS 0x28
#define SPLICE_JA	0x05
#define SPLICE_JEQ_K	0x15
#define SPLICE_RET_K	0x06
#define SPLICE_AND_K	0x54

/* The kernel's metadata, loaded from offsets that no packet has (linux/filter.h). */
#define SPLICE_AD_OFFSET   0xfffff000u
#define SPLICE_AD_PROTOCOL (SPLICE_AD_OFFSET + 0)
#define SPLICE_AD_PKTTYPE  (SPLICE_AD_OFFSET + 4)
#define SPLICE_AD_IFINDEX  (SPLICE_AD_OFFSET + 8)
#define SPLICE_AD_HATYPE   (SPLICE_AD_OFFSET + 28)
#define SPLICE_AD_TAG	   (SPLICE_AD_OFFSET + 44) /* SKF_AD_VLAN_TAG: the whole TCI */
#define SPLICE_AD_HAS_TAG  (SPLICE_AD_OFFSET + 48)

/* From the link header on, which a cooked socket's packets do not begin with. */
#define SPLICE_LL_OFFSET 0xffe00000u

/* SPLICE_OK, or SPLICE_TOO_LONG when the n instructions do not fit. */
enum splice_result splice_part_append(struct splice_program *out,
				      const struct splice_insn *insns, size_t n);

/* The program as splice_join describes it, behind what *out holds. */
enum splice_result splice_part_append_program(struct splice_program *out,
					      const struct splice_select *select,
					      const struct splice_program *program,
					      bool is_exclude);

#endif
