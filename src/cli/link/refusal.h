#ifndef CLI_LINK_REFUSAL_H
#define CLI_LINK_REFUSAL_H

#include "base/text.h"
#include "http/head.h"

/* An answer that is not what was asked for: its status, and what it says. No I/O. */
#define REFUSAL_BODY_MAX   4096 /* bytes of the body that are looked at */
#define REFUSAL_STATUS_MAX 448 /* of the status line, escaped, with a redirect's target */
#define REFUSAL_WAIT_NS	   2000000000u /* for the words behind the head */

struct refusal {
	unsigned status; /* 0: there is none */
	size_t line_size;
	size_t type_size;
	size_t body_size;
	char line[REFUSAL_STATUS_MAX];
	char type[64];
	uint8_t body[REFUSAL_BODY_MAX];
};

void refusal_begin(struct refusal *r, const struct http_response_head *head);

/* A piece of the body; true when no more of it is wanted. */
bool refusal_take(struct refusal *r, struct span data);

/* What it says for a person, escaped, at most PROBLEM_MAX bytes. False: nothing. */
bool refusal_put_words(const struct refusal *r, struct text *out);

/* "403 Forbidden: words", nothing in it unescaped. True when there are words. */
bool refusal_put(const struct refusal *r, struct text *out);

/* A capture of our worker's on an interface that is not there, as its type says. */
bool refusal_is_no_interface(const struct refusal *r);

/* Too many captures, a proxy whose worker is away: it may be better soon. */
bool refusal_is_passing(const struct refusal *r);

#endif
