#ifndef SYS_LIMITS_H
#define SYS_LIMITS_H

#include <stdint.h>

/* Raises the soft limit of open descriptors to the hard one, and returns what is in force:
 * a target takes one or more. UINT64_MAX: no limit is known. */
uint64_t limits_raise_files(void);

#endif
