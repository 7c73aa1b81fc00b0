/* Sets --path up, and has its report written. */
#include "cli/run/ways.h"

#include "sys/log.h"

/* A target that --expect names; false: there is none. */
static bool
expect(struct paths *paths, const struct target *targets, uint32_t n, struct span name)
{
	for (uint32_t i = 0; i < n; i++)
		if (span_eq(name, span_str(targets[i].name)))
			return path_expect(paths->path, (uint16_t)i);
	fault_say(span_str("--expect"), "it names no target, or more than 64");
	return false;
}

enum app_status
ways_open(struct paths *paths, const struct pump *pump, const struct target *targets,
	  uint32_t n)
{
	const struct options *o = pump->options;
	struct span rest = span_str(o->path.expect ? o->path.expect : "");
	int rc;

	if (!o->path.is_wanted)
		return APP_OK;
	if (n < 2)
		log_line(LOG_WARNING, "--path: one target: nothing to compare but its "
				      "interfaces");
	rc = paths_open(paths, o, n, pump->interfaces);
	if (rc < 0)
		return fault_errno("--path", rc);
	while (rest.n > 0)
		if (!expect(paths, targets, n, span_split(&rest, ',')))
			return APP_USAGE;
	return APP_OK;
}

enum app_status
ways_report(struct pump *pump, unsigned exit_status)
{
	const char *failed;
	int rc;

	if (!pump->paths)
		return APP_OK;
	pump_look_at_paths(pump, true);
	rc = paths_report(pump->paths, &pump->writer->sink, pump->options, exit_status,
			  &failed);
	return rc < 0 ? fault_errno(failed, rc) : APP_OK;
}
