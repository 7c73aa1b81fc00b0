#ifndef CLI_REPORT_MESSAGES_H
#define CLI_REPORT_MESSAGES_H

#include "cli/model/news.h"
#include "cli/model/view.h"
#include "sys/log.h"

/* The log lines about all targets together. */
struct messages {
	bool has_roster; /* who captures was said once */
	uint64_t roster_ns;
	uint64_t hold_back_ns; /* as told last */
	uint64_t hold_back_told_ns;
	char roster[LOG_LINE_MAX - 128]; /* as said last; the log cuts longer lines */
};

/*
 * "capturing on 7 of 8 targets (db2: 403 Forbidden)": once all have answered or failed,
 * and at each change, but not before messages_roster_due. True: it is to be said again.
 */
uint64_t messages_roster_due(const struct messages *m);
bool messages_tell_roster(struct messages *m, const struct views *views, uint64_t now_ns);

/* With -v: that the automatic hold-back is another, and whose doing it is (or NULL). */
void messages_tell_hold_back(struct messages *m, uint64_t new_ns, const char *slowest,
			     uint64_t now_ns);

/* That the time stamp of a packet lies in the future. */
void messages_tell_ahead(const char *name, bool is_file, uint64_t time_ns);

/* Who has neither answered nor failed yet; false: nobody. */
bool messages_tell_missing(const struct views *views);

/* The table of table.h, unless no target has ever answered. */
void messages_tell_summary(const struct views *views);

/* "wrote 8,875 packets, 8.7 MB to cap.pcap". */
void messages_tell_written(const struct views *views, uint64_t n_bytes,
			   struct span where);

#endif
