#ifndef WORKER_FRONT_RECORD_H
#define WORKER_FRONT_RECORD_H

#include "worker/common/request.h"
#include "worker/common/slots.h"

struct record_left {
	bool is_out;
	uint64_t packets;
	uint64_t bytes;
	char name[SLOTS_FLOW_SIZE];
};

/* offered = packets + own_packets + dropped, once nothing is captured any more. */
struct record_counts {
	uint64_t offered;
	uint64_t packets;
	uint64_t dropped;
	uint64_t own_packets;
	uint64_t own_bytes;
};

/*
 * What the front remembers of a capture: who asked for what, and at the end what became
 * of it. Told by /captures, /metrics and the audit log.
 */
struct record {
	struct request request;
	uint64_t started_real_ns;
	uint64_t ended_real_ns; /* 0: it runs */
	bool has_uid;
	uint32_t uid; /* of a unix socket's client */
	/* the slot's numbers when the capture had ended */
	enum slot_end end;
	int wait_status;
	struct record_counts counts;
	uint64_t bytes;
	bool is_counted;
	uint64_t stalled_ns;
	uint64_t broken_watermarks;
	uint32_t n_left;
	uint32_t told_out; /* a bit for each of left: the log says that it is out */
	struct record_left left[SLOTS_LEFT_MAX];
	char why[SLOTS_WHY_SIZE];
};

/* Copies the slot's present numbers. */
void record_update(struct record *r, const struct slot *s);

/* "10.0.0.1:5000", "unix uid 1000", each with ", for 192.0.2.1:77" behind a proxy. */
void record_put_client(struct text *t, const struct record *r);

/* "client gone", "died of signal 9". */
void record_put_end(struct text *t, const struct record *r);

/* Members of a JSON object, each behind a comma; packets: the name of that one. */
void record_put_counts(struct text *t, const struct record_counts *c,
		       const char *packets);

/* The audit log's lines, without time or newline. */
void record_put_start_line(struct text *t, uint32_t number, const struct record *r);
void record_put_end_line(struct text *t, uint32_t number, const struct record *r);

/*
 * A line of the log about a flow that has been left out, or let in again, since the last
 * one; false: there is none. Call it until then.
 */
bool record_put_left_line(struct text *t, uint32_t number, struct record *r);

/*
 * One JSON object, of /captures and of the JSON log (event: "start" or "end"; NULL none).
 * The filter is shortened to RECORD_FILTER_MAX, with its length in filter_bytes. With an
 * event the object is at most LOG_EVENT_MAX long, other texts shortened; without, they are
 * whole, in at most RECORD_JSON_MAX bytes.
 */
#define RECORD_FILTER_MAX \
	1200 /* after escaping: one thread writes 78 of them for anybody */
#define RECORD_JSON_MAX                                                              \
	(RECORD_FILTER_MAX + REQUEST_INTERFACES_MAX * (CAPTURE_NAME_SIZE * 6u + 3) + \
	 SLOTS_LEFT_MAX * (SLOTS_FLOW_SIZE * 6u + 128) + 4096u)

void record_put_json(struct text *t, uint32_t number, const struct record *r,
		     const char *event);

#endif
