#ifndef PATH_CLASSES_H
#define PATH_CLASSES_H

#include "path/figures.h"
#include "path/order.h"
#include "path/sight.h"

/*
 * Paths: sets of points that saw the same packets, each with its order; and segments, two
 * neighbours in such an order, with what happened between them.
 */
#define PATH_CLASSES_MAX  1024u
#define PATH_SEGMENTS_MAX 1024u
#define PATH_FIGURES_MAX  128u /* segments whose delays are kept */
#define PATH_POINTS_MAX	  4096u
#define PATH_NO_CLASS	  UINT16_MAX
#define PATH_NO_SEGMENT	  UINT16_MAX
#define PATH_TARGET	  0x8000u /* as a segment's end: a target, at no known interface */
#define PATH_VOTES	  32u	  /* packets that decide the order of a class */

struct path_class {
	uint64_t set; /* hash of the points */
	uint64_t packets, bytes;
	struct path_order order;
	uint16_t segments[PATH_SEEN_MAX]; /* from point i to i + 1 */
	uint8_t n_votes, n_for; /* what has voted, and for this order more than against */
};

struct path_counts {
	uint64_t packets; /* seen at its begin, and expected at its end */
	uint64_t lost;
	uint64_t lost_bytes;
	uint64_t alike;	  /* of the lost ones: which of several equal ones is not known */
	uint64_t guessed; /* of the lost ones: bytes over the size of a segment */
	uint64_t duplicates;
	uint64_t missed; /* its end did not see what was seen behind it */
	uint64_t unknown[PATH_BLIND_N];
};

struct path_segment {
	uint16_t from, to;
	bool has_sure_order;
	struct path_figures *delay; /* NULL: PATH_FIGURES_MAX have one */
	struct path_counts kept;    /* of flows that are forgotten */
	struct path_counts shown;   /* these, and those of flows that are there */
};

struct path_classes {
	struct path_class *list;
	struct path_segment *segments;
	uint16_t *slots; /* of the sets' hashes: class + 1; 2 * PATH_CLASSES_MAX */
	uint16_t *pairs; /* of the ends: segment + 1; 2 * PATH_SEGMENTS_MAX */
	struct path_figures *figures;
	uint32_t n, n_segments, n_figures;
};

size_t path_classes_bytes(void);
void path_classes_init(struct path_classes *c, void *mem);

/* The class of the entry's points, which votes for their order; PATH_NO_CLASS: too many. */
uint16_t path_classes_of(struct path_classes *c, const struct path_entry *e,
			 const struct path_point *points);

/* What was in the class: packets of so many bytes in all. */
void path_classes_count(struct path_classes *c, uint16_t class, uint64_t packets,
			uint64_t bytes);

/* The delays between the entry's observations, in the order of its class. */
void path_classes_delay(struct path_classes *c, uint16_t class,
			const struct path_entry *e, const struct path_point *points);

/* NULL: too many. */
struct path_segment *path_classes_segment(struct path_classes *c, uint16_t from,
					  uint16_t to);

/* Where the point stands in the order; n: it does not. */
uint16_t path_classes_place(const struct path_class *class, uint16_t point);

#endif
