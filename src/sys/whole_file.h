#ifndef SYS_WHOLE_FILE_H
#define SYS_WHOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A file that is seen whole or not at all: written as PATH.tmp, renamed at the end. A
 * path that is no regular file and not new (a device, a fifo, a symbolic link) is written
 * as it is, and opened only then.
 */
struct whole_file {
	const char *path; /* borrowed; NULL: nothing is open */
	char *temporary;  /* NULL: written as it is */
	int fd;		  /* -1: not open yet */
};

/* Makes PATH.tmp anew, whatever it was. "-" is standard output. 0 or -errno, then nothing
 * is open. */
int whole_file_open(struct whole_file *f, const char *path);

/* All n bytes: 0 or -errno. */
int whole_file_write(struct whole_file *f, const char *p, size_t n);

/* Ends it: the file is there (0, or -errno), or, unless is_good, as it was before. */
int whole_file_close(struct whole_file *f, bool is_good);

#endif
