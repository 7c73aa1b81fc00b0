#ifndef CLI_OUTPUT_WRITER_H
#define CLI_OUTPUT_WRITER_H

#include "cli/options/options.h"
#include "cli/output/output.h"
#include "cli/output/rotation.h"
#include "sys/sink.h"

/*
 * The merged stream in its file, or in a row of files by size or age:
 *
 *   record --> output (memory) --whole records--> sink
 *
 * It reports by its results and logs nothing. After FAILED or GONE every call answers the
 * same and does nothing.
 */
#define WRITER_PATH_MAX	 4096	    /* as PATH_MAX: longer ones cannot be opened */
#define WRITER_FINISH_NS 200000000u /* what a person sees as at once */

enum writer_result {
	WRITER_OK,
	WRITER_FULL,   /* the sink takes nothing now; watch it, then writer_resume */
	WRITER_LAST,   /* this was the last record that --count allows */
	WRITER_FAILED, /* writer_put_failure says why */
	WRITER_GONE    /* the reader has gone, which is no failure */
};

struct writer {
	const struct options *options;
	enum writer_result state; /* never LAST */
	struct sink sink;
	struct rotation rotation;
	bool is_between;      /* the next file begins with the next record */
	uint64_t file_bytes;  /* written to the present file */
	uint64_t all_bytes;   /* and to those before it */
	uint64_t file_end_ns; /* when it has to end; LOOP_NEVER */
	uint64_t left;	    /* records until the count is reached; UINT64_MAX: no count */
	const char *failed; /* what did */
	int error;	    /* and its -errno */
	bool is_whole;	    /* after a failed write the file ends with a whole record */
	int kept_error;	    /* -errno: the oldest file could not be removed */
	char path[WRITER_PATH_MAX]; /* of the present one of several files */
	struct output output;
};

/* Opens the file, or the first of several. options are borrowed. writer_fini is legal behind
 * any result, and in a zeroed struct. */
enum writer_result writer_open(struct writer *w, const struct options *options);
void writer_fini(struct writer *w);

/* Whether path names the same regular file as the present one. */
bool writer_is_file(const struct writer *w, const char *path);

/* The present file as people know it. */
void writer_put_name(const struct writer *w, struct text *line);

/* The output as a whole: "cap.pcap", "3 files, the last one is cap_00003_....pcap". */
void writer_put_where(const struct writer *w, struct text *line);

/* "NAME: write: No space left on device: ...", of the failure. */
void writer_put_failure(const struct writer *w, struct text *line);

static inline bool
writer_is_over(const struct writer *w)
{
	return w->state >= WRITER_FAILED;
}

/* Writes what waits as far as the sink takes it; OK: that was all. */
enum writer_result writer_flush(struct writer *w);

/* The sink takes more again; its reader has gone. */
void writer_resume(struct writer *w);
enum writer_result writer_end_reader(struct writer *w);

/* Writes the interfaces that are known and not in the file yet; OK: all are. */
enum writer_result writer_describe(struct writer *w);

/* Whether the file is full, or over: writer_turn, then writer_describe, before a record. */
static inline bool
writer_is_due(const struct writer *w)
{
	uint64_t size = w->options->rotate_bytes;

	return w->is_between ||
	       (size > 0 && w->file_bytes + output_waiting(&w->output).n >= size);
}

/* Completes the present file and begins the next. kept_error is of this call. */
enum writer_result writer_turn(struct writer *w);

/* At file_end_ns: completes the present file; the next begins with the next record. */
enum writer_result writer_expire(struct writer *w, uint64_t now_ns);

/* As output_put_record. OK, or FULL: it was taken. */
enum writer_result writer_put_record(struct writer *w,
				     const struct savefile_record *record, uint32_t index,
				     const uint8_t *data);

/* Writes what ends a file; OK: all is written. */
enum writer_result writer_put_tail(struct writer *w);

/* The last write: completes the record that is written in part, if the sink takes it within
 * WRITER_FINISH_NS: else what reads the output finds it damaged. FAILED or GONE. */
enum writer_result writer_finish_begun(struct writer *w);

/* Closes the current file. FAILED also if the system reports a full disk only now. */
enum writer_result writer_close(struct writer *w);

#endif
