/*
 * From the bytes of a response or file to records in the merge: the path that every
 * packet takes. What the merge cannot take now is kept as it came, and nothing is read
 * until it is gone, so that no source holds more than one read.
 */
#include "cli/source/body.h"

#include <stdlib.h>
#include <string.h>

#include "base/copy.h"
#include "cli/source/clock.h"
#include "cli/source/retry.h"
#include "cli/source/tally.h"
#include "pcap/linktype.h"
#include "sys/log.h"

#define LEFT_TOLD_MAX 32 /* lines that a target's worker can cause */
#define HEADER_BYTES  16 /* of a classic record, the smaller of the two formats' */
#define QUEUED_EXTRA  32 /* bytes a record takes more in a queue than it has with this */
#define ALL_ROOM      64 /* a header that needs no more room in the queue */

static bool
has_bytes(const struct source *s)
{
	return s->is_parked || s->data.n > 0 || s->raw.n > 0;
}

static uint8_t *
move(uint8_t *to, struct span *s)
{
	if (s->n > 0)
		memcpy(to, s->p, s->n);
	s->p = to;
	return to + s->n;
}

/* The scratch is everybody's: what is left in it moves to a piece of the source's own. */
static bool
keep(struct source *s)
{
	size_t size = s->piece.n + s->data.n + s->raw.n;
	uint8_t *p;

	if (s->stash)
		return true;
	s->stash = malloc(size > 0 ? size : 1);
	if (!s->stash)
		return false;
	p = move(s->stash, &s->piece);
	p = move(p, &s->data);
	move(p, &s->raw);
	return true;
}

static void
drop_stash(struct source *s)
{
	free(s->stash);
	s->stash = NULL;
}

static bool
park(struct source *s, const struct savefile_record *record, struct span piece,
     uint32_t left)
{
	s->is_parked = true;
	s->record = *record;
	s->piece = piece;
	s->left = left;
	return false;
}

/* A record into the merge, with as much of it as is there. False: parked. */
static bool
put_record(struct source *s, const struct savefile_record *record, struct span piece,
	   uint32_t left, uint64_t merge_ns)
{
	struct merge *m = s->context->merge;
	uint8_t *bytes;

	if (merge_begin(m, s->id, record, merge_ns, &bytes) != MERGE_BEGUN)
		return park(s, record, piece, left);
	if (piece.n > 0)
		copy_bytes(bytes, piece.p, piece.n);
	s->is_final = false;
	s->open = left;
	if (left == 0)
		merge_commit(m, s->id);
	else
		s->place = bytes + piece.n;
	return true;
}

static void
put_piece(struct source *s, const struct savefile_out *out)
{
	copy_bytes(s->place, out->piece.p, out->piece.n);
	s->place += out->piece.n;
	s->open = out->left;
	if (out->left > 0)
		return;
	s->place = NULL;
	merge_commit(s->context->merge, s->id);
}

void
source_body_refuse_linktype(struct source *s, uint32_t linktype)
{
	const struct interfaces *all = s->context->interfaces;
	bool is_cooked = linktype_can_convert(linktype, SAVEFILE_LINKTYPE_SLL);
	char mem[128];
	struct text detail;

	text_init(&detail, mem, sizeof(mem));
	interfaces_put_linktype(&detail, linktype);
	text_str(&detail, ", the output has ");
	interfaces_put_linktype(&detail, all->linktype);
	source_fail(s, "its packets have link type ", text_span(&detail),
		    is_cooked ? "--linktype sll2 takes both"
			      : "--linktype native takes it where all others have it");
}

/* Our worker says filter and system once, for all its interfaces. */
static void
inherit(const struct source *s, struct savefile_interface *i)
{
	const struct interface *first;

	if (!s->reader.is_ddump || s->n_ids == 0)
		return;
	first = &s->context->interfaces->list[s->ids[0]];
	i->filter = i->filter.n > 0 ? i->filter : first->filter;
	i->os = i->os.n > 0 ? i->os : first->os;
}

static bool
put_interface(struct source *s, const struct savefile_interface *given)
{
	struct savefile_interface i = *given;
	uint32_t number;

	inherit(s, &i);
	switch (interfaces_add(s->context->interfaces, s->id, s->connection, s->target,
			       &i, &number)) {
	case INTERFACES_OK:
		s->ids[s->n_ids++] = (uint16_t)number;
		return true;
	case INTERFACES_LINKTYPE:
		source_body_refuse_linktype(s, i.linktype);
		return false;
	case INTERFACES_FULL:
		source_fail(s, "too many interfaces", span_str(""),
			    "name those that matter (-i)");
		return false;
	case INTERFACES_NO_MEMORY:
		source_fail(s, "out of memory", span_str(""), NULL);
		return false;
	}
	return false;
}

static void
take_end(struct source *s, struct span comment)
{
	struct span said;
	struct text words;

	s->end = end_parse(comment, &said);
	text_init(&words, s->end_words, sizeof(s->end_words));
	text_put(&words, said);
	text_cstr(&words);
}

static bool
takes_end(struct span *s, const char *end)
{
	struct span e = span_str(end);

	if (s->n < e.n || !span_eq(span_of(s->p + s->n - e.n, e.n), e))
		return false;
	s->n -= e.n;
	return true;
}

/* "loop: FLOW is left out": the worker keeps a flow out of its capture. */
static void
take_left(struct source *s, struct span comment)
{
	struct span kind = span_str("loop: ");
	char line[LOG_LINE_MAX];
	bool is_out, is_in;
	struct text t;

	if (!span_starts(comment, kind) || s->n_left_told == LEFT_TOLD_MAX)
		return;
	span_take(&comment, kind.n);
	is_out = takes_end(&comment, " is left out");
	is_in = !is_out && takes_end(&comment, " is let in again");
	if (!is_out && !is_in)
		return;
	s->n_left_told++;
	text_init(&t, line, sizeof(line));
	text_str(&t, s->target->name);
	text_str(&t, is_out ? ": leaves out " : ": lets in again ");
	text_escape(&t, comment);
	text_str(&t, is_out ? ": it carries this capture"
			    : ": it carries this capture no more");
	log_text(LOG_WARNING, &t);
}

/* A watermark of the whole stream comes with interface 0 of our own worker. */
static void
put_statistics(struct source *s, const struct savefile_statistics *st)
{
	interfaces_note_statistics(s->context->interfaces, s->ids[st->interface_id], st);
	if (!s->reader.is_ddump || st->interface_id != 0)
		return;
	merge_watermark(s->context->merge, s->id,
			s->slew ? clock_slew_map(s->slew, st->time_ns) : st->time_ns);
	if (st->time_ns > s->told_ns)
		s->told_ns = st->time_ns;
	s->is_final = end_is_final(st);
	if (s->is_final)
		take_end(s, st->comment);
	else
		source_clock_stamp(s, st->time_ns, CLOCK_OFFSET_MARGIN_NS);
	if (!s->is_final)
		take_left(s, st->comment);
	ledger_receive(&s->ledger, source_received(s));
	ledger_note(&s->ledger, st);
}

/* The format is known: from our own worker, only watermarks count. */
static void
start_format(struct source *s, uint64_t merge_ns)
{
	s->has_started = true;
	if (!s->reader.is_ddump)
		return;
	merge_end(s->context->merge, s->id);
	merge_start(s->context->merge, s->id, s->is_file ? MERGE_FILE : MERGE_LIVE, true,
		    merge_ns);
}

static const char *
advice_of(const struct source *s)
{
	if (s->has_started)
		return "what came before it is kept";
	return s->is_http ? "is that a ddump-worker, and the path right?"
			  : "is that a capture, and not compressed?";
}

static enum body_result
fail_savefile(struct source *s)
{
	char mem[160];
	struct text where;

	text_init(&where, mem, sizeof(mem));
	text_str(&where, s->reader.reason);
	text_str(&where, " at byte ");
	text_u64(&where, s->reader.offset);
	source_fail(s, "not a capture as it should be: ", text_span(&where),
		    advice_of(s));
	return BODY_FAILED;
}

/* A time that is ahead is wrong, and tells nothing. */
static void
note_time(struct source *s, uint64_t time_ns)
{
	if (time_ns > s->limit_ns)
		return;
	s->newest_ns = time_ns;
	if (time_ns > s->told_ns)
		s->told_ns = time_ns;
}

static enum body_result
feed_data(struct source *s, uint64_t merge_ns)
{
	struct savefile_out out;

	for (;;) {
		switch (savefile_reader_feed(&s->reader, &s->data, &out)) {
		case SAVEFILE_MORE:
			return BODY_MORE;
		case SAVEFILE_RECORD:
			out.record.interface_id = s->ids[out.record.interface_id];
			note_time(s, out.record.time_ns);
			if (s->slew)
				out.record.time_ns =
				    clock_slew_map(s->slew, out.record.time_ns);
			if (!put_record(s, &out.record, out.piece, out.left, merge_ns))
				return BODY_PARKED;
			break;
		case SAVEFILE_PIECE:
			put_piece(s, &out);
			break;
		case SAVEFILE_STATISTICS:
			put_statistics(s, &out.statistics);
			break;
		case SAVEFILE_INTERFACE:
			s->is_final = false;
			if (!put_interface(s, &out.interface))
				return BODY_FAILED;
			break;
		case SAVEFILE_START:
			start_format(s, merge_ns);
			break;
		case SAVEFILE_BAD:
			return fail_savefile(s);
		}
	}
}

static enum body_result
feed_raw(struct source *s, uint64_t merge_ns)
{
	struct http_response_head head;

	if (!s->is_http) {
		s->data = s->raw;
		s->raw.n = 0;
		return feed_data(s, merge_ns);
	}
	for (;;) {
		enum body_result rc = BODY_MORE;

		switch (http_client_feed(&s->http, &s->raw, &head, &s->data)) {
		case HTTP_CLIENT_DATA:
			rc = feed_data(s, merge_ns);
			break;
		case HTTP_CLIENT_END:
			return BODY_ENDED;
		case HTTP_CLIENT_HEAD_DONE:
		case HTTP_CLIENT_MORE:
			return BODY_MORE;
		case HTTP_CLIENT_BAD:
			source_fail(s,
				    "the stream is damaged: ", span_str(s->http.reason),
				    advice_of(s));
			return BODY_FAILED;
		}
		if (rc != BODY_MORE)
			return rc;
	}
}

static enum body_result
feed(struct source *s, uint64_t merge_ns)
{
	enum body_result rc = BODY_MORE;

	if (s->is_parked) {
		s->is_parked = false;
		if (!put_record(s, &s->record, s->piece, s->left, merge_ns))
			return BODY_PARKED;
		s->piece.n = 0;
	}
	if (s->data.n > 0)
		rc = feed_data(s, merge_ns);
	return rc == BODY_MORE ? feed_raw(s, merge_ns) : rc;
}

void
source_body_drop(struct source *s)
{
	s->is_parked = false;
	s->piece.n = 0;
	s->data.n = 0;
	s->raw.n = 0;
	drop_stash(s);
}

/* Once for all that was read together: none of it was captured after now. */
static void
set_limit(struct source *s)
{
	s->limit_ns = s->is_file ? UINT64_MAX : source_clock_limit(s);
	if (!s->is_file)
		merge_set_limit(s->context->merge, s->id,
				source_clock_merge_limit(s, s->limit_ns));
}

enum body_result
source_body_feed(struct source *s, uint64_t now_ns)
{
	enum body_result rc;

	set_limit(s);
	rc = feed(s, source_merge_ns(s->context, now_ns));

	if (rc == BODY_PARKED && keep(s))
		return BODY_PARKED;
	if (rc == BODY_PARKED) {
		source_fail(s, "out of memory", span_str(""), NULL);
		return BODY_FAILED;
	}
	source_body_drop(s);
	return rc;
}

/* A reason why the end is none; NULL when it may be one. */
static const char *
cut_of(struct source *s)
{
	bool is_bad = s->is_http && http_client_eof(&s->http) == HTTP_CLIENT_BAD;
	struct end_facts f = {.http_reason = is_bad ? s->http.reason : NULL,
			      .file_reason = savefile_reader_eof(&s->reader),
			      .is_ddump = s->reader.is_ddump,
			      .is_final = s->is_final};

	return end_cut(&f);
}

/* A whole answer in which no capture even began: asked again it would be the same. */
static bool
is_something_else(struct source *s)
{
	return s->is_http && !s->has_started &&
	       http_client_eof(&s->http) != HTTP_CLIENT_BAD;
}

/* Nothing was lost on the way: what the ledger still lacks nobody knows. */
static void
note_whole(struct source *s)
{
	ledger_receive(&s->ledger, source_received(s));
	if (!source_tally_has_id(s))
		ledger_end(&s->ledger);
}

void
source_body_end(struct source *s)
{
	const char *cut = cut_of(s);

	if (s->is_stopping) {
		s->state = SOURCE_ENDED;
		return;
	}
	if (cut && is_something_else(s)) {
		source_fail(s, "the answer is no capture: ", span_str(cut), advice_of(s));
		return;
	}
	if (cut) {
		source_lose(s, "the stream was cut: ", span_str(cut), advice_of(s));
		return;
	}
	s->is_unverified =
	    s->is_http && !s->reader.is_ddump && !http_client_is_verified(&s->http);
	if (!s->is_http || s->reader.is_ddump || !s->is_unverified)
		note_whole(s);
	source_end_as_told(s);
}

/* The room for records as large as the mean of this connection's so far: if they are
 * smaller, the rest goes to the stash. */
size_t
source_body_room(const struct source *s)
{
	uint64_t room = merge_read_size(s->context->merge, s->id, ALL_ROOM);
	uint64_t n = source_received(s);
	uint64_t mean = n > 0 ? s->reader.offset / n : HEADER_BYTES;

	if (has_bytes(s))
		return 0;
	room = room * mean / (mean + QUEUED_EXTRA);
	if (room < s->open)
		room = s->open;
	return room < SOURCE_SCRATCH ? (size_t)room : SOURCE_SCRATCH;
}
