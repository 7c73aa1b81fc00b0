#ifndef SYS_LIMITS_H
#define SYS_LIMITS_H

/* Raises the soft limit of open descriptors to the hard one: a target takes one or more. */
void limits_raise_files(void);

#endif
