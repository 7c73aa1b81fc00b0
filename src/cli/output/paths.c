/* Between the merged stream and the core of --path: points, clocks, files. */
#include "cli/output/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/num.h"
#include "path/json.h"
#include "path/report.h"
#include "path/verdict.h"
#include "pcap/linktype.h"
#include "pcap/ng_options.h"
#include "sys/clock.h"
#include "sys/memory.h"

#define POINTS_EACH 3 /* directions of an interface */
#define WAIT_MS	    1000

int
paths_open(struct paths *p, const struct options *options, uint32_t n_sources,
	   const struct interfaces *interfaces)
{
	struct path_options o = {.wait_ns = options->path.wait_ns,
				 .payload = PATH_KEY_PAYLOAD,
				 .n_sources = n_sources};
	void *mem;

	p->interfaces = interfaces;
	p->left = options->count > 0 ? options->count : UINT64_MAX;
	p->bytes = path_overhead(n_sources) + options->path.memory_bytes;
	if (getrandom(o.seed, sizeof(o.seed), GRND_NONBLOCK) < 0)
		o.seed[0] = clock_realtime_ns();
	mem = memory_map(p->bytes);
	p->sources = calloc(n_sources, sizeof(*p->sources));
	if (!mem || !p->sources)
		return -ENOMEM;
	p->path = path_new(mem, p->bytes, &o);
	if (!p->path)
		return -ENOMEM;
	return options->path.json ? whole_file_open(&p->json, options->path.json) : 0;
}

void
paths_close(struct paths *p)
{
	free(p->points);
	free(p->sources);
}

/* "headers only", "headers and at most N bytes of payload": of ddump-worker. */
static uint32_t
granted(const struct interface *i)
{
	struct span rest = i->description;
	uint64_t v = PATH_KEY_PAYLOAD;

	if (span_eq(rest, span_str("headers only")))
		return 0;
	if (span_take_prefix_ci(&rest, "headers and at most "))
		num_parse_u64(span_take(&rest, span_find(rest, ' ')), UINT32_MAX, &v);
	return (uint32_t)v;
}

/* What every interface keeps of a packet is what can be compared; one with another filter
 * than the first's may not see what the first one sees. */
static void
look_at_interfaces(struct paths *p)
{
	const struct interface *first = p->interfaces->list;

	for (uint32_t n = 0; n < p->interfaces->n; n++) {
		const struct interface *i = &p->interfaces->list[n];
		bool is_known = i->filter.n > 0 && first->filter.n > 0;

		path_set_payload(p->path, granted(i));
		if (i->snaplen > 0 && i->snaplen < PATH_KEY_HEADERS + PATH_KEY_PAYLOAD)
			path_set_payload(p->path, i->snaplen > PATH_KEY_HEADERS
						      ? i->snaplen - PATH_KEY_HEADERS
						      : 0);
		if ((is_known || !p->sources[i->source].is_file) &&
		    !span_eq(i->filter, first->filter))
			path_sight_darken(&p->path->sight, i->source, 1, PATH_SIGHT_NONE,
					  PATH_BLIND_FILTER);
	}
}

static bool
grow(struct paths *p, uint32_t number)
{
	uint32_t cap = number + 64;
	uint16_t *points;

	if (number < p->points_cap)
		return true;
	points = realloc(p->points, cap * POINTS_EACH * sizeof(*points));
	if (!points)
		return false;
	memset(points + p->points_cap * POINTS_EACH, 0,
	       (cap - p->points_cap) * POINTS_EACH * sizeof(*points));
	p->points = points;
	p->points_cap = cap;
	return true;
}

/* PATH_NO_CLASS: no room. */
static uint16_t
point_of(struct paths *p, uint32_t number, enum path_direction direction)
{
	const struct interface *i = &p->interfaces->list[number];
	uint16_t *slot;

	if (!grow(p, number))
		return PATH_NO_CLASS;
	slot = &p->points[number * POINTS_EACH + direction];
	if (*slot == 0) {
		uint16_t point =
		    path_add_point(p->path, (uint16_t)i->source, direction, i->name);

		if (point == PATH_NO_CLASS)
			return point;
		*slot = (uint16_t)(point + 1);
	}
	return (uint16_t)(*slot - 1);
}

static enum path_direction
direction_of(const struct interface *i, const struct savefile_record *record,
	     const uint8_t *data)
{
	uint32_t flags = linktype_direction(i->linktype, data, record->caplen);

	if (flags == 0)
		flags =
		    record->options != 0 ? ng_options_flags(record, data) : record->flags;
	switch (flags & 3) {
	case 1:
		return PATH_IN;
	case 2:
		return PATH_OUT;
	default:
		return PATH_UNKNOWN;
	}
}

static uint64_t
correct(const struct paths *p, uint32_t source, uint64_t time_ns)
{
	int64_t offset_ns = p->sources[source].offset_ns;

	if (offset_ns > 0 && (uint64_t)offset_ns > time_ns)
		return 0;
	return time_ns - (uint64_t)offset_ns;
}

bool
paths_take(struct paths *p, const struct savefile_record *record, const uint8_t *data)
{
	const struct interface *i = &p->interfaces->list[record->interface_id];
	struct path_packet packet = {.time_ns = correct(p, i->source, record->time_ns)};
	uint32_t at = linktype_payload(i->linktype, data, record->caplen, &packet.type);
	struct paths_source *source = &p->sources[i->source];

	if (source->is_file)
		path_sight_note_file(&p->path->sight, i->source, packet.time_ns);
	if (p->path->n_observations == 0)
		look_at_interfaces(p);
	packet.point = point_of(p, record->interface_id, direction_of(i, record, data));
	if (packet.point == PATH_NO_CLASS || at == LINKTYPE_NONE)
		return false;
	packet.data = span_of(data + at, record->caplen - at);
	packet.wire = record->origlen > at ? record->origlen - at : 0;
	if (path_take(p->path, &packet) != PATH_TAKEN_SHORT)
		return false;
	path_sight_darken(&p->path->sight, i->source, 1, PATH_SIGHT_NONE,
			  PATH_BLIND_SHORT);
	if (source->has_told_short)
		return false;
	source->has_told_short = true;
	return true;
}

void
paths_update(struct paths *p, uint32_t source, const struct path_state *state,
	     int64_t offset_ns)
{
	struct path_state corrected = *state;

	p->sources[source].offset_ns = offset_ns;
	p->sources[source].is_file = state->is_file;
	corrected.mark_ns = state->mark_ns > 0 ? correct(p, source, state->mark_ns) : 0;
	path_sight_update(&p->path->sight, source, &corrected);
	path_set_bound(p->path, (uint16_t)source,
		       state->is_file ? PATH_SIGHT_NONE : state->bound_ns);
}

void
paths_judge(struct paths *p, uint64_t safe_ns)
{
	path_judge(p->path, safe_ns);
}

void
paths_end(struct paths *p, uint64_t now_ns)
{
	p->end_ns = now_ns;
	path_set_end(p->path, now_ns);
}

bool
paths_is_settled(const struct paths *p, uint64_t safe_ns)
{
	uint64_t margin_ns =
	    p->path->options.wait_ns * 2 + 4 * path_sight_bound_ns(&p->path->sight);

	return safe_ns > p->end_ns && safe_ns - p->end_ns > margin_ns;
}

/* To the sink that packets would go to; NULL: they go elsewhere. */
static int
write_all(struct sink *sink, const struct text *t)
{
	size_t at = 0;

	while (at < t->n) {
		long n = sink ? sink_write(sink, (const uint8_t *)t->p + at, t->n - at)
			      : write(STDOUT_FILENO, t->p + at, t->n - at);

		if (n < 0 && !sink)
			return -errno;
		if (n < 0)
			return (int)n;
		if (n == 0)
			sink_wait(sink, WAIT_MS);
		at += (size_t)n;
	}
	return 0;
}

int
paths_report(struct paths *p, struct sink *sink, const struct options *options,
	     unsigned exit_status, const char **failed)
{
	char *mem = memory_map(PATH_JSON_MAX);
	struct text t;
	int rc;

	*failed = "standard output";
	if (!mem)
		return -ENOMEM;
	path_verdict_all(p->path);
	text_init(&t, mem, PATH_JSON_MAX);
	path_report_put(&t, p->path);
	rc = options->write_path || !options->path.json ||
		     strcmp(options->path.json, "-") != 0
		 ? write_all(options->write_path ? NULL : sink, &t)
		 : 0;
	if (rc < 0 || !options->path.json)
		return rc;
	*failed = options->path.json;
	t.n = 0;
	path_json_put(&t, p->path, exit_status);
	rc = whole_file_write(&p->json, t.p, t.n);
	if (rc < 0) {
		whole_file_close(&p->json, false);
		return rc;
	}
	return whole_file_close(&p->json, true);
}
