#ifndef WORKER_CAPTURE_COMPILE_H
#define WORKER_CAPTURE_COMPILE_H

#include "worker/common/config.h"

/*
 * From the texts of a request to the one program that the kernel runs, under limits: a
 * filter can cost libpcap seconds and gigabytes (design.md section 1).
 */
#define COMPILE_MEMORY_BYTES (128u << 20) /* for one filter, on top of what is there */
#define COMPILE_BASE_BYTES   (48u << 20)  /* the process itself, with queue and stack */
#define COMPILE_CPU_S	     2		  /* processor time; past it SIGXCPU */
#define COMPILE_WALL_S	     4		  /* elapsed time; past it SIGALRM */
#define COMPILE_STACK_BYTES  (8u << 20)	  /* past it SIGSEGV at the guard page */

/*
 * Compiles and joins the exclusions, the metadata tests and the user's filter into out
 * (room for SPLICE_MAX). The process may die by one of the signals above: whoever reaps
 * it knows what that means.
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

/* What it means that a signal ended a process in one of them: static text. */
const char *compile_killed(int signal_number, bool may_resolve);

#endif
