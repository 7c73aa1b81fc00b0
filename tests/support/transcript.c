/*
 * Capture files as words, for table-driven tests. It knows the reader's events only.
 */
#include "support/transcript.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pcap/ng_format.h"
#include "pcap/ng_options.h"
#include "pcap/savefile_reader.h"
#include "support/check.h"
#include "support/split.h"

struct transcript {
	char *out;
	size_t n;
	uint32_t left; /* of the present record */
	struct savefile_record record;
	uint8_t *bytes; /* of it, so far */
	size_t n_bytes;
};

static void
say(struct transcript *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->out + t->n, TRANSCRIPT_MAX - t->n, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= TRANSCRIPT_MAX - t->n)
		abort();
	t->n += (size_t)n;
}

static void
say_text(struct transcript *t, const char *name, struct span s)
{
	if (s.n > 0)
		say(t, " %s=%.*s", name, (int)s.n, (const char *)s.p);
}

static void
say_interface(struct transcript *t, const struct savefile_interface *i)
{
	say(t, "if %u %u", i->linktype, i->snaplen);
	say_text(t, "name", i->name);
	say_text(t, "description", i->description);
	say_text(t, "filter", i->filter);
	say_text(t, "os", i->os);
}

static void
say_count(struct transcript *t, const char *name, bool has, uint64_t v)
{
	if (has)
		say(t, " %s=%llu", name, (unsigned long long)v);
}

static void
say_statistics(struct transcript *t, const struct savefile_statistics *s)
{
	say(t, "stat %llu @%u", (unsigned long long)s->time_ns, s->interface_id);
	say_count(t, "recv", s->has & SAVEFILE_HAS_IFRECV, s->ifrecv);
	say_count(t, "ifdrop", s->has & SAVEFILE_HAS_IFDROP, s->ifdrop);
	say_count(t, "osdrop", s->has & SAVEFILE_HAS_OSDROP, s->osdrop);
	say_count(t, "accept", s->has & SAVEFILE_HAS_ACCEPT, s->accept);
	say_text(t, "comment", s->comment);
	say_count(t, "deliv", s->has & SAVEFILE_HAS_USRDELIV, s->usrdeliv);
}

static void
say_options(struct transcript *t)
{
	struct ng_options o = ng_options_of(&t->record, t->bytes);
	uint32_t flags = ng_options_flags(&t->record, t->bytes);
	struct ng_option option;

	if (flags != 0)
		say(t, " flags=%u", flags);
	while (ng_options_next(&o, &option)) {
		if (option.code == NG_OPTION_COMMENT)
			say(t, " comment=%.*s", (int)option.value.n,
			    (const char *)option.value.p);
	}
}

static void
say_piece(struct transcript *t, const struct savefile_out *out)
{
	if (out->piece.n + out->left != t->left)
		say(t, " LEFT %u, %zu + %u", t->left, out->piece.n, out->left);
	t->left = out->left;
	for (size_t i = 0; i < out->piece.n; i++) {
		if (t->n_bytes < t->record.caplen)
			say(t, "%02x", out->piece.p[i]);
		t->bytes[t->n_bytes++] = out->piece.p[i];
	}
	if (t->left == 0)
		say_options(t);
}

/* A piece of it is said as one of a record without options. */
static void
say_block(struct transcript *t, const struct savefile_out *out)
{
	say(t, "block %u %u%s ", out->block.type, out->block.size,
	    out->block.is_big_endian ? " be" : "");
	t->left = out->block.size;
	t->record = (struct savefile_record){.caplen = out->block.size};
	free(t->bytes);
	t->bytes = malloc(t->left + 1);
	t->n_bytes = 0;
	say_piece(t, out);
}

static void
say_record(struct transcript *t, const struct savefile_out *out)
{
	const struct savefile_record *r = &out->record;

	say(t, "rec %llu %u/%u @%u ", (unsigned long long)r->time_ns, r->caplen,
	    r->origlen, r->interface_id);
	t->left = savefile_record_bytes(r);
	t->record = *r;
	free(t->bytes);
	t->bytes = malloc(t->left + 1);
	t->n_bytes = 0;
	say_piece(t, out);
}

static void
say_event(struct transcript *t, const struct savefile_reader *r,
	  enum savefile_event event, const struct savefile_out *out)
{
	if (t->n > 0 && event != SAVEFILE_PIECE)
		say(t, "; ");
	switch (event) {
	case SAVEFILE_START:
		say(t, "%s", !r->is_ng ? "classic" : r->is_ddump ? "ddump" : "ng");
		break;
	case SAVEFILE_INTERFACE:
		say_interface(t, &out->interface);
		break;
	case SAVEFILE_RECORD:
		say_record(t, out);
		break;
	case SAVEFILE_PIECE:
		say_piece(t, out);
		break;
	case SAVEFILE_BLOCK:
		say_block(t, out);
		break;
	case SAVEFILE_STATISTICS:
		say_statistics(t, &out->statistics);
		break;
	case SAVEFILE_BAD:
		say(t, "bad %llu %s", (unsigned long long)r->offset, out->reason);
		break;
	case SAVEFILE_MORE:
		break;
	}
}

/* After BAD there is nothing but BAD, with the same reason. */
static void
check_stays_bad(struct transcript *t, struct savefile_reader *r, struct span in)
{
	struct savefile_out out;
	uint64_t offset = r->offset;

	if (savefile_reader_feed(r, &in, &out) != SAVEFILE_BAD ||
	    out.reason != r->reason || r->offset != offset)
		say(t, " AND THEN NOT");
}

void
transcript_make(char out[static TRANSCRIPT_MAX], const struct span *pieces, size_t n)
{
	struct transcript t = {.out = out};
	struct savefile_reader *r = malloc(sizeof(*r));
	struct savefile_out event;
	const char *reason;

	memset(r, 0xa5, sizeof(*r));
	savefile_reader_init(r);
	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		struct span in = pieces[i];
		enum savefile_event e;

		while ((e = savefile_reader_feed(r, &in, &event)) != SAVEFILE_MORE) {
			say_event(&t, r, e, &event);
			if (e == SAVEFILE_BAD)
				break;
		}
		if (e == SAVEFILE_BAD) {
			check_stays_bad(&t, r, in);
			break;
		}
		if (in.n > 0)
			say(&t, " %zu BYTES LEFT", in.n);
	}
	reason = savefile_reader_eof(r);
	if (r->format != SAVEFILE_FAILED)
		say(&t, "%send%s%s", t.n > 0 ? "; " : "", reason ? " " : "",
		    reason ? reason : "");
	free(t.bytes);
	free(r);
}

struct wanted {
	const char *file;
	int line;
	const char *want;
};

static void
compare(void *ctx, const struct span *pieces, size_t count, const char *how)
{
	static char got[TRANSCRIPT_MAX];
	const struct wanted *w = ctx;

	transcript_make(got, pieces, count);
	check_span(w->file, w->line, span_str(how), span_str(got), span_str(w->want),
		   "transcript");
}

void
check_transcript(const char *file, int line, const void *p, size_t n, const char *want)
{
	struct wanted w = {file, line, want};

	split_all(p, n, compare, &w);
}
