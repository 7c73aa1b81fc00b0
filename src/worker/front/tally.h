#ifndef WORKER_FRONT_TALLY_H
#define WORKER_FRONT_TALLY_H

#include "worker/front/record.h"

/*
 * The counts of captures that have ended, for the client that asks by the capture's ID:
 * what it did not get is a number, too. It knows no slot and no connection.
 */
#define TALLY_MAX     256 /* the newest ones; 16 captures that end every 4 s for a minute */
#define TALLY_KEPT_NS UINT64_C(60000000000)

struct tally {
	uint8_t id[REQUEST_ID_SIZE];
	uint64_t ended_ns; /* monotonic; 0: never used */
	enum slot_end end;
	bool is_exact;
	struct record_counts counts;
};

struct tallies {
	struct tally list[TALLY_MAX]; /* a ring: number n is the next */
	uint64_t n;
};

/* As the record has it now. */
struct tally tally_of(const struct record *r);

/* It has ended; one without an ID is not kept. */
void tally_add(struct tallies *all, const struct record *r, uint64_t now_ns);

/* NULL: unknown, or too old. Takes as long for any ID. */
const struct tally *tally_find(const struct tallies *all,
			       const uint8_t id[static REQUEST_ID_SIZE], uint64_t now_ns);

/* Whether these are the bytes, in a time that does not tell where they differ. */
bool tally_is_id(const uint8_t a[static REQUEST_ID_SIZE],
		 const uint8_t b[static REQUEST_ID_SIZE]);

/* Reads an ID of 32 hex digits. */
bool tally_parse_id(struct span s, uint8_t id[static REQUEST_ID_SIZE]);

/* One JSON object, see docs of GET /captures/ID; at most TALLY_JSON_MAX bytes. */
#define TALLY_JSON_MAX 512
void tally_put_json(struct text *t, const struct tally *tally);

#endif
