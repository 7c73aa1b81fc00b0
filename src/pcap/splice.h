#ifndef PCAP_SPLICE_H
#define PCAP_SPLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Joins classic BPF programs for a Linux packet socket. The user's filter and ours are
 * compiled separately and put one behind the other as programs, never as one text, so
 * that no filter can change the meaning of ours. Pure: programs in, program out.
 */
#define SPLICE_MAX 4096 /* instructions the kernel takes (BPF_MAXINSNS) */

/* An instruction; the layout of struct sock_filter and struct bpf_insn. */
struct splice_insn {
	uint16_t code;
	uint8_t jt;
	uint8_t jf;
	uint32_t k;
};

struct splice_program {
	struct splice_insn *insns; /* caller-owned, room for SPLICE_MAX */
	size_t n;
};

enum splice_result {
	SPLICE_OK,
	SPLICE_TOO_LONG, /* more than SPLICE_MAX instructions */
	SPLICE_BACKWARD, /* a backward jump (libpcap's protochain): no kernel takes it */
	SPLICE_BAD	 /* a jump out of the program, an unknown instruction or offset,
			  * a computed return value, an empty exclude, an exclude that
			  * divides by a variable */
};

#define SPLICE_VLAN_ANY 4096 /* above every VLAN's number */

/* What the metadata tests let through, and what a match returns. */
struct splice_select {
	const uint32_t *ifindexes; /* NULL: every interface */
	size_t n_ifindexes;
	bool is_in;		  /* only packets not sent by this host */
	bool is_out;		  /* only packets sent by this host; never with is_in */
	bool has_loopback_copies; /* keep the outgoing copy on loopback as well */
	bool is_vlan;	      /* only packets whose outer VLAN tag is vlan_id; cooked */
	uint32_t vlan_id;     /* 0 to 4095 or SPLICE_VLAN_ANY */
	uint32_t cooked_size; /* 16 SLL, 20 SLL2, 0 native */
	uint32_t snaplen;     /* of the user, link header included; > 0 */
};

/*
 * *out = metadata tests of select, then each of the n_excludes programs ("match" returns
 * 0, "no match" falls through to what follows), then the user's program, whose matches
 * return the snaplen that the kernel is to keep. All but the metadata tests were compiled
 * by libpcap for a cooked (SLL or SLL2, as cooked_size says) or native link type; for
 * cooked ones every offset is moved to what the kernel sees on a cooked socket, where a
 * packet starts behind the link header: header fields become metadata loads, and the
 * packet length gets the header's size added. A user program of 0 instructions matches
 * everything. Anything but SPLICE_OK leaves *out undefined.
 *
 * An exclude that reads behind the end of a packet is no match either (for the kernel it
 * would end the whole program): its loads are guarded by tests of the length. An offset
 * computed by the filter that points into the cooked header (`link[...]`) is no match
 * unless it reads one of these fields as a whole.
 */
enum splice_result splice_join(const struct splice_select *select,
			       const struct splice_program *excludes, size_t n_excludes,
			       const struct splice_program *user,
			       struct splice_program *out);

#endif
