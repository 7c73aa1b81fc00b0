/* The bytes of an exchange, out and in. What they say is not known here. */
#include "cli/link/talk.h"

#include "sys/loop.h"

/* Whether all is sent. */
static bool
send_on(struct exchange *e, struct transport *t, unsigned *wants)
{
	struct span left;
	size_t n = 0;
	int error;

	while ((left = exchange_unsent(e)).n > 0) {
		switch (transport_write(t, left.p, left.n, &n, &error)) {
		case TRANSPORT_DONE:
			exchange_note_sent(e, n);
			break;
		case TRANSPORT_WANTS_IN:
			*wants = LOOP_IN;
			return false;
		case TRANSPORT_WANTS_OUT:
			*wants = LOOP_OUT;
			return false;
		case TRANSPORT_END:
		case TRANSPORT_FAILED:
			exchange_send_no_more(e);
			break;
		}
	}
	return true;
}

static enum exchange_result
read_on(struct exchange *e, struct transport *t, uint8_t *scratch, unsigned *wants)
{
	size_t n;
	int error;

	switch (transport_read(t, scratch, TALK_READ_MAX, &n, &error)) {
	case TRANSPORT_DONE:
		return exchange_feed(e, span_of(scratch, n));
	case TRANSPORT_WANTS_IN:
		break;
	case TRANSPORT_WANTS_OUT:
		*wants = LOOP_OUT;
		break;
	case TRANSPORT_END:
		return exchange_end(e, true, "end of the connection");
	case TRANSPORT_FAILED:
		return exchange_end(e, false, transport_reason(t, error));
	}
	return EXCHANGE_MORE;
}

enum exchange_result
talk_step(struct exchange *e, struct transport *t, uint8_t *scratch, unsigned *wants)
{
	bool was_sent = exchange_unsent(e).n == 0;
	enum exchange_result result = EXCHANGE_MORE;

	*wants = LOOP_IN;
	if (!was_sent && (!send_on(e, t, wants) || !transport_has_pending(t)))
		return EXCHANGE_MORE;
	do
		result = read_on(e, t, scratch, wants);
	while (result == EXCHANGE_MORE && *wants == LOOP_IN && transport_has_pending(t));
	return result;
}
