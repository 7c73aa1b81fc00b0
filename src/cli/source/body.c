/*
 * From the bytes of a response or file to records in the merge: the path that every
 * packet takes. What the merge cannot take now is kept as it came, and nothing is read
 * until it is gone, so that no source holds more than one read.
 */
#include "cli/source/body.h"

#include <stdlib.h>
#include <string.h>

#include "base/copy.h"
#include "cli/source/stranger.h"

void
body_init(struct body *b, const struct body_options *options)
{
	b->options = *options;
	savefile_reader_init(&b->reader);
}

void
body_fini(struct body *b)
{
	body_drop(b);
	blocks_drop(&b->block);
}

static enum merge_kind
kind_of(const struct body *b)
{
	return b->is_file ? MERGE_FILE : MERGE_LIVE;
}

void
body_join(struct body *b, bool is_file, uint64_t merge_ns)
{
	const struct body_options *o = &b->options;

	b->is_file = is_file;
	merge_start(o->merge, o->id, kind_of(b), false, merge_ns);
	b->is_in = true;
	b->is_http = false;
	b->is_final = false;
	b->open = 0;
	b->place = NULL;
	blocks_drop(&b->block);
	b->told_ns = 0;
	b->end = END_UNTOLD;
	b->end_words[0] = '\0';
	b->connection++;
	b->received_before = merge_counts(o->merge, o->id)->received;
	b->n_ids = 0;
	savefile_reader_init(&b->reader);
}

void
body_leave(struct body *b)
{
	if (b->is_in)
		merge_end(b->options.merge, b->options.id);
	b->is_in = false;
}

void
body_begin(struct body *b, const struct http_client *http, struct span type)
{
	struct text t;

	text_init(&t, b->type, sizeof(b->type));
	text_escape(&t, span_of(type.p, span_find(type, ';')));
	text_cstr(&t);
	b->is_http = true;
	b->http = *http;
}

uint64_t
body_received(const struct body *b)
{
	return merge_counts(b->options.merge, b->options.id)->received -
	       b->received_before;
}

void
body_put(struct body *b, struct span bytes)
{
	if (b->is_file && b->reader.offset == 0)
		savefile_reader_look(&b->reader, bytes);
	b->raw = bytes;
}

static uint8_t *
move(uint8_t *to, struct span *s)
{
	if (s->n > 0)
		memcpy(to, s->p, s->n);
	s->p = to;
	return to + s->n;
}

/* What was put is borrowed: what is left of it moves to a piece of our own. */
static bool
keep(struct body *b)
{
	size_t size = b->piece.n + b->data.n + b->raw.n;
	uint8_t *p;

	if (b->stash)
		return true;
	b->stash = malloc(size > 0 ? size : 1);
	if (!b->stash)
		return false;
	p = move(b->stash, &b->piece);
	p = move(p, &b->data);
	move(p, &b->raw);
	return true;
}

static bool
park(struct body *b, const struct savefile_record *record, struct span piece,
     uint32_t left)
{
	b->is_parked = true;
	b->record = *record;
	b->piece = piece;
	b->left = left;
	return false;
}

/* A record into the merge, with as much of it as is there. False: parked. */
static bool
put_record(struct body *b, const struct savefile_record *record, struct span piece,
	   uint32_t left, uint64_t merge_ns)
{
	struct merge *m = b->options.merge;
	uint8_t *bytes;

	if (merge_begin(m, b->options.id, record, merge_ns, &bytes) != MERGE_BEGUN)
		return park(b, record, piece, left);
	if (piece.n > 0)
		copy_bytes(bytes, piece.p, piece.n);
	b->is_final = false;
	b->open = left;
	if (left == 0)
		merge_commit(m, b->options.id);
	else
		b->place = bytes + piece.n;
	return true;
}

static void
put_piece(struct body *b, const struct savefile_out *out)
{
	copy_bytes(b->place, out->piece.p, out->piece.n);
	b->place += out->piece.n;
	b->open = out->left;
	if (out->left > 0)
		return;
	b->place = NULL;
	merge_commit(b->options.merge, b->options.id);
}

static void
put_block(struct body *b, const struct savefile_out *out)
{
	struct blocks_begun *block = &b->block;

	if (!blocks_take(block, out->piece, out->left))
		return;
	interfaces_add_block(b->options.interfaces, &block->block,
			     span_of(block->bytes, block->n));
	blocks_drop(block);
}

static enum body_result
fail(struct body *b, const char *what, const char *why, const char *advice)
{
	struct text t;

	text_init(&t, b->reason, sizeof(b->reason));
	text_str(&t, what);
	text_str(&t, why);
	text_cstr(&t);
	b->advice = advice;
	return BODY_BAD;
}

bool
body_refuse_linktype(struct body *b, uint32_t linktype)
{
	struct text t;

	text_init(&t, b->reason, sizeof(b->reason));
	b->advice = interfaces_put_refusal(&t, b->options.interfaces, linktype);
	text_cstr(&t);
	return savefile_reader_has_one_linktype(&b->reader);
}

/* Our worker says filter and system once, for all its interfaces. */
static void
inherit(const struct body *b, struct savefile_interface *i)
{
	const struct interface *first;

	if (!b->reader.is_ddump || b->n_ids == 0)
		return;
	first = &b->options.interfaces->list[b->ids[0]];
	i->filter = i->filter.n > 0 ? i->filter : first->filter;
	i->os = i->os.n > 0 ? i->os : first->os;
}

static enum body_result
put_interface(struct body *b, const struct savefile_interface *given)
{
	const struct body_options *o = &b->options;
	struct savefile_interface i = *given;
	uint32_t number;

	inherit(b, &i);
	switch (
	    interfaces_add(o->interfaces, o->id, b->connection, o->target, &i, &number)) {
	case INTERFACES_OK:
		b->ids[b->n_ids++] = (uint16_t)number;
		return BODY_MORE;
	case INTERFACES_FULL:
		return fail(b, "too many interfaces", "", "name those that matter (-i)");
	case INTERFACES_NO_MEMORY:
		break;
	}
	return fail(b, "out of memory", "", NULL);
}

static void
take_end(struct body *b, struct span comment)
{
	struct span said;
	struct text words;

	b->end = end_parse(comment, &said);
	text_init(&words, b->end_words, sizeof(b->end_words));
	text_put(&words, said);
	text_cstr(&words);
}

static uint64_t
corrected(struct body *b, uint64_t time_ns)
{
	return b->options.slew ? clock_slew_map(b->options.slew, time_ns) : time_ns;
}

/* A watermark of the whole stream comes with interface 0 of our own worker. */
static enum body_result
put_statistics(struct body *b, const struct savefile_statistics *st)
{
	const struct body_options *o = &b->options;

	interfaces_note_statistics(o->interfaces, b->ids[st->interface_id], st);
	if (!b->reader.is_ddump || st->interface_id != 0)
		return BODY_MORE;
	merge_watermark(o->merge, o->id, corrected(b, st->time_ns));
	if (st->time_ns > b->told_ns)
		b->told_ns = st->time_ns;
	b->is_final = end_is_final(st);
	if (b->is_final)
		take_end(b, st->comment);
	b->statistics = *st;
	return BODY_STATISTICS;
}

/* The format is known: from our own worker, only watermarks count. */
static void
start_format(struct body *b, uint64_t merge_ns)
{
	const struct body_options *o = &b->options;

	b->has_started = true;
	if (!b->reader.is_ddump)
		return;
	merge_end(o->merge, o->id);
	merge_start(o->merge, o->id, kind_of(b), true, merge_ns);
}

static const char *
advice_of(const struct body *b)
{
	return b->has_started ? "what came before it is kept"
			      : stranger_advice(b->is_http);
}

static enum body_result
fail_answer(struct body *b)
{
	char mem[BODY_REASON_MAX];
	struct text words;

	text_init(&words, mem, sizeof(mem));
	stranger_put(&words, b->type, span_of(b->reader.magic, b->reader.magic_size),
		     b->data);
	return fail(b, "the answer is no capture: ", text_cstr(&words), advice_of(b));
}

static enum body_result
fail_savefile(struct body *b)
{
	char mem[BODY_REASON_MAX];
	struct text t;

	if (b->is_http && !b->has_started && b->reader.is_other && !b->reader.unpack)
		return fail_answer(b);
	text_init(&t, mem, sizeof(mem));
	if (b->reader.unpack && !b->is_http) {
		text_str(&t, b->reader.unpack);
		text_str(&t, " FILE | ddump -");
		return fail(b, "compressed: ", text_cstr(&t), NULL);
	}
	text_u64(&t, b->reader.offset);
	text_str(&t, ": ");
	text_str(&t, b->reader.reason);
	return fail(b, "malformed capture at byte ", text_cstr(&t), advice_of(b));
}

/* A time that is ahead is wrong, and tells nothing. */
static void
note_time(struct body *b, uint64_t time_ns)
{
	if (time_ns > b->limit_ns)
		return;
	b->newest_ns = time_ns;
	if (time_ns > b->told_ns)
		b->told_ns = time_ns;
}

static enum body_result
feed_data(struct body *b, uint64_t merge_ns)
{
	enum body_result rc = BODY_MORE;
	struct savefile_out out;

	while (rc == BODY_MORE) {
		switch (savefile_reader_feed(&b->reader, &b->data, &out)) {
		case SAVEFILE_MORE:
			return BODY_MORE;
		case SAVEFILE_RECORD:
			out.record.interface_id = b->ids[out.record.interface_id];
			note_time(b, out.record.time_ns);
			out.record.time_ns = corrected(b, out.record.time_ns);
			if (!put_record(b, &out.record, out.piece, out.left, merge_ns))
				return BODY_PARKED;
			break;
		case SAVEFILE_PIECE:
			if (b->place)
				put_piece(b, &out);
			else
				put_block(b, &out);
			break;
		case SAVEFILE_BLOCK:
			blocks_begin(&b->options.interfaces->blocks, &b->block,
				     &out.block);
			put_block(b, &out);
			break;
		case SAVEFILE_STATISTICS:
			rc = put_statistics(b, &out.statistics);
			break;
		case SAVEFILE_INTERFACE:
			b->is_final = false;
			rc = put_interface(b, &out.interface);
			break;
		case SAVEFILE_START:
			start_format(b, merge_ns);
			break;
		case SAVEFILE_BAD:
			return fail_savefile(b);
		}
	}
	return rc;
}

static enum body_result
feed_raw(struct body *b, uint64_t merge_ns)
{
	enum body_result rc = BODY_MORE;
	struct http_response_head head;

	if (!b->is_http) {
		b->data = b->raw;
		b->raw.n = 0;
		return feed_data(b, merge_ns);
	}
	while (rc == BODY_MORE) {
		switch (http_client_feed(&b->http, &b->raw, &head, &b->data)) {
		case HTTP_CLIENT_DATA:
			rc = feed_data(b, merge_ns);
			break;
		case HTTP_CLIENT_END:
			return BODY_ENDED;
		case HTTP_CLIENT_HEAD_DONE:
		case HTTP_CLIENT_MORE:
			return BODY_MORE;
		case HTTP_CLIENT_BAD:
			return fail(b, "the stream is damaged: ", b->http.reason,
				    advice_of(b));
		}
	}
	return rc;
}

static enum body_result
feed(struct body *b, uint64_t merge_ns)
{
	enum body_result rc;

	if (b->is_parked) {
		b->is_parked = false;
		if (!put_record(b, &b->record, b->piece, b->left, merge_ns))
			return BODY_PARKED;
		b->piece.n = 0;
	}
	rc = feed_data(b, merge_ns);
	return rc == BODY_MORE ? feed_raw(b, merge_ns) : rc;
}

void
body_drop(struct body *b)
{
	b->is_parked = false;
	b->piece.n = 0;
	b->data.n = 0;
	b->raw.n = 0;
	free(b->stash);
	b->stash = NULL;
}

/* Once for all that was read together: none of it was captured after now. */
static void
set_limit(struct body *b, uint64_t limit_ns)
{
	const struct body_options *o = &b->options;
	int64_t applied_ns = o->slew ? clock_slew_applied_ns(o->slew) : 0;

	b->limit_ns = b->is_file ? UINT64_MAX : limit_ns;
	if (!b->is_file)
		merge_set_limit(o->merge, o->id, limit_ns - (uint64_t)applied_ns);
}

enum body_result
body_feed(struct body *b, uint64_t merge_ns, uint64_t limit_ns)
{
	enum body_result rc;

	set_limit(b, limit_ns);
	rc = feed(b, merge_ns);
	if (rc == BODY_STATISTICS || (rc == BODY_PARKED && keep(b)))
		return rc;
	body_drop(b);
	return rc == BODY_PARKED ? fail(b, "out of memory", "", NULL) : rc;
}

/* A reason why the end is none; NULL when it may be one. */
static const char *
cut_of(struct body *b)
{
	bool is_bad = b->is_http && http_client_eof(&b->http) == HTTP_CLIENT_BAD;
	struct end_facts f = {.http_reason = is_bad ? b->http.reason : NULL,
			      .file_reason = savefile_reader_eof(&b->reader),
			      .is_ddump = b->reader.is_ddump,
			      .is_final = b->is_final};

	return end_cut(&f);
}

enum body_end
body_eof(struct body *b)
{
	const char *cut = cut_of(b);

	if (cut && !b->is_http && b->reader.offset == 0) {
		fail(b, "it is empty", "", NULL);
		return BODY_END_CUT;
	}
	if (cut) {
		/* a whole answer without a capture: asked again it would be the same */
		bool is_other = b->is_http && !b->has_started &&
				http_client_eof(&b->http) != HTTP_CLIENT_BAD;

		if (is_other)
			fail_answer(b);
		else
			fail(b, "the stream was cut: ", cut, advice_of(b));
		return is_other ? BODY_END_OTHER : BODY_END_CUT;
	}
	return b->is_http && !b->reader.is_ddump && !http_client_is_verified(&b->http)
		   ? BODY_END_UNPROVED
		   : BODY_END_WHOLE;
}
