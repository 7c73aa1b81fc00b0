#ifndef CLI_MODEL_END_H
#define CLI_MODEL_END_H

#include "base/span.h"
#include "pcap/savefile.h"

/* Why our worker ended a capture: the comment of its last statistics block, "KIND: words". */
enum end_kind {
	END_UNTOLD, /* an older worker, or a word that a newer one uses */
	END_COUNT,
	END_DURATION,
	END_LIMIT,     /* the operator's: asking again would only go around it */
	END_INTERFACE, /* gone: it may come back */
	END_SHUTDOWN,
	END_STOPPED, /* by GET /captures/ID?stop=1 */
	END_LOOP     /* it carried itself over too many flows */
};

/* *words is what follows the kind, borrowed; all of an unknown comment. */
enum end_kind end_parse(struct span comment, struct span *words);

/* Whether the block is our worker's last one: only that counts what was delivered of the
 * whole stream, which interface 0 stands for. */
bool end_is_final(const struct savefile_statistics *st);

/* What is known when no more bytes come. A reason is NULL where there is none. */
struct end_facts {
	const char *http_reason; /* the answer is not whole */
	const char *file_reason; /* the capture ends inside a block */
	bool is_ddump;		 /* our worker's stream */
	bool is_final;		 /* its last block was the last thing read */
};

/* Why the end is a loss; NULL: it is an end. */
const char *end_cut(const struct end_facts *f);

#endif
