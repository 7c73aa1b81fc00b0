#ifndef CLI_RUN_CHOOSE_H
#define CLI_RUN_CHOOSE_H

#include "cli/options/options.h"
#include "cli/source/fleet.h"
#include "pcap/survey.h"
#include "sys/transport.h"

/*
 * The link type of the output: what is known of the types that the sources' packets have.
 * Regular files are looked through, the whole of them if need be: an interface may come late.
 */
struct choose {
	uint32_t linktype; /* of the first packet; INTERFACES_OPEN: none yet */
	bool is_mixed;	   /* others have another one */
	bool has_cooked;   /* one of them can be made a cooked one */
	bool is_open;	   /* the file of the source `next` is looked through */
	uint32_t next;	   /* sources before it are done */
	struct transport file;
	struct survey survey;
};

void choose_init(struct choose *c);
void choose_fini(struct choose *c);

/* What can be said as soon as the sources have started. True: it is decided. */
bool choose_at_once(struct interfaces *all, enum options_linktype wanted,
		    const struct fleet *f);

enum choose_result {
	CHOOSE_DONE,
	CHOOSE_AGAIN, /* at once: there is more to look through */
	CHOOSE_WAIT   /* for the sources */
};

/* While it is open: decides it when enough is known. */
enum choose_result choose_linktype(struct choose *c, struct interfaces *all,
				   enum options_linktype wanted, const struct fleet *f);

#endif
