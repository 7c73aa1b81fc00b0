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
