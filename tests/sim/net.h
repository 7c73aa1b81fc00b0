#ifndef SIM_NET_H
#define SIM_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A network that is not there: time, descriptors, connections and epoll, all from a seed.
 * Time passes in sim_epoll_wait alone. Descriptors of the simulation lie behind SIM_FD_FIRST;
 * all others are the kernel's.
 */
#define SIM_MS	     UINT64_C(1000000)
#define SIM_SECOND   UINT64_C(1000000000)
#define SIM_FD_FIRST (1 << 20)
#define SIM_WALL_NS  (UINT64_C(1700000000) * SIM_SECOND) /* CLOCK_REALTIME at time 0 */
#define SIM_LOG_MAX  (1 << 20)

/* A way to a host. */
struct sim_link {
	uint64_t delay_ns;
	uint64_t jitter_ns;
	uint64_t bytes_s; /* 0: no limit */
	size_t window;	  /* bytes on the way and not read */
	size_t segment;	  /* at most so many bytes arrive at once */
	uint64_t down_ns; /* nothing passes until then */
};

enum sim_end { SIM_END_NONE, SIM_END_FIN, SIM_END_RST };

/* One connection. The bytes to ddump stay until the end, so that what was sent, what
 * arrived and what was read are numbers of the same bytes. */
struct sim_conn {
	struct sim_link *link;
	int fd; /* of ddump; -1: closed */
	bool is_open;
	int error; /* errno */
	uint8_t *bytes;
	size_t cap;
	size_t written; /* by the worker */
	size_t sent;
	size_t arrived;
	size_t read;	    /* by ddump */
	uint64_t unread_ns; /* since when it could read on and did not */
	uint64_t arrive_ns; /* of the last byte that was sent, and likewise: */
	uint64_t upload_ns;
	uint64_t
	    silent_ns; /* since when bytes, or their receipts, do not pass; 0: they do */
	enum sim_end end; /* behind what is sent, or written */
	bool has_ended;	  /* it has arrived */
	bool is_pushing;  /* an event will send more */
	size_t end_at;	  /* bytes in front of the end */
	uint8_t request[8192];
	size_t n_request;
	struct sim_conn *next; /* of all, for who owns them */
	void *host;
};

struct sim_socket;

/* What ddump's connections and requests lead to. */
struct sim_hooks {
	/* The way to address; NULL: there is no such host. *error: it refuses. */
	struct sim_link *(*find)(const void *address, void **host, int *error);
	void (*on_request)(struct sim_conn *c); /* c->request has grown */
	void (*on_closed)(struct sim_conn *c);	/* by ddump, or it is lost */
	void (*on_room)(struct sim_conn *c);	/* bytes have left it */
	void (*on_unheard)(struct sim_conn *c); /* a part of a request was lost */
};

void sim_begin(uint64_t seed, const struct sim_hooks *hooks, uint64_t end_ns);
uint64_t sim_now(void);
uint64_t sim_below(uint64_t n); /* 0 to n - 1 */
bool sim_chance(unsigned percent);
uint64_t sim_between(uint64_t a, uint64_t b); /* a to b */

/* Calls fn(arg) then. */
void sim_at(uint64_t at_ns, void (*fn)(void *arg), void *arg);

/* Time passes though nobody waits for events. */
void sim_pass(uint64_t ns);

/* The end of the simulation: what is over ends the process with a message. */
void sim_set_end(uint64_t end_ns);
/* How long bytes may wait to be read; 0: for ever. */
void sim_set_patience(uint64_t ns);
void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
const char *sim_log(void);
void sim_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The worker's side. */
void sim_send(struct sim_conn *c, const void *p, size_t n);
void sim_finish(struct sim_conn *c);		 /* behind all that was written */
void sim_cut(struct sim_conn *c, bool is_reset); /* behind what is sent */

/* A descriptor that is readable, or writable, while these say so. */
struct sim_fd_ops {
	bool (*is_in)(void);
	bool (*is_out)(void);
	bool (*is_gone)(void);
	long (*read)(void *p, size_t n);
};
int sim_fd_new(const struct sim_fd_ops *ops);

/* What the program calls. */
int sim_epoll_ctl(int op, int fd, const void *event);
int sim_epoll_wait(void *events, int max, int timeout_ms);
int sim_socket(int family);
int sim_connect(int fd, const void *address);
int sim_socket_error(int fd);
int sim_poll_one(int fd);
long sim_read(int fd, void *p, size_t n);
long sim_write(int fd, const void *p, size_t n);
int sim_close(int fd);
long sim_take_log(const void *p, size_t n);
const void *sim_peer(int fd);

#endif
