#ifndef SUPPORT_SAID_H
#define SUPPORT_SAID_H

/* What the program under test writes to standard error: kept, until it is read here. */
void said_begin(void);

/* All since the last call, or since said_begin; valid until the next call. */
const char *said(void);

/* Standard error is what it was. */
void said_end(void);

#endif
