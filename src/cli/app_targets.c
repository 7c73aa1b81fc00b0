/* From arguments to targets: which there are, and how they are reached. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_state.h"
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

/* All that are wrong are named. */
static enum app_status
parse_targets(struct app *a)
{
	const struct options *o = a->options;
	struct target **scratch;
	enum app_status status = APP_OK;

	a->n = (uint32_t)o->n_targets;
	a->targets = calloc(a->n, sizeof(*a->targets));
	a->sources = calloc(a->n, sizeof(*a->sources));
	scratch = calloc(a->n, sizeof(struct target *));
	if (!a->targets || !a->sources || !scratch)
		status = app_log_errno("targets", -ENOMEM);
	for (uint32_t i = 0; status != APP_FAILED && i < a->n; i++) {
		const char *what = target_parse(&a->targets[i], o->targets[i]);

		if (!what)
			continue;
		app_log_error(span_str(a->targets[i].name), what);
		status = APP_USAGE;
	}
	if (status == APP_OK)
		target_name_all(a->targets, a->n, scratch);
	free(scratch);
	return status;
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

enum app_status
app_targets_parse(struct app *a)
{
	enum app_status status = parse_targets(a);

	return status == APP_OK ? parse_proxy(a) : status;
}
