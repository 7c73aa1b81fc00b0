#ifndef SIM_RUN_H
#define SIM_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/net.h"

/* What a run is, as its seed decides it. */
#define SIM_ARGS_MAX  32
#define SIM_SETTLE_NS (45 * SIM_SECOND) /* longer than any delay between tries */

enum sim_stop { SIM_STOP_SIGNAL, SIM_STOP_TWICE, SIM_STOP_COUNT, SIM_STOP_DURATION };

struct sim_plan {
	uint64_t seed;
	bool is_calm;	 /* nothing goes wrong, and nothing is slow */
	bool is_settled; /* the end comes long after the last fault */
	bool is_pcapng;
	bool is_nano;
	bool is_reader_fast;
	uint64_t hold_back_ns; /* UINT64_MAX: auto */
	enum sim_stop stop;
	uint64_t count;
	uint64_t stop_ns;  /* when the signal comes, or would */
	uint64_t again_ns; /* of TWICE */
	uint64_t quiet_ns; /* the last fault is over */
	const char *argv[SIM_ARGS_MAX];
	int argc;
	char json_path[64];
};

/* SIM_RUNS runs; false: one of them did not tell the truth, and stderr says which. */
bool sim_run_all(void);

/* Fails the run (sim_fail) unless all that is told is true. */
void sim_judge(const struct sim_plan *plan, int status);

#endif
