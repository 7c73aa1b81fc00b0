#ifndef WORKER_COMMON_COMPILE_LIMITS_H
#define WORKER_COMMON_COMPILE_LIMITS_H

#include <stdbool.h>

/* What one filter may take of its process: it can cost libpcap seconds and gigabytes. */
#define COMPILE_MEMORY_BYTES (128u << 20) /* for one filter, on top of what is there */
#define COMPILE_BASE_BYTES   (48u << 20)  /* the process itself, with queue and stack */
#define COMPILE_CPU_S	     2		  /* processor time; past it SIGXCPU */
#define COMPILE_WALL_S	     4		  /* elapsed time; past it SIGALRM */
#define COMPILE_STACK_BYTES  (8u << 20)	  /* past it SIGSEGV at the guard page */

/* What it means that a signal ended a process that compiled: static text. */
const char *compile_limits_killed(int signal_number, bool may_resolve);

#endif
