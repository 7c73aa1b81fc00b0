/* Reading a source's body, one read at a time, and what its end or loss means. */
#include "cli/source/read.h"

#include "cli/source/body.h"
#include "cli/source/clock.h"
#include "cli/source/retry.h"

static void
finish_body(struct source *s)
{
	source_body_end(s);
	if (s->state == SOURCE_ENDED)
		source_end(s);
}

void
source_read_feed(struct source *s, uint64_t now_ns)
{
	switch (source_body_feed(s, now_ns)) {
	case BODY_MORE:
	case BODY_PARKED:
	case BODY_FAILED:
		break;
	case BODY_ENDED:
		finish_body(s);
		break;
	}
	if (!s->reader.is_ddump)
		source_clock_stamp(s, s->newest_ns, 0);
}

/* Our worker's last block proves the end where TLS does not. */
static void
lose(struct source *s, int error)
{
	bool is_truncated = transport_cause(&s->transport) == TLS_CAUSE_TRUNCATED;

	if (is_truncated && s->reader.is_ddump && s->is_final) {
		finish_body(s);
		return;
	}
	source_lose(s,
		    is_truncated ? "the stream was cut: " : "the connection was lost: ",
		    span_str(transport_reason(&s->transport, error)),
		    "what came before it is kept");
}

void
source_read(struct source *s, uint64_t now_ns)
{
	size_t room = source_body_room(s);
	size_t n;
	int error;

	if (room == 0)
		return;
	switch (transport_read(&s->transport, s->context->scratch, room, &n, &error)) {
	case TRANSPORT_DONE:
		s->heard_ns = now_ns;
		lag_note_bytes(&s->lag, n);
		merge_heard(s->context->merge, s->id,
			    source_merge_ns(s->context, now_ns));
		s->raw = span_of(s->context->scratch, n);
		source_read_feed(s, now_ns);
		break;
	case TRANSPORT_WANTS_IN:
		break;
	case TRANSPORT_WANTS_OUT:
		s->wants = LOOP_OUT;
		break;
	case TRANSPORT_END:
		finish_body(s);
		break;
	case TRANSPORT_FAILED:
		lose(s, error);
		break;
	}
}

bool
source_read_feed_stash(struct source *s, uint64_t now_ns)
{
	const uint8_t *before = s->piece.p;

	source_read_feed(s, now_ns);
	return !s->is_parked || s->piece.p != before;
}

bool
source_read_ahead(struct source *s, uint64_t now_ns)
{
	uint64_t before = s->reader.offset;

	if (s->state != SOURCE_BODY || s->wants != 0)
		return false;
	if (s->is_parked)
		return source_read_feed_stash(s, now_ns);
	s->now_ns = now_ns;
	source_read(s, now_ns);
	source_note_change(s);
	return s->state != SOURCE_BODY || s->reader.offset != before;
}
