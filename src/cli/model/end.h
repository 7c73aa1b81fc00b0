#ifndef CLI_MODEL_END_H
#define CLI_MODEL_END_H

#include "base/span.h"

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

#endif
