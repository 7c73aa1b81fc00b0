#ifndef SIM_SEAM_H
#define SIM_SEAM_H

#include "sim/net.h"

/*
 * What ddump does beside its connections: the output, look-ups and signals.
 */
struct sim_output {
	bool is_pipe;
	uint64_t bytes_s;  /* 0: no limit */
	size_t room_max;   /* of the pipe */
	uint64_t stall_ns; /* nothing is read from then on, until: */
	uint64_t resume_ns;
	uint64_t gone_ns; /* 0: the reader stays */

	uint8_t *bytes;
	size_t cap;
	size_t n;
	size_t taken; /* by the reader */
	uint64_t taken_ns;
	struct sim_write {
		size_t end;
		uint64_t at_ns;
	} * writes;
	size_t n_writes;
	size_t cap_writes;
};

extern struct sim_output sim_output;

struct sink;
struct span;
struct resolve;
struct resolve_request;

int sim_sink_open(struct sink *s);
long sim_sink_write(const uint8_t *p, size_t n);

int sim_resolve_init(struct resolve *r);
int sim_resolve_start(struct resolve *r, struct span host, uint16_t port, uint32_t id);
struct resolve_request *sim_resolve_take(struct resolve *r);
void sim_resolve_free(struct resolve_request *q);

int sim_signal_open(void);
void sim_signal_raise(int number);

int sim_address(int fd, void *address, unsigned *size);

#endif
