/* The shared table's memory and its bell; what the states mean is its users' business. */
#include "worker/slots.h"

#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

struct slots *
slots_new(int *bell)
{
	struct slots *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return NULL;
	*bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (*bell >= 0)
		return s;
	munmap(s, sizeof(*s));
	return NULL;
}

void
slots_ring(int bell)
{
	uint64_t one = 1;

	if (write(bell, &one, sizeof(one)) < 0)
		return; /* full: the front has not looked yet, and will */
}

const char *
slots_end_text(enum slot_end end)
{
	switch (end) {
	case SLOT_END_NONE:
		return "died";
	case SLOT_END_CLIENT:
		return "client gone";
	case SLOT_END_COUNT:
		return "count reached";
	case SLOT_END_DURATION:
		return "duration reached";
	case SLOT_END_INTERFACE:
		return "interface gone";
	case SLOT_END_SHUTDOWN:
		return "worker stopped";
	case SLOT_END_LOOP:
		return "it captured its own stream";
	case SLOT_END_FAILED:
		return "failed";
	case SLOT_END_VALIDATED:
		return "validated";
	}
	return "unknown";
}
