/* Files that a run would read and write. */
#include "cli/run/clash.h"

#include "sys/sink.h"

static bool
is_same(const char *output, const char *path)
{
	return output && sink_is_same_file(output, path);
}

/* Files in a row are new ones. */
static bool
is_written(const struct options *o, const char *path)
{
	bool is_row = o->rotate_bytes > 0 || o->rotate_ns > 0;

	return (!is_row && sink_is_same_file(o->write_path, path)) ||
	       is_same(o->stats_path, path) || is_same(o->path.json, path);
}

enum app_status
clash_refuse(const struct options *o, const struct target *list, size_t n)
{
	enum app_status status = APP_OK;

	for (size_t i = 0; i < n; i++) {
		if (list[i].ops->way != TARGET_OPEN || !is_written(o, list[i].text))
			continue;
		fault_say(span_str(list[i].text),
			  "it would be written, too; choose another file for -w, "
			  "--stats-json or --path-json");
		status = APP_USAGE;
	}
	return status;
}
