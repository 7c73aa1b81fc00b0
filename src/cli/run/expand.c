/* From arguments to targets: which there are, and how they are reached. It knows no source. */
#include "cli/run/expand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cli/target/filter_words.h"
#include "cli/target/logins.h"
#include "merge/merge.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/names.h"

/* A word that could be a host's name, too. */
static void
log_file(const struct target *t)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_str(&line, t->name);
	text_str(&line, ": reading the file ./");
	text_escape(&line, span_str(t->text));
	text_str(&line, " (the host is http://");
	text_escape(&line, span_str(t->text));
	text_str(&line, ")");
	log_text(LOG_INFO, &line);
}

static bool
take_any(void *owner, const struct net_address *a)
{
	(void)owner;
	(void)a;
	return false;
}

static bool
is_in_hosts(const char *name)
{
	struct names names = {.host = name, .put = take_any};

	return names_find_in_hosts(&names);
}

/* What the words from `first` on ask for, were they a filter; the way out. */
static void
log_words(const struct options *o, size_t first, size_t n)
{
	char mem[LOG_LINE_MAX];
	struct span word = span_str(o->targets[first]);
	uint64_t number;
	bool is_number = n == 1 && num_parse_u64(word, UINT64_MAX, &number);
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_escape(&line, word);
	text_str(&line, is_number ? ": a number, not a target; use -f 'port "
				  : ": a word of a filter, not a target; use -f '");
	for (size_t i = first; i < first + n; i++) {
		text_str(&line, i > first ? " " : "");
		text_escape(&line, span_str(o->targets[i]));
	}
	text_str(&line, is_number ? "' or HOST:" : "'");
	if (is_number)
		text_escape(&line, word);
	text_str(&line, " (a host of that name: http://");
	text_escape(&line, word);
	text_str(&line, " or LABEL=");
	text_escape(&line, word);
	text_char(&line, ')');
	log_text(LOG_ERROR, &line);
}

/* tcpdump's way to give a filter: nothing is captured. A host that is called so is meant. */
static bool
refuses_words(const struct options *o, size_t i)
{
	size_t n = filter_words_count(o->targets + i, o->n_targets - i);
	bool is_help = strcmp(o->targets[i], "help") == 0;

	if ((n == 0 && !is_help) || is_in_hosts(o->targets[i]))
		return false;
	if (is_help)
		fault_say(span_str("help"), "not a target; use --help (a host of that "
					    "name: http://help or LABEL=help)");
	else
		log_words(o, i, n);
	return true;
}

/* Who comes from ssh; a password may come from elsewhere, or not be wanted. */
static void
log_users(const struct expand *e)
{
	for (uint32_t i = 0; i < e->n; i++) {
		const struct target *t = &e->targets[i];

		if (t->ops->way == TARGET_LOOK_UP && t->url.has_user &&
		    !t->url.has_password && !strstr(t->text, "://"))
			log_line(LOG_WARNING,
				 "%s: asked over HTTP as a user without a password; "
				 "-u USER:PASSWORD gives one, ssh -L a tunnel",
				 t->name);
	}
}

/* All that are wrong are named. */
static enum app_status
parse_targets(struct expand *e)
{
	const struct options *o = e->options;
	enum app_status status = APP_OK;

	e->n = (uint32_t)o->n_targets;
	e->targets = calloc(e->n, sizeof(*e->targets));
	if (!e->targets)
		return fault_errno("targets", -ENOMEM);
	for (uint32_t i = 0; i < e->n; i++) {
		struct target *t = &e->targets[i];
		const char *what = target_parse(t, o->targets[i]);

		bool is_word = !what && target_find_file(t);

		t->options = o;
		if (t->ops->way != TARGET_OPEN && refuses_words(o, i))
			return APP_USAGE;
		if (what) {
			fault_say(span_str(t->name), what);
			status = APP_USAGE;
		} else if (is_word) {
			log_file(t);
		}
	}
	return status;
}

/* Pointers to all targets, the same ones side by side; NULL: no memory. */
static struct target **
sorted(const struct expand *e)
{
	struct target **pointers = calloc(e->n, sizeof(struct target *));

	for (uint32_t i = 0; pointers && i < e->n; i++)
		pointers[i] = &e->targets[i];
	if (pointers)
		target_sort(pointers, e->n);
	return pointers;
}

static void
log_duplicate(const struct target *one, const struct target *other)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_str(&line, one->name);
	text_str(&line, ": given twice, as ");
	target_put_text(one, &line);
	text_str(&line, " and ");
	target_put_text(other, &line);
	text_str(&line, "; leave one out");
	text_str(&line, one->ops->is_http ? ", or give it a query of its own" : "");
	log_text(LOG_ERROR, &line);
}

static enum app_status
refuse_duplicates(const struct expand *e)
{
	struct target **all = sorted(e);
	enum app_status status = APP_OK;

	if (!all)
		return fault_errno("targets", -ENOMEM);
	for (uint32_t i = 1; i < e->n; i++) {
		if (!target_is_same(all[i - 1], all[i]))
			continue;
		log_duplicate(all[i - 1], all[i]);
		status = APP_USAGE;
	}
	free(all);
	return status;
}

static enum app_status
read_logins(struct expand *e)
{
	char mem[LOG_LINE_MAX];
	struct text why;

	text_init(&why, mem, sizeof(mem));
	if (e->options->user && !logins_give(e->targets, e->n, e->options->user))
		return fault_errno("--user", -ENOMEM);
	if (!e->options->netrc ||
	    logins_read(e->targets, e->n, e->options->netrc, &why)) {
		log_users(e);
		return APP_OK;
	}
	log_text(LOG_ERROR, &why);
	return APP_USAGE;
}

static enum app_status
name_all(struct expand *e)
{
	struct target **scratch = calloc(e->n, sizeof(struct target *));
	const struct target *twice;

	if (!scratch)
		return fault_errno("targets", -ENOMEM);
	twice = target_name_all(e->targets, e->n, scratch);
	free(scratch);
	if (twice)
		fault_say(span_str(twice->name), "the label is the name of another "
						 "target, too");
	return twice ? APP_USAGE : APP_OK;
}

enum app_status
expand_parse(struct expand *e, const struct options *options)
{
	enum app_status status;

	e->options = options;
	status = parse_targets(e);
	if (status == APP_OK)
		status = refuse_duplicates(e);
	if (status == APP_OK)
		status = read_logins(e);
	return status == APP_OK ? name_all(e) : status;
}

/* Asks for all names at once. */
static void
look_up(struct expand *e, struct resolve *resolve)
{
	for (uint32_t i = 0; i < e->n; i++) {
		struct target *t = &e->targets[i];

		if (!target_is_all(t))
			continue;
		if (resolve_start_all(resolve, t->url.host, t->port, EXPAND_LOOK_UP | i) <
		    0)
			t->reason = "name look-up: no memory, or the name is too long";
		else
			e->n_looked_up++;
	}
}

/* Answers that nobody waits for any more come back as well. */
void
expand_take(struct expand *e, struct resolve_request *q)
{
	uint32_t i = q->id & ~EXPAND_LOOK_UP;

	if (!e->answers) {
		resolve_free(q);
		return;
	}
	e->answers[i] = q;
	e->n_looked_up--;
}

static void
wait_for_answers(struct expand *e, struct loop *loop, const bool *is_stopped)
{
	uint64_t now_ns = clock_monotonic_ns();
	uint64_t deadline_ns = now_ns + e->options->connect_ns;

	while (e->n_looked_up > 0 && !*is_stopped && now_ns < deadline_ns)
		now_ns = loop_run_once(loop, deadline_ns);
}

static size_t
count_answers(const struct expand *e)
{
	size_t n = 0;

	for (uint32_t i = 0; i < e->n; i++)
		n += e->answers[i] && e->answers[i]->n > 0 ? e->answers[i]->n : 1;
	return n;
}

/* Writes one target for each address of t behind *n. */
static void
put_addresses(struct target *list, uint32_t *n, const struct target *t,
	      const struct resolve_request *q)
{
	for (size_t i = 0; i < q->n; i++) {
		char mem[TARGET_ADDRESS_MAX];
		struct text address;

		text_init(&address, mem, sizeof(mem));
		net_format_host(&address, &q->list[i]);
		list[(*n)++] = target_at_address(t, text_span(&address));
	}
	log_line(LOG_DEBUG, "%s: %zu addresses", t->name, q->n);
	if (q->missing)
		log_line(LOG_WARNING, "%s: %s", t->name, q->missing);
}

/* The list anew, each name's addresses in its place. */
static enum app_status
put_answers(struct expand *e)
{
	size_t n = count_answers(e);
	struct target *list = n <= MERGE_SOURCES_MAX ? calloc(n, sizeof(*list)) : NULL;
	uint32_t at = 0;

	if (!list) {
		fault_say(span_str("targets"),
			  n <= MERGE_SOURCES_MAX
			      ? "out of memory"
			      : "the names have more than 65535 addresses");
		return APP_FAILED;
	}
	for (uint32_t i = 0; i < e->n; i++) {
		struct target *t = &e->targets[i];
		const struct resolve_request *q = e->answers[i];

		if (q && q->n > 0) {
			put_addresses(list, &at, t, q);
			continue;
		}
		if (target_is_all(t) && !t->reason)
			t->reason = q ? q->reason : "name look-up: no answer in time";
		list[at++] = *t;
	}
	free(e->targets);
	e->targets = list;
	e->n = at;
	return APP_OK;
}

static void
log_once(const struct target *t)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_str(&line, t->name);
	text_str(&line, ": an address of ");
	target_put_text(t, &line);
	text_str(&line, ", and given already: captured once");
	log_text(LOG_WARNING, &line);
}

/* What a name server says is no mistake of the user's: the first of the same stays. */
static enum app_status
drop_duplicates(struct expand *e)
{
	struct target **all = sorted(e);
	uint32_t n = 0;

	if (!all)
		return fault_errno("targets", -ENOMEM);
	for (uint32_t i = 1, first = 0; i < e->n; i++) {
		if (target_is_same(all[first], all[i])) {
			log_once(all[i]);
			all[i]->is_left_out = true;
		} else {
			first = i;
		}
	}
	free(all);
	for (uint32_t i = 0; i < e->n; i++)
		if (!e->targets[i].is_left_out)
			e->targets[n++] = e->targets[i];
	e->n = n;
	return APP_OK;
}

/* Look-ups that are late find nobody in e->answers. */
static void
free_answers(struct expand *e, uint32_t n)
{
	struct resolve_request **answers = e->answers;

	e->answers = NULL;
	for (uint32_t i = 0; i < n; i++)
		resolve_free(answers[i]);
	free(answers);
}

static enum app_status
expand(struct expand *e, struct loop *loop, struct resolve *resolve,
       const bool *is_stopped)
{
	uint32_t n = e->n;
	enum app_status status;

	e->answers = calloc(n, sizeof(struct resolve_request *));
	if (!e->answers)
		return fault_errno("targets", -ENOMEM);
	look_up(e, resolve);
	wait_for_answers(e, loop, is_stopped);
	status = put_answers(e);
	free_answers(e, n);
	if (status == APP_OK)
		status = drop_duplicates(e);
	return status == APP_OK ? name_all(e) : status;
}

enum app_status
expand_names(struct expand *e, struct loop *loop, struct resolve *resolve,
	     const bool *is_stopped)
{
	for (uint32_t i = 0; i < e->n; i++)
		if (target_is_all(&e->targets[i]))
			return expand(e, loop, resolve, is_stopped);
	return APP_OK;
}
