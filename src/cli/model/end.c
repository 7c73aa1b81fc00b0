/* The words by which workers tell why a stream ends. */
#include "cli/model/end.h"

enum end_kind
end_parse(struct span comment, struct span *words)
{
	static const char *const kinds[] = {
	    [END_COUNT] = "count",	 [END_DURATION] = "duration",
	    [END_LIMIT] = "limit",	 [END_INTERFACE] = "interface",
	    [END_SHUTDOWN] = "shutdown", [END_STOPPED] = "stopped",
	    [END_LOOP] = "loop",
	};
	struct span rest = comment;
	struct span kind = span_split(&rest, ':');

	for (unsigned i = END_COUNT; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		*words = span_trim(rest);
		if (span_eq(kind, span_str(kinds[i])))
			return (enum end_kind)i;
	}
	*words = span_trim(comment);
	return END_UNTOLD;
}

bool
end_is_final(const struct savefile_statistics *st)
{
	return st->interface_id == 0 && (st->has & SAVEFILE_HAS_USRDELIV) != 0;
}

const char *
end_cut(const struct end_facts *f)
{
	if (f->http_reason)
		return f->http_reason;
	if (f->file_reason)
		return f->file_reason;
	return f->is_ddump && !f->is_final ? "the worker's last block is missing" : NULL;
}
