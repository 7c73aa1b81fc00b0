#ifndef PATH_WORDS_H
#define PATH_WORDS_H

#include "base/text.h"
#include "path/path.h"

/* Names for people and programs. */
extern const char *const path_words_blind[PATH_BLIND_N];       /* "kernel drops" */
extern const char *const path_words_unjudged[PATH_UNJUDGED_N]; /* "multicast" */

/* "target/interface", or the target's name alone (PATH_TARGET). */
void path_words_point(struct text *t, const struct path *p, uint16_t point);

/* "10.0.0.1:443"; of ICMP and the like without a port. */
void path_words_end(struct text *t, const struct path_tuple *tuple, int end);

/* "10.0.0.1:50001 > 10.0.0.2:443" */
void path_words_flow(struct text *t, const struct path_tuple *tuple);

/* "tcp", "udp", "icmp", "icmp6", "fragments", "protocol 47" */
void path_words_protocol(struct text *t, const struct path_tuple *tuple);

/* 4.1 from ms of three digits at least: "0.008", "1.23", "45.6", "1230" */
void path_words_ms(struct text *t, int64_t ns);

/* Of the points of both ways between two interfaces, the sum of the medians, in which the
 * errors of the clocks cancel. False: not both have delays. */
bool path_words_both_ways(const struct path *p, const struct path_segment *s,
			  int64_t *sum_ns);

#endif
