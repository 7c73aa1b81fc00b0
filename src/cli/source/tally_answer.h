#ifndef CLI_SOURCE_TALLY_ANSWER_H
#define CLI_SOURCE_TALLY_ANSWER_H

#include "base/span.h"
#include "cli/model/ledger.h"

/* A worker's answer to GET /captures/ID: a flat JSON object of numbers and plain strings.
 * Members with other names are skipped. */
#define TALLY_ANSWER_MAX 1024 /* bytes; a newer worker may say more than ours */

struct tally_answer {
	struct ledger_counts counts;
	bool is_exact;
	bool is_limit; /* it ended because the operator allows no more */
	bool is_cut;   /* it had ended, though neither its client nor a limit wanted it */
	struct span end; /* its kind, borrowed from body; of plain letters where is_cut */
};

/* False: not such an answer. */
bool tally_answer_parse(struct span body, struct tally_answer *out);

#endif
