/* What -H takes. It knows no request. */
#include "cli/options/header.h"

#include <string.h>

#define OURS "not a field that can be given: ddump or its proxy sets it"

struct span
header_name(struct span field)
{
	return span_split(&field, ':');
}

struct span
header_value(struct span field)
{
	span_split(&field, ':');
	return span_trim(field);
}

/* RFC 9110 section 5.6.2 */
static bool
is_token(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f ||
		    strchr("\"(),/:;<=>?@[\\]{}", s.p[i]))
			return false;
	return s.n > 0;
}

static bool
has_controls(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

static bool
is_ours(struct span name)
{
	static const char *const names[] = {
	    "Host",	 "Connection",		"Content-Length", "Transfer-Encoding",
	    "Forwarded", "Proxy-Authorization", "Upgrade",	  "Expect",
	};
	static const char *const begins[] = {"Ddump-", "Sec-", "X-Forwarded-"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_eq_ci(name, span_str(names[i])))
			return true;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (span_take_prefix_ci(&name, begins[i]))
			return true;
	return false;
}

const char *
header_check(struct span field)
{
	struct span name = header_name(field);

	if (has_controls(field))
		return "not a field: it has a CR, an LF or another control byte";
	if (name.n == field.n || !is_token(name))
		return "not a field like 'Name: value'";
	if (is_ours(name))
		return OURS;
	return header_value(field).n > 0 ? NULL : "not a field: its value is empty";
}
