#ifndef CLI_APP_STATE_H
#define CLI_APP_STATE_H

#include "base/tourney.h"
#include "cli/app.h"
#include "cli/output.h"
#include "cli/source.h"
#include "sys/sink.h"

/* What the app*.c files share; nobody else includes this. */
enum app_phase {
	APP_RUNNING,
	APP_DRAINING, /* no more input: what the merge holds is written */
	APP_FLUSHING, /* what the output holds is written */
	APP_OVER
};

#define APP_QUEUE_BYTES (256u * 1024) /* of a queue while there is plenty of memory */
#define APP_SPARE_NS	1000000000u   /* how often a queue's extra memory is taken back */

#define APP_AHEAD_MAX 64 /* reads of awaited sources in one round: the others come, too */

struct app {
	const struct options *options;
	enum app_phase phase;
	struct loop loop;
	struct resolve resolve;
	struct loop_watch signal_watch;
	struct loop_watch resolve_watch;
	struct loop_watch sink_watch;
	struct sink sink;
	bool is_sink_full;
	bool has_output_failed;
	bool is_stopped; /* by the user, a count, a time, or the reader */
	bool is_merge_done;
	bool has_progress; /* something was put into the merge after it was asked last */
	bool is_ready;	   /* all targets have answered or failed */

	struct target *targets;
	struct source *sources;
	uint32_t n;
	uint32_t n_pending;
	uint32_t n_over;
	uint32_t n_refused; /* failed before they answered */
	struct source_context context;
	struct ports ports;
	char ports_field[TARGET_PORTS_FIELD_MAX];
	struct tls_config *tls; /* NULL: no target is https */
	struct tourney deadlines;
	void *deadlines_mem;

	struct merge *merge;
	uint64_t start_ns;
	uint64_t wake_ns;  /* of the merge's clock */
	uint64_t left;	   /* records until the count is reached; UINT64_MAX: no count */
	uint64_t end_ns;   /* when the duration is over */
	uint64_t spare_ns; /* when memory was taken back last */

	struct output output;
	uint8_t scratch[SOURCE_SCRATCH];
};

/* Runs until APP_OVER. */
void app_loop_run(struct app *a);

/* No more input. Legal in any phase. */
void app_loop_stop(struct app *a);

/* "capturing on 7 of 8 targets (db2: 403 Forbidden)" */
void app_report_ready(const struct app *a);
void app_report_summary(const struct app *a);

/* The merge gives records, the output takes them. */
void app_pump(struct app *a, uint64_t now_ns);

/* Writes what waits as far as the sink takes it. */
void app_pump_flush(struct app *a);

/* The sink failed, or its reader has gone (-EPIPE, which is no failure): the end. */
void app_pump_fail(struct app *a, int error);

#endif
