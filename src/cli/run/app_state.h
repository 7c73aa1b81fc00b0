#ifndef CLI_RUN_APP_STATE_H
#define CLI_RUN_APP_STATE_H

#include "base/tourney.h"
#include "cli/run/app.h"
#include "cli/run/app_display.h"
#include "cli/model/ifindexes.h"
#include "cli/output/writer.h"
#include "cli/source/source.h"
#include "sys/log.h"
#include "sys/pool.h"
#include "sys/whole_file.h"

/* What the app*.c files share; nobody else includes this. */
enum app_phase {
	APP_STARTING, /* which targets there are is being found out */
	APP_RUNNING,
	APP_STOPPING, /* the end was asked for: what was captured until then is written */
	APP_FLUSHING, /* what the output holds is written, the last counts are fetched */
	APP_OVER
};

#define APP_QUEUE_BYTES (256u * 1024) /* of a queue while there is plenty of memory */

/* With so many the queues' first memory of all is more than a huge page or two. Measured
 * with 1000 busy ones: a tenth of the processor time is saved. */
#define APP_HUGE_SOURCES 64

#define APP_SPARE_NS 1000000000u /* how often a queue's extra memory is taken back */

/* What the first interface blocks wait for the clocks, once all targets have answered: less
 * than packets do. */
#define APP_DESCRIBE_NS 50000000u

#define APP_OS_MAX 128 /* "Linux 6.12.1", as the machine calls itself */

/* Descriptors for everything but targets: files, look-ups, racing connections. */
#define APP_FILES_EXTRA 64

#define APP_AHEAD_MAX 64 /* reads of awaited sources in one round: the others come, too */

struct app {
	const struct options *options;
	enum app_phase phase;
	struct loop loop;
	struct resolve resolve;
	struct loop_watch signal_watch;
	struct loop_watch resolve_watch;
	struct loop_watch sink_watch;
	struct writer writer;
	bool has_output_failed;
	bool is_output_over; /* that nothing more can be written has been dealt with */
	bool is_stopped;     /* by the user, a count, a time, or the reader */
	bool is_merge_done;
	bool has_progress; /* something was put into the merge after it was asked last */
	bool is_ready;	   /* all targets have answered or failed */

	struct target *targets;
	struct resolve_request **answers; /* by target, while dns+ names are looked up */
	uint32_t n_looked_up;		  /* answers to come */
	struct source *sources;
	uint32_t n;
	uint32_t n_pending;
	uint32_t n_over;
	uint32_t n_counting; /* over, and the worker is asked for the last counts */
	uint32_t n_refused;  /* failed before they answered */
	struct source_context context;
	struct ports ports;
	char ports_field[TARGET_PORTS_FIELD_MAX];
	struct tls_config *tls; /* NULL: no target is https */
	struct proxy proxy;	/* context.proxy, if there is one */
	struct tourney deadlines;
	void *deadlines_mem;

	struct merge *merge;
	struct pool pool; /* of the merge's queues */
	uint64_t start_ns;
	uint64_t ready_ns; /* when is_ready became true */
	uint64_t wake_ns;  /* of the merge's clock */
	uint64_t end_ns;   /* when the duration is over */
	uint64_t spare_ns; /* when memory was taken back last */

	bool has_roster; /* app_report_changes has said who captures */
	bool has_roster_changed;
	uint64_t roster_ns;
	char roster[LOG_LINE_MAX - 128]; /* as said last; the log cuts longer lines */
	uint64_t hold_back_ns;		 /* as told last */
	uint64_t hold_back_told_ns;
	uint64_t lag_looked_ns;

	struct display display;
	struct whole_file stats;
	uint64_t begin_ns; /* of the wall clock */

	struct interfaces interfaces;
	struct ifindexes *ifindexes; /* by target; NULL: headers keep their own */
	char os[APP_OS_MAX];
	uint8_t scratch[SOURCE_SCRATCH];
};

/* "SUBJECT: what", the subject escaped; what is wrong with the set-up. */
void app_log_error(struct span subject, const char *what);
enum app_status app_log_errno(const char *subject, int error); /* APP_FAILED */
void app_log_failure(const struct writer *w);

/* Fills the targets from the options. What is wrong is logged. */
enum app_status app_targets_parse(struct app *a);

/* Puts the addresses of dns+ names in their place, which may take --connect-timeout, and
 * makes room for the sources. A signal ends the wait. */
enum app_status app_targets_expand(struct app *a);

#define APP_LOOK_UP \
	0x80000000u /* in the id of what it asks for: the rest is a target's */
void app_targets_take(struct app *a, struct resolve_request *q); /* takes q */

/* Runs until APP_OVER. */
void app_loop_run(struct app *a);

/* The handlers of the signals and of the sink. */
void app_loop_on_signal(struct loop_watch *w, unsigned ready, uint64_t now_ns);
void app_loop_on_sink(struct loop_watch *w, unsigned ready, uint64_t now_ns);

/* The end: what the workers have captured until now is still fetched, and written. Legal
 * in any phase. */
void app_loop_stop(struct app *a);

/* Does what the writer's result asks for. */
void app_loop_take(struct app *a, enum writer_result result);

/*
 * "capturing on 7 of 8 targets (db2: 403 Forbidden)": once all have answered or failed,
 * and at each change, but at most once a second; the last state is told in any case. The
 * deadline is when it is to be called.
 */
void app_report_changes(struct app *a, uint64_t now_ns);
uint64_t app_report_deadline(const struct app *a);

/* With -v: that the automatic hold-back is another, and whose doing it is. */
void app_report_hold_back(struct app *a, uint64_t now_ns);

/* Who is behind, and what would help: at most once a minute a target. */
void app_report_lag(struct app *a, uint64_t now_ns);

/* Once a target: that the time stamp of a packet lies in the future. */
void app_report_ahead(struct app *a, const struct merge_out *out);

void app_report_summary(const struct app *a);

/* --stats-json: before the run, and behind it; the status that ddump ends with then. */
enum app_status app_stats_open(struct app *a);
enum app_status app_stats_close(struct app *a, enum app_status status);

/* Opens the writer, on a file that nothing else reads or writes. Logs what fails. */
enum app_status app_output_open_file(struct app *a);

/* Before the sources start. False: no memory. */
bool app_output_open(struct app *a);

/* They have started: what can be said of the output's link type at once. */
void app_output_start(struct app *a);

/* Decides it as soon as enough is known. True when it is decided. */
bool app_output_decide(struct app *a);

void app_output_fini(struct app *a);

/* The merge gives records, the writer takes them. LAST, FAILED, GONE: it is to end. */
enum writer_result app_pump(struct app *a, uint64_t now_ns);

/* Tells the writer what ends a file, as far as it is known now: before it writes that. */
void app_pump_note_drops(struct app *a);

/* Packets that the output took and could not write go back to their sources' counts. */
void app_pump_count_unwritten(struct app *a);

#endif
