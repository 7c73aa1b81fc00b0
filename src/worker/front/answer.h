#ifndef WORKER_FRONT_ANSWER_H
#define WORKER_FRONT_ANSWER_H

#include "http/emit.h"

/*
 * Short answers as bytes: head and body in one text. With is_head the body is left out,
 * but counted (RFC 9110 9.3.2).
 */
#define ANSWER_MAX	8192 /* kept in the connection; larger ones get memory of their own */
#define ANSWER_HEAD_MAX 512

struct answer {
	unsigned status;
	const char *type; /* Content-Type */
	struct span body;
	bool is_head;
	bool must_close;
	const char *allow;    /* Allow, for 405; NULL: none */
	unsigned retry_after; /* seconds, for 503; 0: none */
};

/* t has room for the body and ANSWER_HEAD_MAX. */
void answer_emit(struct text *t, const struct answer *a);

/* Types of problems that programs tell apart (RFC 9457 section 3.1.1). */
#define ANSWER_PROBLEM_BLANK	    "about:blank"
#define ANSWER_PROBLEM_NO_INTERFACE "urn:ddump:no-interface"

/* An application/problem+json body (RFC 9457) with one sentence: detail. */
void answer_problem_body(struct text *t, const char *type, unsigned status,
			 struct span detail);

/* What GET / says. */
const char *answer_help(void);

#endif
