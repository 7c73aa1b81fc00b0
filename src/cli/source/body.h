#ifndef CLI_SOURCE_BODY_H
#define CLI_SOURCE_BODY_H

#include "cli/source/source.h"

/* The packets of a source: bytes to records in the merge. */
enum body_result {
	BODY_MORE,   /* all bytes are used up */
	BODY_PARKED, /* the merge has no room: the rest is in the stash */
	BODY_ENDED,  /* the response said so */
	BODY_FAILED  /* source_fail was called */
};

/* Works on s->raw (or what is parked and stashed). */
enum body_result source_body_feed(struct source *s, uint64_t now_ns);

/* The bytes ended here: whether they might sets the state; a failure is logged. */
void source_body_end(struct source *s);

/* Bytes to read at most; 0: wait for room. */
size_t source_body_room(const struct source *s);

/* Fails: packets of this link type cannot go into the output. */
void source_body_refuse_linktype(struct source *s, uint32_t linktype);

/* Forgets what is parked and stashed. */
void source_body_drop(struct source *s);

#endif
