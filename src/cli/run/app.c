/* Sets everything up for one run, and takes it down. It decides the exit status. */
#include "cli/run/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/run/app_state.h"
#include "cli/source/clock.h"
#include "sys/clock.h"
#include "sys/limits.h"
#include "sys/log.h"
#include "sys/memory.h"
#include "sys/signals.h"

/* Each target that could be anybody is named, on every run. */
static enum app_status
open_tls(struct app *a)
{
	const struct tls_options *o = &a->options->tls;
	char mem[LOG_LINE_MAX];
	struct text why;
	bool is_wanted = false;

	for (uint32_t i = 0; i < a->n; i++) {
		if (!target_is_https(&a->targets[i]))
			continue;
		is_wanted = true;
		if (o->is_insecure)
			app_log_error(
			    span_str(a->targets[i].name),
			    "--insecure: its certificate is not checked, anybody "
			    "can be in between");
	}
	if (!is_wanted)
		return APP_OK;
	text_init(&why, mem, sizeof(mem));
	a->tls = tls_config_new(o, &why);
	if (!a->tls)
		log_text(LOG_ERROR, &why);
	return a->tls ? APP_OK : APP_FAILED;
}

static void
on_resolved(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct app *a = (struct app *)((char *)w - offsetof(struct app, resolve_watch));
	struct resolve_request *q;

	(void)ready;
	while ((q = resolve_take(&a->resolve)) != NULL) {
		if (q->id & APP_LOOK_UP) {
			app_targets_take(a, q);
			continue;
		}
		source_resolved(&a->sources[q->id], q, now_ns);
		resolve_free(q);
	}
}

static int
family_of(const struct options *o)
{
	if (o->is_ipv4)
		return AF_INET;
	return o->is_ipv6 ? AF_INET6 : AF_UNSPEC;
}

/* 0 or -errno. */
static int
open_loop(struct app *a)
{
	int signal_fd = signals_open();
	int rc = signal_fd < 0 ? signal_fd : loop_init(&a->loop);

	if (rc == 0)
		rc = app_display_watch(a);
	a->signal_watch.on_ready = app_loop_on_signal;
	a->resolve_watch.on_ready = on_resolved;
	a->sink_watch.on_ready = app_loop_on_sink;
	a->sink_watch.fd = -1;
	if (rc == 0)
		rc = resolve_init(&a->resolve, family_of(a->options));
	if (rc == 0)
		rc = loop_add(&a->loop, &a->signal_watch, signal_fd, LOOP_IN);
	if (rc == 0)
		rc = loop_add(&a->loop, &a->resolve_watch, a->resolve.fd, LOOP_IN);
	if (rc == 0 && sink_is_watchable(&a->writer.sink))
		rc = loop_add(&a->loop, &a->sink_watch, a->writer.sink.fd, 0);
	return rc;
}

static bool
open_merge(struct app *a)
{
	const struct options *o = a->options;
	struct merge_options options = {.hold_back_ns = o->hold_back_ns,
					.is_auto = o->is_hold_back_auto,
					.slack_ns = o->slack_ns,
					.buffer_bytes = o->buffer_bytes};
	void *mem = memory_map(merge_bytes(a->n));

	a->deadlines_mem = malloc(tourney_bytes(a->n));
	if (!mem || !a->deadlines_mem)
		return false;
	a->merge = merge_new(mem, a->n, &options);
	tourney_init(&a->deadlines, a->n, a->deadlines_mem);
	pool_init(&a->pool, o->buffer_bytes + MERGE_ALLOWANCE, a->n >= APP_HUGE_SOURCES);
	return true;
}

/* A capture needs its descriptor more than a clock does. */
static void
prepare_clocks(struct app *a, uint64_t files)
{
	uint64_t needed = 2 * (uint64_t)a->n + APP_FILES_EXTRA;
	enum log_level level = a->options->aligns_clocks ? LOG_WARNING : LOG_DEBUG;

	a->context.has_probes = files >= needed;
	if (!a->context.has_probes)
		log_line(level,
			 "clock offsets are not measured: that takes %llu open files, "
			 "%llu are allowed (ulimit -n)",
			 (unsigned long long)needed, (unsigned long long)files);
	source_clock_read_reference(&a->context);
	source_clock_read_reference(&a->context);
	a->context.first_reference = a->context.reference;
}

static void
choose_ports(struct app *a)
{
	struct text field;

	ports_init(&a->ports, a->context.has_probes ? 2 * a->n : a->n);
	text_init(&field, a->ports_field, sizeof(a->ports_field));
	target_put_ports(&field, a->targets, a->n, &a->ports,
			 a->context.proxy ? a->context.proxy->url.port : 0);
	text_cstr(&field);
	a->context.ports = &a->ports;
	a->context.ports_field = a->ports_field;
}

static void
start_sources(struct app *a)
{
	uint64_t now_ns = clock_monotonic_ns();

	choose_ports(a);
	a->context.loop = &a->loop;
	a->context.resolve = &a->resolve;
	a->context.merge = a->merge;
	a->context.interfaces = &a->interfaces;
	a->context.options = a->options;
	a->context.scratch = a->scratch;
	a->context.tls = a->tls;
	a->n_pending = a->n;
	a->has_progress = true;
	a->start_ns = now_ns;
	for (uint32_t i = 0; i < a->n; i++)
		source_init(&a->sources[i], &a->context, &a->targets[i], i);
	a->phase = APP_RUNNING;
	if (a->is_stopped)
		app_loop_stop(a);
	for (uint32_t i = 0; !a->is_stopped && i < a->n; i++)
		source_start(&a->sources[i], now_ns);
}

static enum app_status
verdict(const struct app *a)
{
	bool has_end = a->options->duration_ns > 0 || a->options->count > 0;
	uint32_t n_started = 0;
	uint32_t n_failed = 0;
	uint32_t n_short = 0;

	for (uint32_t i = 0; i < a->n; i++) {
		n_started += a->sources[i].has_started;
		n_failed += a->sources[i].state == SOURCE_FAILED;
		n_short += has_end && a->sources[i].is_limited;
	}
	if (a->has_output_failed || (n_started == 0 && n_failed == a->n))
		return APP_FAILED;
	if (a->options->requires_all && a->n_refused > 0)
		return APP_FAILED;
	return n_failed + n_short > 0 ? APP_PARTIAL : APP_OK;
}

static enum app_status
run(struct app *a)
{
	enum app_status status = app_output_open_file(a);
	uint64_t files;
	int rc;

	if (status != APP_OK)
		return status;
	files = limits_raise_files();
	app_display_open(a);
	rc = open_loop(a);
	if (rc < 0)
		return app_log_errno("start", rc);
	status = app_targets_expand(a);
	if (status != APP_OK)
		return status;
	prepare_clocks(a, files);
	if (!open_merge(a))
		return app_log_errno("start", -ENOMEM);
	if (!app_output_open(a))
		return app_log_errno("start", -ENOMEM);
	start_sources(a);
	app_output_start(a);
	app_loop_run(a);
	app_display_close(a);
	app_pump_count_unwritten(a);
	app_loop_take(a, writer_close(&a->writer));
	app_report_summary(a);
	return verdict(a);
}

/* The merge's mappings go with the process. */
static void
fini(struct app *a)
{
	for (uint32_t i = 0; a->merge && i < a->n; i++)
		source_fini(&a->sources[i]);
	writer_fini(&a->writer);
	tls_config_free(a->tls);
	app_output_fini(a);
	free(a->deadlines_mem);
	free(a->sources);
	free(a->targets);
}

enum app_status
app_run(const struct options *options)
{
	static struct app app; /* look-ups may still use it at exit */
	struct app *a = &app;
	enum app_status status;

	log_init("ddump", options->is_quiet	? LOG_ERROR
			  : options->is_verbose ? LOG_DEBUG
						: LOG_INFO);
	a->options = options;
	a->end_ns = LOOP_NEVER;
	a->wake_ns = LOOP_NEVER;
	a->hold_back_ns = options->hold_back_ns;
	status = app_targets_parse(a);
	if (status == APP_OK)
		status = open_tls(a);
	if (status == APP_OK)
		status = app_stats_open(a);
	if (status == APP_OK)
		status = run(a);
	status = app_stats_close(a, status);
	fini(a);
	return status;
}
