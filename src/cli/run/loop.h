#ifndef CLI_RUN_LOOP_H
#define CLI_RUN_LOOP_H

#include "cli/report/display.h"
#include "cli/report/messages.h"
#include "cli/run/pump.h"

enum run_phase {
	RUN_STARTING, /* which targets there are is being found out */
	RUN_RUNNING,
	RUN_STOPPING, /* the end was asked for: what was captured until then is written */
	RUN_FLUSHING, /* what the output holds is written, the last counts are fetched */
	RUN_OVER
};

/* One run: what it waits for, and how it comes to its end. */
struct run {
	const struct options *options;
	enum run_phase phase;
	struct loop loop;
	struct spawn_set children;
	struct loop_watch signal_watch;
	struct loop_watch sink_watch;
	struct fleet fleet;
	struct pump pump;
	struct writer writer;
	struct messages messages;
	struct display display;
	bool is_stopped;      /* by the user, a count, a time, or the reader */
	bool has_failed;      /* the output, or a person's patience */
	bool wants_no_counts; /* interrupted when only they were waited for */
	bool is_output_over;  /* that nothing more can be written has been dealt with */
	bool has_progress;    /* the merge may know more than when it was asked last */
	bool has_change;      /* of who captures, to be told */
	uint64_t end_ns;      /* when the duration is over */
	uint64_t missing_ns;  /* when to say who has not answered; LOOP_NEVER: said */
	uint64_t stall_ns;    /* when to warn about a reader that delays the end */
	uint64_t lag_looked_ns;
};

/* Watches signal_fd, the display's signals and the sink; 0 or -errno. */
int run_loop_open(struct run *r, int signal_fd);

/* The sources of the fleet start, and it runs until RUN_OVER. */
void run_loop(struct run *r);

/* Closes the file; what it returns is dealt with as in the run. */
void run_loop_close(struct run *r);

#endif
