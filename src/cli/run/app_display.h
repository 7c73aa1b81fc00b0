#ifndef CLI_RUN_APP_DISPLAY_H
#define CLI_RUN_APP_DISPLAY_H

#include "cli/report/status.h"
#include "sys/loop.h"
#include "sys/screen.h"

/*
 * When something is shown while ddump runs, and where: lines on the terminal that standard
 * error is (status.h, screen.h), or a sentence in the log now and then.
 */
#define DISPLAY_PERIOD_NS   500000000u
#define DISPLAY_REDRAW_NS   50000000u /* behind a log line, at most so often */
#define DISPLAY_SENTENCE_NS UINT64_C(10000000000)
#define DISPLAY_SETTLE_NS   UINT64_C(5000000000) /* a pipeline has all its processes */

enum display_kind { DISPLAY_NONE, DISPLAY_SENTENCES, DISPLAY_LINES };

struct display_rates {
	struct status_rate packets;
	struct status_rate bytes;
};

struct display {
	enum display_kind kind;
	bool is_quiet_pipeline; /* nobody else writes on the terminal, as seen last */
	bool is_erased;		/* for a log line, or folded anew: to be drawn soon */
	uint64_t start_ns;
	uint64_t due_ns;   /* when the values are taken again */
	uint64_t taken_ns; /* and were taken last */
	uint64_t drawn_ns;
	struct status_row *rows; /* of all targets */
	struct display_rates *rates;
	struct loop_watch watch; /* signals of the terminal */
	struct screen screen;
};

struct app;

/* Before anything is watched or any thread made. A display that cannot be is none. */
void app_display_open(struct app *a);

/* The signals, once there is a loop: 0 or -errno. */
int app_display_watch(struct app *a);

/* When app_display_run is to be called; LOOP_NEVER. */
uint64_t app_display_deadline(const struct app *a);
void app_display_run(struct app *a, uint64_t now_ns);

/* Leaves the terminal clean. Legal without app_display_open. */
void app_display_close(struct app *a);

#endif
