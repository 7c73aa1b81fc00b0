/*
 * What the output is: its format, and its link type, which the sources may decide. Then
 * it is the one of the first target that has shown one, and nothing is written before.
 */
#include <stdlib.h>
#include <sys/utsname.h>

#include "cli/run/app_state.h"
#include "cli/source/body.h"

/* Files in a row are new ones. */
static bool
is_written(const struct app *a, const char *path)
{
	const struct options *o = a->options;

	bool is_row = o->rotate_bytes > 0 || o->rotate_ns > 0;

	return (!is_row && sink_is_same_file(o->write_path, path)) ||
	       (o->stats_path && sink_is_same_file(o->stats_path, path));
}

/* What would be gone before it is read. */
static enum app_status
refuse_sources(const struct app *a)
{
	enum app_status status = APP_OK;

	for (uint32_t i = 0; i < a->n; i++) {
		const struct target *t = &a->targets[i];

		if (t->kind != TARGET_FILE || !is_written(a, t->text))
			continue;
		app_log_error(span_str(t->text),
			      "it would be written, too: choose another file for -w, or "
			      "--stats-json");
		status = APP_USAGE;
	}
	return status;
}

/* However it is written. */
static enum app_status
refuse_stats(const struct app *a)
{
	const char *stats = a->options->stats_path;

	if (!stats || !writer_is_file(&a->writer, stats))
		return APP_OK;
	app_log_error(span_str(stats), "--stats-json names the output");
	return APP_USAGE;
}

enum app_status
app_output_open_file(struct app *a)
{
	struct writer *w = &a->writer;

	if (refuse_sources(a) != APP_OK)
		return APP_USAGE;
	if (writer_open(w, a->options) != WRITER_OK) {
		app_log_failure(w);
		return APP_FAILED;
	}
	if (!sink_is_terminal(&w->sink))
		return refuse_stats(a);
	log_line(LOG_ERROR, "packets are not written to a terminal: "
			    "add | tcpdump -r -, or -w FILE");
	return APP_USAGE;
}

/* Only a classic header has no other place for what tells the targets apart. */
static bool
open_indexes(struct app *a)
{
	const struct options *o = a->options;

	if (o->format->put_interface || o->linktype != OPTIONS_LINKTYPE_SLL2)
		return true;
	a->ifindexes = calloc(a->n, sizeof(*a->ifindexes));
	for (uint32_t i = 0; a->ifindexes && i < a->n; i++)
		ifindexes_init(&a->ifindexes[i], i + 1);
	return a->ifindexes != NULL;
}

static struct span
name_os(struct app *a)
{
	struct utsname host;
	struct text os;

	text_init(&os, a->os, sizeof(a->os));
	if (uname(&host) == 0) {
		text_utf8(&os, span_str(host.sysname));
		text_char(&os, ' ');
		text_utf8(&os, span_str(host.release));
	}
	return text_span(&os);
}

bool
app_output_open(struct app *a)
{
	const struct options *o = a->options;
	struct output_options options = {
	    .format = o->format, .is_nano = o->is_nano, .os = name_os(a)};

	if (!open_indexes(a))
		return false;
	options.has_indexes = a->ifindexes != NULL;
	output_init(&a->writer.output, &options, &a->interfaces);
	return interfaces_init(&a->interfaces, a->n, INTERFACES_OPEN,
			       o->linktype == OPTIONS_LINKTYPE_NATIVE);
}

void
app_output_fini(struct app *a)
{
	for (uint32_t i = 0; a->ifindexes && i < a->n; i++)
		ifindexes_fini(&a->ifindexes[i]);
	free(a->ifindexes);
	interfaces_fini(&a->interfaces);
}

static void
set(struct app *a, uint32_t linktype)
{
	a->interfaces.linktype = linktype;
	output_put_head(&a->writer.output);
}

/* Whether what it begins with is known: a file describes its interfaces before the first
 * packet. Others are known by their answer. */
static bool
has_shown(const struct app *a, const struct source *s)
{
	if (source_is_over(s) || !s->is_file)
		return true;
	return a->interfaces.sources[s->id].n > 0 &&
	       (s->is_parked || merge_counts(a->merge, s->id)->received > 0);
}

/* The first target's, or INTERFACES_OPEN. */
static uint32_t
first_linktype(const struct app *a)
{
	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t first = a->interfaces.sources[i].first;

		if (first != INTERFACES_NONE)
			return a->interfaces.list[first].linktype;
	}
	return INTERFACES_OPEN;
}

static bool
is_agreed(const struct app *a, uint32_t linktype)
{
	for (uint32_t i = 0; i < a->interfaces.n; i++)
		if (a->interfaces.list[i].linktype != linktype)
			return false;
	return true;
}

/* Those that showed what cannot go into the output, before that was known. */
static void
refuse_others(struct app *a)
{
	for (uint32_t n = 0; n < a->interfaces.n; n++) {
		struct interface *i = &a->interfaces.list[n];
		struct source *s = &a->sources[i->source];

		i->is_refused = !interfaces_take_linktype(&a->interfaces, i->linktype);
		if (i->is_refused && s->state != SOURCE_FAILED)
			source_body_refuse_linktype(s, i->linktype);
	}
}

bool
app_output_decide(struct app *a)
{
	bool is_auto = a->options->linktype == OPTIONS_LINKTYPE_AUTO;
	bool is_over = true;
	uint32_t linktype;

	if (a->interfaces.linktype != INTERFACES_OPEN)
		return true;
	for (uint32_t i = 0; i < a->n; i++) {
		if (!has_shown(a, &a->sources[i]))
			return false;
		is_over &= source_is_over(&a->sources[i]);
	}
	linktype = first_linktype(a);
	if (linktype == INTERFACES_OPEN && !is_over)
		return false;
	if (linktype == INTERFACES_OPEN || (is_auto && !is_agreed(a, linktype)))
		linktype = SAVEFILE_LINKTYPE_SLL;
	set(a, linktype);
	refuse_others(a);
	return true;
}

void
app_output_start(struct app *a)
{
	bool is_all_files = true;

	for (uint32_t i = 0; i < a->n; i++)
		is_all_files &= a->sources[i].is_file || source_is_over(&a->sources[i]);
	if (a->options->linktype == OPTIONS_LINKTYPE_SLL2)
		set(a, SAVEFILE_LINKTYPE_SLL2);
	else if (a->options->linktype == OPTIONS_LINKTYPE_SLL ||
		 (a->options->linktype == OPTIONS_LINKTYPE_AUTO && !is_all_files))
		set(a, SAVEFILE_LINKTYPE_SLL);
}
