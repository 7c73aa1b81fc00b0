/* The clocks, as the one time type of this program. */
#include "sys/clock.h"

#include <assert.h>
#include <time.h>

static uint64_t
read_ns(clockid_t id)
{
	struct timespec t;
	int rc = clock_gettime(id, &t);

	assert(rc == 0);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t
clock_monotonic_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

uint64_t
clock_boottime_ns(void)
{
	return read_ns(CLOCK_BOOTTIME);
}

uint64_t
clock_realtime_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

void
clock_put_utc(struct text *t, uint64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / 1000000000u);
	char centiseconds = (char)(realtime_ns / 10000000u % 100);
	struct tm tm = {0};
	char date[32];

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	text_str(t, date);
	text_char(t, '.');
	text_char(t, (char)('0' + centiseconds / 10));
	text_char(t, (char)('0' + centiseconds % 10));
	text_char(t, 'Z');
}
