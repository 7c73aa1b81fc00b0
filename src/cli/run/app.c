/* Sets everything up for one run, and takes it down. It decides the exit status. */
#include "cli/run/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/output/names_file.h"
#include "cli/report/stats_file.h"
#include "cli/run/clash.h"
#include "cli/run/expand.h"
#include "cli/run/fault.h"
#include "cli/run/listing.h"
#include "cli/run/loop.h"
#include "cli/run/proxies.h"
#include "cli/run/verdict.h"
#include "cli/run/ways.h"
#include "cli/source/addresses.h"
#include "cli/source/clock.h"
#include "sys/clock.h"
#include "sys/limits.h"
#include "sys/log.h"
#include "sys/memory.h"
#include "sys/signals.h"
#include "sys/standard.h"

/* With so many the queues' first memory of all is more than a huge page or two. Measured
 * with 1000 busy ones: a tenth of the processor time is saved. */
#define HUGE_SOURCES 64

/* Descriptors for everything but targets: files, look-ups, racing connections. */
#define FILES_EXTRA 64

#define OS_MAX 128 /* "Linux 6.12.1", as the machine calls itself */

/* What a run is made of, beside what changes while it runs. */
struct app {
	const struct options *options;
	struct run run;
	struct expand list;
	struct resolve resolve;
	struct loop_watch resolve_watch;
	struct interfaces interfaces;
	struct ifindexes *ifindexes; /* by target; NULL: headers keep their own */
	struct ports ports;
	struct tls_config *tls; /* NULL: no target is https */
	struct proxy proxy;
	struct login_places logins;
	struct stats_file stats;
	struct names_file names;
	char ports_field[TARGET_PORTS_FIELD_MAX];
	char os[OS_MAX];
	struct listing *listing; /* NULL: packets are wanted */
	struct printer *printer; /* NULL: a capture file is written */
	struct paths paths;
	struct copy *copy; /* packets are printed beside it; or NULL */
	uint8_t scratch[NET_SCRATCH];
};

/* Each target that could be anybody is named, on every run. */
static enum app_status
open_tls(struct app *a)
{
	const struct tls_options *o = &a->options->tls;
	char mem[LOG_LINE_MAX];
	struct text why;
	bool is_wanted = false;

	for (uint32_t i = 0; i < a->list.n; i++) {
		if (!target_is_https(&a->list.targets[i]))
			continue;
		is_wanted = true;
		if (o->is_insecure)
			fault_say(span_str(a->list.targets[i].name),
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

static enum app_status
choose_proxy(struct app *a)
{
	bool is_used;
	enum app_status status =
	    proxies_choose(&a->proxy, a->options, a->list.targets, a->list.n, &is_used);

	a->run.fleet.context.net.proxy = is_used ? &a->proxy : NULL;
	return status;
}

static void
on_resolved(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct app *a = (struct app *)((char *)w - offsetof(struct app, resolve_watch));
	struct resolve_request *q;

	(void)ready;
	while ((q = resolve_take(&a->resolve)) != NULL) {
		if (q->id & EXPAND_LOOK_UP)
			expand_take(&a->list, q);
		else if (a->listing)
			listing_resolved(a->listing, q, now_ns);
		else
			fleet_resolved(&a->run.fleet, q, now_ns);
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
	int rc = signal_fd < 0 ? signal_fd : run_loop_open(&a->run, signal_fd);

	loop_watch_init(&a->resolve_watch, on_resolved);
	if (rc == 0)
		rc = resolve_init(&a->resolve, family_of(a->options));
	if (rc == 0)
		rc = loop_add(&a->run.loop, &a->resolve_watch, a->resolve.fd, LOOP_IN);
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
	struct pump *p = &a->run.pump;
	void *mem = memory_map(merge_bytes(a->list.n));

	if (!mem)
		return false;
	p->merge = merge_new(mem, a->list.n, &options);
	pool_init(&p->pool, o->buffer_bytes + MERGE_ALLOWANCE, a->list.n >= HUGE_SOURCES);
	return true;
}

/* A capture needs its descriptor more than a clock does. */
static void
prepare_clocks(struct app *a, uint64_t files)
{
	struct source_context *c = &a->run.fleet.context;
	uint64_t needed = 2 * (uint64_t)a->list.n + FILES_EXTRA;
	enum log_level level = a->options->aligns_clocks ? LOG_WARNING : LOG_DEBUG;

	c->has_probes = files >= needed;
	if (!c->has_probes)
		log_line(level,
			 "clock offsets are not measured: that takes %llu open files, "
			 "%llu are allowed (ulimit -n)",
			 (unsigned long long)needed, (unsigned long long)files);
	source_clock_read_reference(&c->reference);
	source_clock_read_reference(&c->reference);
	c->reference.first = c->reference.now;
}

static void
choose_ports(struct app *a)
{
	struct source_context *c = &a->run.fleet.context;
	struct text field;

	ports_init(&a->ports, c->has_probes ? 2 * a->list.n : a->list.n);
	text_init(&field, a->ports_field, sizeof(a->ports_field));
	target_put_ports(&field, a->list.targets, a->list.n, &a->ports,
			 c->net.proxy ? c->net.proxy->url.port : 0);
	text_cstr(&field);
	c->net.ports = &a->ports;
	c->ports_field = a->ports_field;
}

/* Only a classic header has no other place for what tells the targets apart. */
static bool
open_indexes(struct app *a)
{
	const struct options *o = a->options;

	if (o->format->put_interface || o->linktype != OPTIONS_LINKTYPE_SLL2)
		return true;
	a->ifindexes = calloc(a->list.n, sizeof(*a->ifindexes));
	for (uint32_t i = 0; a->ifindexes && i < a->list.n; i++)
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

static bool
open_printer(struct app *a)
{
	struct print_options options = options_of_print(a->options);
	enum options_color color = a->options->print.color;

	options.names = a->names.names;
	if (a->options->print.is_wanted && a->options->format != &format_text) {
		a->copy = calloc(1, sizeof(*a->copy));
		a->run.pump.copy = a->copy;
		return a->copy &&
		       copy_open(a->copy, &options,
				 printer_has_color(color, isatty(STDOUT_FILENO) == 1)) ==
			   0;
	}
	if (a->options->format != &format_text)
		return true;
	a->printer = calloc(1, sizeof(*a->printer));
	if (a->printer)
		printer_init(
		    a->printer, &options,
		    printer_has_color(color, sink_is_terminal(&a->run.writer.sink)));
	return a->printer != NULL;
}

static bool
open_output(struct app *a)
{
	const struct options *o = a->options;
	struct output_options options = {
	    .format = o->format, .is_nano = o->is_nano, .os = name_os(a)};

	if (!open_indexes(a) || !open_printer(a) ||
	    !interfaces_init(&a->interfaces, a->list.n, INTERFACES_OPEN,
			     o->linktype == OPTIONS_LINKTYPE_NATIVE))
		return false;
	if (o->format->put_interface) {
		blocks_want(&a->interfaces.blocks);
		names_file_put(&a->names, &a->interfaces);
	}
	options.printer = a->printer;
	options.has_indexes = a->ifindexes != NULL;
	output_init(&a->run.writer.output, &options, &a->interfaces);
	return true;
}

static void
join_net(struct app *a)
{
	struct net_env *net = &a->run.fleet.context.net;

	choose_ports(a);
	net->loop = &a->run.loop;
	net->resolve = &a->resolve;
	net->children = &a->run.children;
	net->options = a->options;
	net->logins = &a->logins;
	a->run.children.loop = &a->run.loop;
	a->logins.max = (unsigned)a->options->ssh_jobs;
	a->logins.may_ask = a->list.n == 1 && standard_has_terminal();
	net->tls_options = &a->options->tls;
	net->connect_ns = a->options->connect_ns;
	net->scratch = a->scratch;
	net->tls = a->tls;
}

/* Everything is there: who knows whom. */
static bool
join(struct app *a)
{
	struct run *r = &a->run;
	struct source_context *c = &r->fleet.context;

	join_net(a);
	c->merge = r->pump.merge;
	c->interfaces = &a->interfaces;
	c->targets = a->list.targets;
	c->n_targets = a->list.n;
	c->options = a->options;
	r->pump.options = a->options;
	r->pump.fleet = &r->fleet;
	r->pump.interfaces = &a->interfaces;
	r->pump.ifindexes = a->ifindexes;
	r->pump.writer = &r->writer;
	if (a->options->path.is_wanted)
		c->addresses = calloc(a->list.n, sizeof(*c->addresses));
	return fleet_init(&r->fleet, a->list.targets, a->list.n);
}

/* However it is written. */
static enum app_status
refuse_stats(const struct app *a)
{
	const char *stats = a->options->stats_path;

	if (!stats || !writer_is_file(&a->run.writer, stats))
		return APP_OK;
	fault_say(span_str(stats), "--stats-json names the output");
	return APP_USAGE;
}

/* Opens the writer, on a file that nothing else reads or writes. Logs what fails. */
static enum app_status
open_file(struct app *a)
{
	struct writer *w = &a->run.writer;

	if (clash_refuse(a->options, a->list.targets, a->list.n) != APP_OK)
		return APP_USAGE;
	if (writer_open(w, a->options) != WRITER_OK) {
		fault_writer(w);
		return APP_FAILED;
	}
	return refuse_stats(a);
}

static void
tell_end(const struct app *a)
{
	struct views views = fleet_views(&a->run.fleet);
	const struct merge *merge = a->run.pump.merge;
	const struct writer *w = &a->run.writer;
	char mem[WRITER_PATH_MAX];
	struct text where;

	text_init(&where, mem, sizeof(mem));
	writer_put_where(w, &where);
	messages_tell_summary(&views);
	if (a->copy && a->copy->n_left_out > 0)
		log_line(LOG_WARNING,
			 "%llu packets are not printed: standard output was too slow, or "
			 "closed; the file has them",
			 (unsigned long long)a->copy->n_left_out);
	if (!a->options->path.is_wanted || a->options->write_path)
		messages_tell_written(&views, w->all_bytes, text_span(&where));
	log_line(LOG_DEBUG, "hold-back %llu ms, %llu KiB of buffers at the end",
		 (unsigned long long)(merge_hold_back_ns(merge) / 1000000),
		 (unsigned long long)(merge_memory(merge) / 1024));
}

static enum app_status
list_interfaces(struct app *a)
{
	enum app_status status;

	join_net(a);
	a->listing = listing_new(&a->run.fleet.context.net, a->options, a->list.targets,
				 a->list.n);
	if (!a->listing)
		return fault_errno("-D", -ENOMEM);
	status = listing_run(a->listing, &a->run.is_stopped);
	listing_free(a->listing);
	a->listing = NULL;
	return status;
}

static enum app_status
run(struct app *a)
{
	struct run *r = &a->run;
	bool has_packets = !a->options->lists_interfaces;
	enum app_status status = has_packets ? open_file(a) : APP_OK;
	uint64_t files;
	int rc;

	if (status != APP_OK)
		return status;
	files = limits_raise_files();
	display_open(&r->display, a->options, sink_is_watchable(&r->writer.sink),
		     a->options->print.is_wanted && isatty(STDOUT_FILENO) == 1);
	rc = open_loop(a);
	if (rc < 0)
		return fault_errno("start", rc);
	status = expand_names(&a->list, &r->loop, &a->resolve, &r->is_stopped);
	if (status != APP_OK)
		return status;
	if (!has_packets)
		return list_interfaces(a);
	prepare_clocks(a, files);
	if (!open_merge(a) || !open_output(a) || !join(a))
		return fault_errno("start", -ENOMEM);
	status = ways_open(&a->paths, &r->pump, a->list.targets, a->list.n);
	if (status != APP_OK)
		return status;
	r->pump.paths = a->options->path.is_wanted ? &a->paths : NULL;
	run_loop(r);
	if (a->copy)
		copy_close(a->copy);
	display_close(&r->display);
	pump_count_unwritten(&r->pump);
	status = ways_report(&r->pump,
			     verdict_of(a->options, &a->run.fleet, a->run.has_failed));
	run_loop_close(r);
	tell_end(a);
	return status == APP_OK ? verdict_of(a->options, &a->run.fleet, a->run.has_failed)
				: status;
}

/* A run that never began leaves the file as it was. */
static enum app_status
close_stats(struct app *a, enum app_status status)
{
	struct views views = fleet_views(&a->run.fleet);
	bool has_run = views.n > 0;
	int rc = stats_file_close(&a->stats, has_run ? &views : NULL, status,
				  has_run ? merge_hold_back_ns(a->run.pump.merge) : 0);

	return rc < 0 ? fault_stats(a->options->stats_path, rc) : status;
}

/* The merge's mappings go with the process. */
static void
fini(struct app *a)
{
	fleet_fini(&a->run.fleet);
	spawn_set_fini(&a->run.children);
	writer_fini(&a->run.writer);
	tls_config_free(a->tls);
	for (uint32_t i = 0; a->ifindexes && i < a->list.n; i++)
		ifindexes_fini(&a->ifindexes[i]);
	free(a->ifindexes);
	free(a->printer);
	names_file_fini(&a->names);
	paths_close(&a->paths);
	free(a->run.fleet.context.addresses);
	free(a->copy);
	interfaces_fini(&a->interfaces);
	free(a->list.targets);
}

/* What can be wrong before anything is opened. */
static enum app_status
prepare(struct app *a)
{
	enum app_status status = expand_parse(&a->list, a->options);
	int rc;

	if (status == APP_OK && !names_file_read(&a->names, a->options->names_path))
		status = APP_USAGE;
	if (status == APP_OK)
		status = choose_proxy(a);
	if (status == APP_OK)
		status = open_tls(a);
	if (status != APP_OK)
		return status;
	rc = stats_file_open(&a->stats, a->options->stats_path);
	return rc < 0 ? fault_stats(a->options->stats_path, rc) : APP_OK;
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
	a->run.options = options;
	a->run.end_ns = LOOP_NEVER;
	a->run.stall_ns = LOOP_NEVER;
	a->run.messages.hold_back_ns = options->hold_back_ns;
	status = prepare(a);
	if (status == APP_OK)
		status = run(a);
	status = close_stats(a, status);
	fini(a);
	return status;
}
