#ifndef CLI_OUTPUT_ROTATION_H
#define CLI_OUTPUT_ROTATION_H

#include "base/text.h"

/*
 * One capture after the other in files of bounded size or time: their names, and which of
 * them may stay. It opens and removes nothing.
 */
struct rotation {
	const char *path; /* as given with -w, borrowed */
	uint64_t number;  /* of the present file, from 1; 0: none yet */
	uint32_t keep;	  /* files that may stay, the present one included; 0: all */
	uint64_t *begun;  /* Unix times of the last keep + 1 files, by their numbers */
};

/* False: no memory. rotation_fini is legal behind both, and in a zeroed struct. */
bool rotation_init(struct rotation *r, const char *path, uint32_t keep);
void rotation_fini(struct rotation *r);

/*
 * Puts the name of the next file: "dir/cap.pcap" becomes
 * "dir/cap_00001_20261123T013000Z.pcap", with its number and the time when it began.
 */
void rotation_next(struct rotation *r, uint64_t unix_s, struct text *name);

/* Puts the name of the file that has to go because of the present one; false: none. */
bool rotation_oldest(const struct rotation *r, struct text *name);

#endif
