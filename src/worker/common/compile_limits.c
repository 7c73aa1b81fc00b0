/* Signals to sentences, for whoever reaps a process that compiled. */
#include "worker/common/compile_limits.h"

#include <signal.h>

const char *
compile_limits_killed(int signal_number, bool may_resolve)
{
	if (signal_number == SIGALRM && may_resolve)
		return "the name server did not answer within the 4 s that a filter may "
		       "take: give an address";
	return "filter too complex: compiling it took more than the 2 s, 128 MiB and 8 MiB "
	       "of stack that a filter may take; shorten it or split it over several "
	       "captures";
}
