#ifndef WORKER_FRONT_ANSWER_H
#define WORKER_FRONT_ANSWER_H

#include "http/emit.h"

/*
 * Short answers as bytes: head and body in one text.
 */
#define ANSWER_MAX	8192 /* kept in the connection; larger ones get memory of their own */
#define ANSWER_HEAD_MAX 512
#define ANSWER_SMALL	512 /* room for a short body: a sentence, a tally */

/* Types of problems that programs tell apart (RFC 9457 section 3.1.1). */
#define ANSWER_PROBLEM_BLANK	    "about:blank"
#define ANSWER_PROBLEM_NO_INTERFACE "urn:ddump:no-interface"

struct answer {
	unsigned status;  /* from 400 on: a problem, sent as application/problem+json */
	const char *type; /* Content-Type; of a problem: its own type */
	struct span body; /* of a problem: one sentence, at most ANSWER_SMALL bytes */
	bool must_close;
	char small[ANSWER_SMALL];
};

/* Status 200, with a body that is borrowed until answer_emit. */
void answer_text(struct answer *a, const char *type, struct span body);

/* Of type about:blank; detail is borrowed until answer_emit. */
void answer_problem(struct answer *a, unsigned status, struct span detail);

/* The last one of its connection. */
void answer_refuse(struct answer *a, unsigned status, struct span detail);

/* The same with a problem's type of its own. */
void answer_refuse_as(struct answer *a, unsigned status, const char *type,
		      struct span detail);

/* Its connection closes behind it. */
void answer_close(struct answer *a);

/* Bytes that answer_emit needs at most. */
size_t answer_size(const struct answer *a);

/*
 * t has room for answer_size. A 405 says what is allowed, a 503 when to come again. To a
 * HEAD the body is left out, but counted (RFC 9110 9.3.2).
 */
void answer_emit(struct text *t, const struct answer *a, bool is_head);

/* What GET / says. */
void answer_put_help(struct text *t);

#endif
