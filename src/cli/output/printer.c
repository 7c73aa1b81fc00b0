/* From a record to its lines: names, colors, time zone. */
#include "cli/output/printer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "sys/clock.h"

#define SECOND_NS UINT64_C(1000000000)
#define QUARTER_S 900 /* clocks are set forward and back at quarters of an hour */

static const char *const colors[] = {"\033[36m", "\033[33m", "\033[32m", "\033[35m",
				     "\033[34m", "\033[31m", "\033[96m", "\033[93m",
				     "\033[92m", "\033[95m", "\033[94m", "\033[91m"};

bool
printer_has_color(enum options_color color, bool is_terminal)
{
	const char *none = getenv("NO_COLOR"); /* no-color.org */

	if (color != OPTIONS_COLOR_AUTO)
		return color == OPTIONS_COLOR_ALWAYS;
	return (!none || none[0] == '\0') && is_terminal;
}

void
printer_init(struct printer *p, const struct print_options *options, bool has_color)
{
	print_init(&p->print, options, &p->flows);
	p->has_color = has_color;
	p->zone_quarter = UINT64_MAX;
	if (getrandom(p->flows.seed, sizeof(p->flows.seed), GRND_NONBLOCK) < 0)
		p->flows.seed[0] = clock_realtime_ns();
}

/* A worker's "any" is no interface: the target's name says all. */
static struct span
name_of(const struct interface *i)
{
	return span_eq(i->own, span_str("any")) ? span_str(i->target->name) : i->name;
}

static void
measure(struct printer *p, const struct interfaces *all)
{
	for (; p->n_known < all->n; p->n_known++) {
		size_t n = name_of(&all->list[p->n_known]).n;

		if (n > PRINTER_WIDTH_MAX)
			n = PRINTER_WIDTH_MAX;
		if (n > p->width)
			p->width = (uint8_t)n;
	}
}

static int32_t
zone_at(struct printer *p, uint64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / SECOND_NS);
	uint64_t quarter = (uint64_t)seconds / QUARTER_S;
	struct tm tm;

	if (quarter == p->zone_quarter)
		return p->zone_s;
	p->zone_quarter = quarter;
	p->zone_s = localtime_r(&seconds, &tm) ? (int32_t)tm.tm_gmtoff : 0;
	return p->zone_s;
}

size_t
printer_put(struct printer *p, const struct interfaces *all,
	    const struct savefile_record *record, const uint8_t *data, uint8_t *out)
{
	const struct interface *i = &all->list[record->interface_id];
	struct print_packet packet = {.time_ns = record->time_ns,
				      .zone_s = zone_at(p, record->time_ns),
				      .linktype = i->linktype,
				      .source = i->source,
				      .origlen = record->origlen,
				      .name = name_of(i),
				      .data = span_of(data, record->caplen)};

	measure(p, all);
	packet.name_width = p->width;
	if (p->has_color)
		packet.color = colors[i->source % (sizeof(colors) / sizeof(colors[0]))];
	return print_packet(&p->print, &packet, out);
}
