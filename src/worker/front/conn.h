#ifndef WORKER_FRONT_CONN_H
#define WORKER_FRONT_CONN_H

#include "http/server.h"
#include "sys/net.h"
#include "worker/front/answer.h"
#include "worker/front/evict.h"

/*
 * One client connection of the front: bytes to requests, answers to bytes. It is in one of
 * these states; what it waits for follows from the state alone (conn_interest,
 * conn_deadline_ns). It knows no path, no broker and no loop: its owner does what
 * conn_step returns.
 *
 *   READING --request--> WRITING --> READING | LINGERING
 *           --capture--> QUEUED -> STARTING --> (handed over) | WRITING
 *           --captures/ID?stop=1--> COUNTING --> WRITING
 */
enum conn_state {
	CONN_READING,
	CONN_WRITING,
	CONN_QUEUED,	/* a validation that waits for its turn */
	CONN_STARTING,	/* a capture process has been asked for */
	CONN_COUNTING,	/* its capture is stopped: waits for the last counts */
	CONN_LINGERING, /* answered for the last time; the client's bytes are read away */
	CONN_CLOSED	/* to be freed */
};

enum conn_result {
	CONN_WAITS,   /* for what conn_interest says, or CLOSED */
	CONN_MORE,    /* stopped after CONN_STEPS_MAX steps: step again, others first */
	CONN_REQUEST, /* c->http has it: conn_answer or conn_wait, then step again */
	CONN_BAD /* c->http.status and reason say why: conn_answer, then step again */
};

#define CONN_STEPS_MAX 16

#define CONN_HEAD_NS	UINT64_C(10000000000) /* for a request head to be complete */
#define CONN_RESERVE_NS UINT64_C(5000000000)  /* the same, on a place of the reserve */
#define CONN_IDLE_NS	UINT64_C(60000000000) /* between two requests */
#define CONN_WRITE_NS	UINT64_C(10000000000) /* for a client to take a short answer */
#define CONN_START_NS	UINT64_C(10000000000) /* for a capture process to say yes or no */
#define CONN_COUNT_NS	UINT64_C(5000000000)  /* for a capture to end that is stopped */
#define CONN_LINGER_NS	1000000000u /* to read away what follows a last answer */

struct conn {
	int fd;
	enum conn_state state;
	uint64_t since_ns; /* when this state began, or the last request ended */
	uint64_t turn_ns;  /* since when the client could have sent what it owes */
	bool has_answered;
	bool is_reserve; /* for GET /captures/ID, and nothing else: one request */
	bool is_head;	 /* the current request is HEAD */
	bool is_last;	 /* this answer ends the connection, whatever HTTP allows */
	struct net_address peer;
	bool has_uid; /* a unix socket's client */
	uint32_t uid;
	size_t sent;
	struct text out; /* in out_mem, or in large */
	char *large;	 /* memory of a large answer until it is sent; else NULL */
	struct http_server http;
	char out_mem[ANSWER_MAX];
};

/* Takes fd, which is non-blocking, until conn_fini. */
void conn_init(struct conn *c, int fd, const struct net_address *peer, bool is_reserve,
	       uint64_t now_ns);
void conn_fini(struct conn *c);

/* Goes on as far as it can without waiting. ready: of sys/loop.h. */
enum conn_result conn_step(struct conn *c, unsigned ready, uint64_t now_ns);

unsigned conn_interest(const struct conn *c);
uint64_t conn_deadline_ns(const struct conn *c);

/* True between two requests, with nothing of the next one here. */
bool conn_is_idle(const struct conn *c);

/* How the choice of whom to evict sees it; its serial is the owner's to set. */
struct evict_seat conn_seat(const struct conn *c);

/* Answers the current request, or what is there of one. */
void conn_answer(struct conn *c, struct answer *a, uint64_t now_ns);

/* The answer follows later: QUEUED, STARTING or COUNTING. The time of a state that it is
 * in already goes on. */
void conn_wait(struct conn *c, enum conn_state state, uint64_t now_ns);

void conn_close(struct conn *c);

/* The worker stops: no further request; an answer under way is still sent. */
void conn_stop(struct conn *c);

#endif
