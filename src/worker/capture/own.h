#ifndef WORKER_CAPTURE_OWN_H
#define WORKER_CAPTURE_OWN_H

#include "pcap/flow.h"
#include "pcap/savefile.h"
#include "worker/common/request.h"

/*
 * Whether a packet carries a capture's own stream inside a tunnel (design.md section 7,
 * rule 7): what exclude.h keeps out as it is, seen a second time in VXLAN, Geneve, GRE or
 * IP in IP. Looked at here and not by the kernel's filter, which would need a program for
 * each kind of tunnel and each exclusion. Pure.
 */
struct own {
	const struct request *r;
	uint32_t linktype;
};

/* linktype: of the packets to come. r is borrowed. */
void own_init(struct own *o, const struct request *r, uint32_t linktype);

bool own_is_own(const struct own *o, const struct flow *inner);

static inline bool
own_is_tunnelled(const struct own *o, const struct savefile_record *record,
		 const uint8_t *data)
{
	struct flow inner;

	return flow_tunnelled(o->linktype, data, record->caplen, &inner) &&
	       own_is_own(o, &inner);
}

#endif
