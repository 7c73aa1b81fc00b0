/* From arguments to targets: which there are, and how they are reached. It knows no source. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run/app_state.h"
#include "cli/target/logins.h"
#include "sys/clock.h"
#include "sys/log.h"

void
app_log_error(struct span subject, const char *what)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_escape(&line, subject);
	text_str(&line, ": ");
	text_str(&line, what);
	log_text(LOG_ERROR, &line);
}

enum app_status
app_log_errno(const char *subject, int error)
{
	app_log_error(span_str(subject), strerror(-error));
	return APP_FAILED;
}

void
app_log_failure(const struct writer *w)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	writer_put_failure(w, &line);
	log_text(LOG_ERROR, &line);
}

/* All that are wrong are named. */
static enum app_status
parse_targets(struct app *a)
{
	const struct options *o = a->options;
	enum app_status status = APP_OK;

	a->n = (uint32_t)o->n_targets;
	a->targets = calloc(a->n, sizeof(*a->targets));
	if (!a->targets)
		return app_log_errno("targets", -ENOMEM);
	for (uint32_t i = 0; i < a->n; i++) {
		const char *what = target_parse(&a->targets[i], o->targets[i]);

		if (!what)
			continue;
		app_log_error(span_str(a->targets[i].name), what);
		status = APP_USAGE;
	}
	return status;
}

/* Pointers to all targets, the same ones side by side; NULL: no memory. */
static struct target **
sorted(const struct app *a)
{
	struct target **pointers = calloc(a->n, sizeof(struct target *));

	for (uint32_t i = 0; pointers && i < a->n; i++)
		pointers[i] = &a->targets[i];
	if (pointers)
		target_sort(pointers, a->n);
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
	text_str(&line, ": leave one out, or give it a query of its own");
	log_text(LOG_ERROR, &line);
}

static enum app_status
refuse_duplicates(const struct app *a)
{
	struct target **all = sorted(a);
	enum app_status status = APP_OK;

	if (!all)
		return app_log_errno("targets", -ENOMEM);
	for (uint32_t i = 1; i < a->n; i++) {
		if (!target_is_same(all[i - 1], all[i]))
			continue;
		log_duplicate(all[i - 1], all[i]);
		status = APP_USAGE;
	}
	free(all);
	return status;
}

static enum app_status
read_logins(struct app *a)
{
	char mem[LOG_LINE_MAX];
	struct text why;

	text_init(&why, mem, sizeof(mem));
	if (!a->options->netrc || logins_read(a->targets, a->n, a->options->netrc, &why))
		return APP_OK;
	log_text(LOG_ERROR, &why);
	return APP_USAGE;
}

static enum app_status
parse_proxy(struct app *a)
{
	const char *what;

	if (!a->options->proxy)
		return APP_OK;
	what = proxy_parse(&a->proxy, a->options->proxy);
	a->context.proxy = &a->proxy;
	if (what)
		app_log_error(span_str("--proxy"), what);
	return what ? APP_USAGE : APP_OK;
}

static enum app_status
name_all(struct app *a)
{
	struct target **scratch = calloc(a->n, sizeof(struct target *));
	const struct target *twice;

	if (!scratch)
		return app_log_errno("targets", -ENOMEM);
	twice = target_name_all(a->targets, a->n, scratch);
	free(scratch);
	if (twice)
		app_log_error(span_str(twice->name), "the label is the name of another "
						     "target, too");
	return twice ? APP_USAGE : APP_OK;
}

enum app_status
app_targets_parse(struct app *a)
{
	enum app_status status = parse_targets(a);

	if (status == APP_OK)
		status = refuse_duplicates(a);
	if (status == APP_OK)
		status = parse_proxy(a);
	if (status == APP_OK)
		status = read_logins(a);
	return status == APP_OK ? name_all(a) : status;
}

/* Asks for all names at once. */
static void
look_up(struct app *a)
{
	for (uint32_t i = 0; i < a->n; i++) {
		struct target *t = &a->targets[i];

		if (!target_is_all(t))
			continue;
		if (resolve_start_all(&a->resolve, t->url.host, t->port,
				      APP_LOOK_UP | i) < 0)
			t->reason = "name look-up: no memory, or the name is too long";
		else
			a->n_looked_up++;
	}
}

/* Answers that nobody waits for any more come back as well. */
void
app_targets_take(struct app *a, struct resolve_request *q)
{
	uint32_t i = q->id & ~APP_LOOK_UP;

	if (!a->answers) {
		resolve_free(q);
		return;
	}
	a->answers[i] = q;
	a->n_looked_up--;
}

static void
wait_for_answers(struct app *a)
{
	uint64_t now_ns = clock_monotonic_ns();
	uint64_t deadline_ns = now_ns + a->options->connect_ns;

	while (a->n_looked_up > 0 && !a->is_stopped && now_ns < deadline_ns)
		now_ns = loop_run_once(&a->loop, deadline_ns);
}

static size_t
count_answers(const struct app *a)
{
	size_t n = 0;

	for (uint32_t i = 0; i < a->n; i++)
		n += a->answers[i] && a->answers[i]->n > 0 ? a->answers[i]->n : 1;
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
}

/* The list anew, each name's addresses in its place. */
static enum app_status
put_answers(struct app *a)
{
	size_t n = count_answers(a);
	struct target *list = n <= MERGE_SOURCES_MAX ? calloc(n, sizeof(*list)) : NULL;
	uint32_t at = 0;

	if (!list) {
		app_log_error(span_str("targets"),
			      n <= MERGE_SOURCES_MAX
				  ? "out of memory"
				  : "the names have more than 65535 addresses");
		return APP_FAILED;
	}
	for (uint32_t i = 0; i < a->n; i++) {
		struct target *t = &a->targets[i];
		const struct resolve_request *q = a->answers[i];

		if (q && q->n > 0) {
			put_addresses(list, &at, t, q);
			continue;
		}
		if (target_is_all(t) && !t->reason)
			t->reason = q ? q->reason : "name look-up: no answer in time";
		list[at++] = *t;
	}
	free(a->targets);
	a->targets = list;
	a->n = at;
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
drop_duplicates(struct app *a)
{
	struct target **all = sorted(a);
	uint32_t n = 0;

	if (!all)
		return app_log_errno("targets", -ENOMEM);
	for (uint32_t i = 1, first = 0; i < a->n; i++) {
		if (target_is_same(all[first], all[i])) {
			log_once(all[i]);
			all[i]->kind = TARGET_NONE;
		} else {
			first = i;
		}
	}
	free(all);
	for (uint32_t i = 0; i < a->n; i++)
		if (a->targets[i].kind != TARGET_NONE)
			a->targets[n++] = a->targets[i];
	a->n = n;
	return APP_OK;
}

/* Look-ups that are late find nobody in a->answers. */
static void
free_answers(struct app *a, uint32_t n)
{
	struct resolve_request **answers = a->answers;

	a->answers = NULL;
	for (uint32_t i = 0; i < n; i++)
		resolve_free(answers[i]);
	free(answers);
}

static enum app_status
expand(struct app *a)
{
	uint32_t n = a->n;
	enum app_status status;

	a->answers = calloc(n, sizeof(struct resolve_request *));
	if (!a->answers)
		return app_log_errno("targets", -ENOMEM);
	look_up(a);
	wait_for_answers(a);
	status = put_answers(a);
	free_answers(a, n);
	if (status == APP_OK)
		status = drop_duplicates(a);
	return status == APP_OK ? name_all(a) : status;
}

enum app_status
app_targets_expand(struct app *a)
{
	enum app_status status = APP_OK;
	bool is_wanted = false;

	for (uint32_t i = 0; i < a->n; i++)
		is_wanted |= target_is_all(&a->targets[i]);
	if (is_wanted)
		status = expand(a);
	if (status != APP_OK)
		return status;
	a->sources = calloc(a->n, sizeof(*a->sources));
	return a->sources ? APP_OK : app_log_errno("targets", -ENOMEM);
}
