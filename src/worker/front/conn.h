#ifndef WORKER_FRONT_CONN_H
#define WORKER_FRONT_CONN_H

#include "http/server.h"
#include "sys/loop.h"
#include "worker/front/answer.h"
#include "worker/front/broker.h"
#include "worker/front/evict.h"

/*
 * One client connection of the front. It is in one of these states; what it waits for
 * follows from the state alone (conn_interest, conn_deadline_ns).
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
	CONN_CLOSED	/* to be freed by the loop */
};

#define CONN_BYTES_MAX (56u * 1024) /* the README's limits table has it */

struct conn {
	struct loop_watch watch;
	struct broker *broker;
	struct conn *next_dead;
	bool has_more;	 /* conn_step ended with more to do: call it again soon */
	uint64_t serial; /* of all connections: the lower, the older */
	uint32_t number; /* its place in the front's table */
	enum conn_state state;
	uint64_t since_ns; /* when this state began, or the last request ended */
	uint64_t turn_ns;  /* since when the client could have sent what it owes */
	bool has_answered;
	bool is_reserve; /* for GET /captures/ID, and nothing else */
	bool is_head;	 /* the current request is HEAD */
	bool is_validation;
	bool is_last;  /* this answer ends the connection, whatever HTTP allows */
	uint32_t slot; /* in STARTING */
	uint8_t counted_id[REQUEST_ID_SIZE]; /* in COUNTING */
	struct net_address peer;
	bool has_uid; /* a unix socket's client */
	uint32_t uid;
	size_t sent;
	struct text out; /* in out_mem, or in large */
	char *large;	 /* memory of a large answer until it is sent; else NULL */
	struct http_server http;
	struct request request;
	char out_mem[ANSWER_MAX];
};

/* Takes fd. NULL when there is no memory (fd is closed). */
struct conn *conn_new(struct broker *broker, uint32_t number, int fd,
		      const struct net_address *peer, uint64_t now_ns);
void conn_free(struct conn *c);

/*
 * Goes on as far as it can without waiting, but for CONN_STEPS_MAX steps at most, so that
 * a client that never lets up does not keep the others waiting: then c->has_more is set.
 */
#define CONN_STEPS_MAX 16

void conn_step(struct conn *c, unsigned ready, uint64_t now_ns);

unsigned conn_interest(const struct conn *c);
uint64_t conn_deadline_ns(const struct conn *c);
void conn_on_deadline(struct conn *c, uint64_t now_ns);

/* How the choice of whom to evict sees it. */
struct evict_seat conn_seat(const struct conn *c);

#define CONN_FULL_TEXT "too many connections; try again"

/* True between two requests, with nothing of the next one here. */
bool conn_is_idle(const struct conn *c);

/* Answers the current request; the bodies are copied. conn_refuse ends the connection. */
void conn_answer(struct conn *c, struct answer *a, uint64_t now_ns);
void conn_answer_text(struct conn *c, const char *type, struct span body,
		      uint64_t now_ns);
void conn_answer_problem(struct conn *c, unsigned status, struct span detail,
			 uint64_t now_ns);
void conn_refuse(struct conn *c, unsigned status, struct span why, uint64_t now_ns);

void conn_enter(struct conn *c, enum conn_state state, uint64_t now_ns);

/* The capture process of c failed, or the validation ended: answers. NO_INTERFACE is a
 * 400 that a client may tell apart. */
void conn_answer_failed(struct conn *c, unsigned status, struct span why,
			uint64_t now_ns);
void conn_answer_no_interface(struct conn *c, struct span why, uint64_t now_ns);
void conn_answer_valid(struct conn *c, uint64_t now_ns);

/* A place became free for a connection in QUEUED, or a slot changed that one in COUNTING
 * may wait for. */
void conn_take_turn(struct conn *c, uint64_t now_ns);

/* The capture process has taken over: gives up the socket without a word. */
void conn_hand_over(struct conn *c);

void conn_close(struct conn *c);

/* The worker stops: no further request; an answer under way is still sent. */
void conn_stop(struct conn *c);

#endif
