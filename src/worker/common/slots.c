/* The shared table's memory and its bell; what the states mean is its users' business. */
#include "worker/common/slots.h"

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

static const struct {
	const char *kind;
	const char *text;
} ends[] = {
    [SLOT_END_NONE] = {"died", "died"},
    [SLOT_END_CLIENT] = {"client", "client gone"},
    [SLOT_END_COUNT] = {"count", "count reached"},
    [SLOT_END_DURATION] = {"duration", "duration reached"},
    [SLOT_END_INTERFACE] = {"interface", "interface gone"},
    [SLOT_END_SHUTDOWN] = {"shutdown", "worker stopped"},
    [SLOT_END_STOPPED] = {"stopped", "stopped by its client"},
    [SLOT_END_LIMIT] = {"limit", "-max-duration reached"},
    [SLOT_END_LOOP] = {"loop", "more than 8 flows carry its own stream"},
    [SLOT_END_FAILED] = {"failed", "failed"},
    [SLOT_END_VALIDATED] = {"validated", "validated"},
};

/* A capture process may have written any number. */
static size_t
index_of(enum slot_end end)
{
	return (size_t)end < sizeof(ends) / sizeof(ends[0]) ? (size_t)end : SLOT_END_NONE;
}

const char *
slots_end_text(enum slot_end end)
{
	return ends[index_of(end)].text;
}

const char *
slots_end_kind(enum slot_end end)
{
	return ends[index_of(end)].kind;
}
