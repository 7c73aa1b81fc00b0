#ifndef SYS_FILE_H
#define SYS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a path names. */
#define FILE_BEGIN 4 /* bytes of a regular file that are looked at */

struct file_facts {
	bool is_regular;
	uint64_t device; /* with inode: the same for all its names */
	uint64_t inode;
	size_t n; /* bytes of begin that are there: regular files only */
	uint8_t begin[FILE_BEGIN];
};

/* 0, or -errno: there is none, or it may not be seen. */
int file_look(const char *path, struct file_facts *facts);

#endif
