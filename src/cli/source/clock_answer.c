/* A worker's clock, from what a server sends. It trusts no byte of it. */
#include "cli/source/clock_answer.h"

#include "base/num.h"

static void
skip_space(struct span *s)
{
	while (s->n > 0 &&
	       (s->p[0] == ' ' || s->p[0] == '\t' || s->p[0] == '\n' || s->p[0] == '\r'))
		span_take(s, 1);
}

/* Takes this part off *s, and the white space around it. */
static bool
take(struct span *s, const char *part)
{
	struct span wanted = span_str(part);
	bool is_there;

	skip_space(s);
	is_there = span_starts(*s, wanted);
	if (is_there)
		span_take(s, wanted.n);
	skip_space(s);
	return is_there;
}

static struct span
take_digits(struct span *s)
{
	size_t n = 0;

	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	return span_take(s, n);
}

bool
clock_answer_parse(struct span body, uint64_t *time_ns)
{
	struct span digits;

	*time_ns = 0;
	if (body.n > CLOCK_ANSWER_MAX || !take(&body, "{") ||
	    !take(&body, "\"time_ns\"") || !take(&body, ":"))
		return false;
	digits = take_digits(&body);
	if (digits.n > 1 && digits.p[0] == '0')
		return false;
	if (!take(&body, "}") || body.n > 0)
		return false;
	return num_parse_u64(digits, UINT64_MAX, time_ns);
}
