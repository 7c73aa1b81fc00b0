#ifndef WORKER_CAPTURE_COMPILE_H
#define WORKER_CAPTURE_COMPILE_H

#include "pcap/capture.h"
#include "worker/common/config.h"

/*
 * From the texts of a request to the one program that the kernel runs, under the limits of
 * common/compile_limits.h.
 */

/*
 * Compiles and joins the exclusions, the metadata tests and the user's filter into out
 * (room for SPLICE_MAX). The process may die by one of the signals of
 * common/compile_limits.h: whoever reaps it asks compile_limits_killed.
 */
enum capture_result compile_request(struct capture *c, const struct config *config,
				    const struct request *r, const uint32_t *ifindexes,
				    size_t n_ifindexes, struct splice_program *out,
				    struct text *why);

/*
 * The operator's filters alone, as each cooked capture will compile and join them: for a
 * start that is to find out about bad ones. It may die as above.
 */
enum capture_result compile_operators(struct capture *c, const struct config *config,
				      struct text *why);

#endif
