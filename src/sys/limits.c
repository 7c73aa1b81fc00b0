/* Process limits. */
#include "sys/limits.h"

#include <sys/resource.h>

uint64_t
limits_raise_files(void)
{
	struct rlimit files;
	rlim_t soft;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return UINT64_MAX;
	soft = files.rlim_cur;
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &files) < 0 ? soft : files.rlim_cur;
}
