/* What a run comes to. */
#include "cli/run/verdict.h"

enum app_status
verdict_of(const struct options *o, const struct fleet *f, bool has_failed)
{
	bool has_end = o->duration_ns > 0 || o->count > 0;
	uint32_t n_started = 0;
	uint32_t n_failed = 0;
	uint32_t n_short = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		n_started += source_has_started(&f->sources[i]);
		n_failed += source_has_failed(&f->sources[i]);
		n_short += has_end && f->sources[i].is_limited;
	}
	if (has_failed || (n_started == 0 && n_failed == f->n))
		return APP_FAILED;
	if (o->requires_all && f->n_refused > 0)
		return APP_FAILED;
	return n_failed + n_short > 0 ? APP_PARTIAL : APP_OK;
}
