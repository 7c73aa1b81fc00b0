/*
 * Joins classic BPF programs for a Linux packet socket: tests on the packet's metadata,
 * then the programs of splice_part.c. It must not know libpcap, sockets, nor what a
 * filter is for.
 */
#include "pcap/splice.h"

#include <assert.h>

#include "pcap/splice_part.h"

#define PKTTYPE_OUTGOING 4   /* linux/if_packet.h */
#define HATYPE_LOOPBACK	 772 /* net/if_arp.h */
#define GROUP_MAX	 255 /* tests that reach one jump behind them */
#define VLAN_ID_MASK	 0x0fff
#define TPID_VLAN	 0x8100
#define TPID_QINQ	 0x88a8
#define TPID_QINQ1	 0x9100 /* before the standard; no tag to Linux */
#define TCI_OFFSET	 14	/* in an Ethernet frame */

/* One group of equal tests, all of which reach the jump that follows them. */
static enum splice_result
append_group(struct splice_program *out, const uint32_t *ifindexes, size_t n, size_t jump)
{
	struct splice_insn insn = {SPLICE_JEQ_K, 0, 0, 0};
	enum splice_result result = SPLICE_OK;

	for (size_t i = 0; i < n && result == SPLICE_OK; i++) {
		insn.jt = (uint8_t)(n - i - 1);
		insn.jf = i + 1 == n ? 1 : 0;
		insn.k = ifindexes[i];
		result = splice_part_append(out, &insn, 1);
	}
	insn = (struct splice_insn){SPLICE_JA, 0, 0, (uint32_t)jump};
	return result == SPLICE_OK ? splice_part_append(out, &insn, 1) : result;
}

/* A chain of groups; each group's jump passes the later groups and the final return. */
static enum splice_result
append_interfaces(struct splice_program *out, const uint32_t *ifindexes, size_t n)
{
	static const struct splice_insn load = {SPLICE_LD_W_ABS, 0, 0, SPLICE_AD_IFINDEX};
	static const struct splice_insn none = {SPLICE_RET_K, 0, 0, 0};
	enum splice_result result;

	if (n > SPLICE_MAX)
		return SPLICE_TOO_LONG;
	result = splice_part_append(out, &load, 1);
	while (n > 0 && result == SPLICE_OK) {
		size_t now = n < GROUP_MAX ? n : GROUP_MAX;
		size_t later = n - now;
		size_t jumps = (later + GROUP_MAX - 1) / GROUP_MAX;

		result = append_group(out, ifindexes, now, later + jumps + 1);
		ifindexes += now;
		n = later;
	}
	return result == SPLICE_OK ? splice_part_append(out, &none, 1) : result;
}

/* A packet on loopback shows twice, sent and received: the sent one goes, as in libpcap. */
static enum splice_result
append_direction(struct splice_program *out, const struct splice_select *select)
{
	static const struct splice_insn in[] = {
	    {SPLICE_LD_W_ABS, 0, 0, SPLICE_AD_PKTTYPE},
	    {SPLICE_JEQ_K, 0, 1, PKTTYPE_OUTGOING},
	    {SPLICE_RET_K, 0, 0, 0}};
	static const struct splice_insn only_out[] = {
	    {SPLICE_LD_W_ABS, 0, 0, SPLICE_AD_PKTTYPE},
	    {SPLICE_JEQ_K, 1, 0, PKTTYPE_OUTGOING},
	    {SPLICE_RET_K, 0, 0, 0}};
	static const struct splice_insn loopback[] = {
	    {SPLICE_LD_W_ABS, 0, 0, SPLICE_AD_PKTTYPE},
	    {SPLICE_JEQ_K, 0, 3, PKTTYPE_OUTGOING},
	    {SPLICE_LD_W_ABS, 0, 0, SPLICE_AD_HATYPE},
	    {SPLICE_JEQ_K, 0, 1, HATYPE_LOOPBACK},
	    {SPLICE_RET_K, 0, 0, 0}};
	enum splice_result result = SPLICE_OK;

	assert(!(select->is_in && select->is_out));
	if (select->is_in)
		return splice_part_append(out, in, sizeof(in) / sizeof(in[0]));
	if (select->is_out)
		result = splice_part_append(out, only_out,
					    sizeof(only_out) / sizeof(only_out[0]));
	if (result == SPLICE_OK && !select->has_loopback_copies)
		result = splice_part_append(out, loopback,
					    sizeof(loopback) / sizeof(loopback[0]));
	return result;
}

/*
 * What comes in has its tag in the metadata, whether the hardware took it off or Linux.
 * What this host sends has it there or in the frame (a raw socket's, or where the hardware
 * adds none), and then the protocol is the tag's.
 */
static enum splice_result
append_vlan(struct splice_program *out, uint32_t id)
{
	const struct splice_insn any[] = {{SPLICE_LD_W_ABS, 0, 0, SPLICE_AD_HAS_TAG},
					  {SPLICE_JEQ_K, 0, 5, 0},
					  {SPLICE_LD_W_ABS, 0, 0, SPLICE_AD_PROTOCOL},
					  {SPLICE_JEQ_K, 3, 0, TPID_VLAN},
					  {SPLICE_JEQ_K, 2, 0, TPID_QINQ},
					  {SPLICE_JEQ_K, 1, 0, TPID_QINQ1},
					  {SPLICE_RET_K, 0, 0, 0}};
	const struct splice_insn one[] = {
	    {SPLICE_LD_W_ABS, 0, 0, SPLICE_AD_HAS_TAG},
	    {SPLICE_JEQ_K, 2, 0, 0},
	    {SPLICE_LD_W_ABS, 0, 0, SPLICE_AD_TAG},
	    {SPLICE_JA, 0, 0, 5},
	    {SPLICE_LD_W_ABS, 0, 0, SPLICE_AD_PROTOCOL},
	    {SPLICE_JEQ_K, 2, 0, TPID_VLAN},
	    {SPLICE_JEQ_K, 1, 0, TPID_QINQ},
	    {SPLICE_JEQ_K, 0, 3, TPID_QINQ1},
	    {SPLICE_LD_H_ABS, 0, 0, SPLICE_LL_OFFSET + TCI_OFFSET},
	    {SPLICE_AND_K, 0, 0, VLAN_ID_MASK},
	    {SPLICE_JEQ_K, 1, 0, id},
	    {SPLICE_RET_K, 0, 0, 0}};

	if (id == SPLICE_VLAN_ANY)
		return splice_part_append(out, any, sizeof(any) / sizeof(any[0]));
	return splice_part_append(out, one, sizeof(one) / sizeof(one[0]));
}

enum splice_result
splice_join(const struct splice_select *select, const struct splice_program *excludes,
	    size_t n_excludes, const struct splice_program *user,
	    struct splice_program *out)
{
	struct splice_insn everything = {SPLICE_RET_K, 0, 0, UINT32_MAX};
	const struct splice_program match = {&everything, 1};
	enum splice_result result = SPLICE_OK;

	out->n = 0;
	if (select->ifindexes != NULL)
		result = append_interfaces(out, select->ifindexes, select->n_ifindexes);
	if (result == SPLICE_OK)
		result = append_direction(out, select);
	if (result == SPLICE_OK && select->is_vlan)
		result = append_vlan(out, select->vlan_id);
	for (size_t i = 0; i < n_excludes && result == SPLICE_OK; i++)
		result = excludes[i].n > 0
			     ? splice_part_append_program(out, select, &excludes[i], true)
			     : SPLICE_BAD;
	if (result != SPLICE_OK)
		return result;
	return splice_part_append_program(out, select, user->n > 0 ? user : &match,
					  false);
}
