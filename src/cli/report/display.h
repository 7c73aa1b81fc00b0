#ifndef CLI_REPORT_DISPLAY_H
#define CLI_REPORT_DISPLAY_H

#include "cli/options/options.h"
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

enum display_kind { DISPLAY_NONE, DISPLAY_SENTENCES, DISPLAY_LINES };

struct display_rates {
	struct status_rate packets;
	struct status_rate bytes;
};

struct display {
	enum display_kind kind;
	bool is_always; /* --progress always */
	bool is_erased; /* for a log line, or folded anew: to be drawn soon */
	uint64_t start_ns;
	uint64_t due_ns;   /* when the values are taken again */
	uint64_t taken_ns; /* and were taken last */
	uint64_t drawn_ns;
	struct status_row *rows; /* of all targets */
	struct display_rates *rates;
	struct loop_watch watch; /* signals of the terminal */
	struct screen screen;
};

/* Before anything is watched or any thread made. A display that cannot be is none.
 * is_shared: the packets go to a program that may print on the same terminal. is_printed:
 * they are printed on a terminal, and nothing else is. */
void display_open(struct display *d, const struct options *options, bool is_shared,
		  bool is_printed);

/* The signals, once there is a loop: 0 or -errno. */
int display_watch(struct display *d, struct loop *loop);

/* When display_run is to be called; LOOP_NEVER. */
uint64_t display_deadline(const struct display *d);

/* is_paused: the output takes nothing. */
void display_run(struct display *d, const struct views *views, bool is_paused,
		 uint64_t now_ns);

/* Leaves the terminal clean. Legal without display_open. */
void display_close(struct display *d);

#endif
