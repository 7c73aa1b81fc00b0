/* From a seed to a run: hosts, options and faults. Each run has a process of its own, so that
 * one that crashes or hangs is told by its seed. */
#include "sim/run.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/run/app.h"
#include "sim/seam.h"
#include "sim/worker.h"
#include "sys/log.h"

#define RUNS_DEFAULT 1000
#define JOBS	     2
#ifdef COVERAGE
extern void __gcov_dump(void);
#endif

#define RUN_CPU_S      60  /* a run that takes more loops, */
#define RUN_PATIENCE_S 600 /* and one that takes longer hangs */
#define END_PATIENCE   (12 * SIM_SECOND)
#define READ_PATIENCE  (3 * SIM_SECOND)
#define PATH	       "/tmp/ddump-sim-%d.json"

/* Its bit of sim_hosts, and when it ends. */
struct fault {
	struct sim_host *host;
	uint64_t ns;
};

static void
kill_worker(void *arg)
{
	struct fault *f = arg;

	sim_note("host %u: killed for %llu ms", f->host->number + 1,
		 (unsigned long long)(f->ns / SIM_MS));
	sim_worker_kill(f->host, f->ns);
}

static void
shut_down(void *arg)
{
	struct fault *f = arg;

	sim_note("host %u: shut down for %llu ms", f->host->number + 1,
		 (unsigned long long)(f->ns / SIM_MS));
	sim_worker_shut_down(f->host, f->ns);
}

static void
cut(void *arg)
{
	struct fault *f = arg;

	sim_note("host %u: connections are cut", f->host->number + 1);
	f->host->was_tried = true;
	sim_worker_reset(f->host, sim_chance(50));
}

static void
stall(void *arg)
{
	struct fault *f = arg;

	sim_note("host %u: out of reach for %llu ms", f->host->number + 1,
		 (unsigned long long)(f->ns / SIM_MS));
	f->host->was_tried = true;
	f->host->link.down_ns = sim_now() + f->ns;
}

static void
refuse(void *arg)
{
	struct fault *f = arg;

	sim_note("host %u: cut, and busy for %llu ms", f->host->number + 1,
		 (unsigned long long)(f->ns / SIM_MS));
	f->host->was_tried = true;
	f->host->busy_ns = sim_now() + f->ns;
	sim_worker_reset(f->host, sim_chance(50));
}

static void
remove_interface(void *arg)
{
	struct fault *f = arg;

	sim_note("host %u: no interface for %llu ms", f->host->number + 1,
		 (unsigned long long)(f->ns / SIM_MS));
	if (f->host->way != SIM_WAY_NG)
		f->host->was_tried = true;
	f->host->absent_ns = sim_now() + f->ns;
	sim_worker_end(f->host, "interface: it is gone");
}

static void (*const faults[])(void *arg) = {kill_worker, shut_down,	  cut, cut, stall,
					    refuse,	 remove_interface};

static void
plan_faults(struct sim_plan *p)
{
	unsigned n = 1 + (unsigned)sim_below(4);

	while (n-- > 0) {
		struct fault *f = malloc(sizeof(*f));
		uint64_t at_ns = sim_now() + sim_below(8 * SIM_SECOND);

		f->host = &sim_hosts[sim_below(sim_n_hosts)];
		f->ns = sim_below(sim_chance(80) ? 2 * SIM_SECOND : 20 * SIM_SECOND);
		sim_at(at_ns, faults[sim_below(sizeof(faults) / sizeof(faults[0]))], f);
		if (at_ns + f->ns > p->quiet_ns)
			p->quiet_ns = at_ns + f->ns;
	}
}

static void
plan_host(const struct sim_plan *p, struct sim_host *h, uint32_t number)
{
	static const size_t segments[] = {3, 200, 1448, 8192, 65536};
	static const uint64_t rates[] = {3, 30, 150, 600};

	*h = (struct sim_host){.number = number,
			       .way = sim_chance(75)   ? SIM_WAY_NG
				      : sim_chance(60) ? SIM_WAY_CLASSIC
						       : SIM_WAY_OLD,
			       .rate = rates[sim_below(4)],
			       .size = 40 + sim_below(sim_chance(80) ? 100 : 1400),
			       .queue_bytes = 65536,
			       .ring_max = 1000,
			       .answer_ns = 20 * SIM_MS};
	h->link = (struct sim_link){.delay_ns = sim_between(1, 40) * SIM_MS / 2,
				    .jitter_ns = sim_below(10 * SIM_MS),
				    .window = 1 << 20,
				    .segment = 65536};
	if (p->is_calm)
		return;
	if (p->is_settled && h->rate > 30)
		h->rate = 30;
	h->link.segment = segments[sim_below(5)];
	if (h->link.segment < 1448 && h->rate > 50)
		h->rate = 50;
	h->link.window = 2000 + sim_below(sim_chance(50) ? 20000 : 300000);
	if (h->link.window > 1000 * h->link.segment)
		h->link.window = 1000 * h->link.segment;
	h->queue_bytes = 3000 + sim_below(200000);
	h->ring_max = 20 + sim_below(1000);
	h->answer_ns = sim_below(sim_chance(80) ? 200 * SIM_MS : 4 * SIM_SECOND);
	if (sim_chance(20))
		h->link.delay_ns = sim_between(50, 600) * SIM_MS;
	if (sim_chance(20))
		h->link.bytes_s = 20000 + sim_below(200000);
	if (sim_chance(5))
		h->has_no_counts = h->was_tried = true;
	if (sim_chance(10))
		h->refused_ns = sim_now() + sim_below(10 * SIM_SECOND);
}

static void
plan_output(struct sim_plan *p)
{
	struct sim_output *o = &sim_output;

	o->is_pipe = sim_chance(60);
	o->room_max = o->is_pipe ? 65536u << sim_below(5) : SIZE_MAX / 2;
	o->stall_ns = UINT64_MAX;
	p->is_reader_fast = true;
	if (p->is_calm || !o->is_pipe || sim_chance(50))
		return;
	p->is_reader_fast = false;
	o->room_max = 8192 + sim_below(65536);
	if (sim_chance(50))
		o->bytes_s = 100000 + sim_below(1000000);
	o->stall_ns = sim_now() + sim_below(8 * SIM_SECOND);
	o->resume_ns = o->stall_ns + sim_below(6 * SIM_SECOND);
	if (sim_chance(10))
		o->gone_ns = sim_now() + sim_below(8 * SIM_SECOND);
}

static void add(struct sim_plan *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct sim_plan *p, const char *format, ...)
{
	char *mem = malloc(128);
	va_list ap;

	va_start(ap, format);
	vsnprintf(mem, 128, format, ap);
	va_end(ap);
	p->argv[p->argc++] = mem;
}

static void
plan_options(struct sim_plan *p)
{
	static const unsigned hold_backs_ms[] = {50, 200, 1000, 3000};

	p->is_pcapng = sim_chance(50);
	p->is_nano = p->is_pcapng || sim_chance(70);
	add(p, "ddump");
	add(p, "-v");
	add(p, "--progress=never");
	add(p, "--stats-json=%s", p->json_path);
	add(p, "--format=%s", p->is_pcapng ? "pcapng" : "pcap");
	if (p->is_nano && !p->is_pcapng)
		add(p, "--time-stamp-precision=nano");
	if (sim_chance(30))
		add(p, "--linktype=sll2");
	p->hold_back_ns = UINT64_MAX;
	if (!p->is_calm && sim_chance(50)) {
		p->hold_back_ns = hold_backs_ms[sim_below(4)] * SIM_MS;
		add(p, "--hold-back=%ums", (unsigned)(p->hold_back_ns / SIM_MS));
	}
	if (!p->is_calm && sim_chance(20))
		add(p, "--buffer=1M");
	else if (p->is_reader_fast)
		sim_set_patience(READ_PATIENCE);
	if (!p->is_calm && sim_chance(30))
		add(p, "--wait=10");
	if (p->stop == SIM_STOP_COUNT)
		add(p, "--count=%llu", (unsigned long long)p->count);
	if (p->stop == SIM_STOP_DURATION)
		add(p, "--duration=%ums", (unsigned)((p->stop_ns - sim_now()) / SIM_MS));
	for (unsigned i = 0; i < sim_n_hosts; i++)
		add(p, "http://192.0.2.%u/capture%s", i + 1,
		    sim_hosts[i].way == SIM_WAY_CLASSIC ? "?format=pcap" : "");
}

static void
interrupt(void *arg)
{
	(void)arg;
	sim_signal_raise(SIGINT);
}

static void
plan_end(struct sim_plan *p)
{
	uint64_t last_ns;

	p->stop = sim_chance(50) ? SIM_STOP_SIGNAL : (enum sim_stop)sim_below(4);
	p->stop_ns = sim_now() + SIM_SECOND / 2 + sim_below(9 * SIM_SECOND);
	if (p->is_settled)
		p->stop_ns = p->quiet_ns + SIM_SETTLE_NS;
	p->count = 1 + sim_below(sim_chance(50) ? 100 : 5000);
	p->again_ns =
	    p->stop_ns + sim_below(sim_chance(50) ? 100 * SIM_MS : 2 * SIM_SECOND);
	sim_at(p->stop_ns + (p->stop == SIM_STOP_DURATION ? 12 * SIM_SECOND : 0),
	       interrupt, NULL);
	if (p->stop == SIM_STOP_TWICE)
		sim_at(p->again_ns, interrupt, NULL);
	last_ns = p->stop_ns + (p->stop == SIM_STOP_DURATION ? 12 * SIM_SECOND : 0);
	if (sim_output.stall_ns != UINT64_MAX && sim_output.resume_ns > last_ns)
		last_ns = sim_output.resume_ns;
	if (sim_output.bytes_s > 0) /* all that can wait for the reader */
		last_ns += 70 * SIM_SECOND;
	sim_set_end(last_ns + END_PATIENCE);
}

static void
make_plan(struct sim_plan *p)
{
	p->is_calm = sim_chance(25);
	p->is_settled = !p->is_calm && sim_chance(10);
	sim_n_hosts = 1 + (unsigned)sim_below(sim_chance(70) ? 3 : SIM_HOSTS_MAX);
	for (uint32_t i = 0; i < sim_n_hosts; i++)
		plan_host(p, &sim_hosts[i], i);
	if (!p->is_calm)
		plan_faults(p);
	plan_output(p);
	plan_end(p);
	plan_options(p);
	for (uint32_t i = 0; i < sim_n_hosts; i++)
		sim_worker_start(&sim_hosts[i]);
}

static int
run_ddump(struct sim_plan *p)
{
	const char *targets[SIM_ARGS_MAX] = {NULL};
	char *argv[SIM_ARGS_MAX + 1] = {NULL};
	char mem[LOG_LINE_MAX];
	struct options options;
	struct text why;

	for (int i = 0; i < p->argc; i++) {
		argv[i] = strdup(p->argv[i]);
		sim_note("%s", argv[i]);
	}
	text_init(&why, mem, sizeof(mem));
	if (options_parse(&options, p->argc, argv, targets, &why) != FLAG_RESULT_RUN)
		sim_fail("the command line is wrong: %s", text_cstr(&why));
	return (int)app_run(&options);
}

static void
run_one(uint64_t seed, bool is_verbose)
{
	const struct rlimit cpu = {.rlim_cur = RUN_CPU_S, .rlim_max = RUN_CPU_S};
	struct sim_plan plan = {.seed = seed};
	int status;

	setrlimit(RLIMIT_CPU, &cpu);
	alarm(RUN_PATIENCE_S);
	snprintf(plan.json_path, sizeof(plan.json_path), PATH, (int)getpid());
	sim_begin(seed, &sim_worker_hooks, UINT64_MAX);
	make_plan(&plan);
	status = run_ddump(&plan);
	sim_judge(&plan, status);
	unlink(plan.json_path);
	if (is_verbose)
		fputs(sim_log(), stderr);
#ifdef COVERAGE
	__gcov_dump();
#endif
	_exit(0);
}

struct job {
	pid_t pid; /* 0: none */
	uint64_t seed;
};

static void
start_job(struct job *j, uint64_t seed, bool is_verbose)
{
	j->seed = seed;
	j->pid = fork();
	if (j->pid == 0)
		run_one(seed, is_verbose);
}

static bool
finish_job(struct job *j)
{
	char path[64];
	int status = 1;

	if (j->pid == 0)
		return true;
	if (j->pid < 0 || waitpid(j->pid, &status, 0) != j->pid)
		return false;
	snprintf(path, sizeof(path), PATH, (int)j->pid);
	j->pid = 0;
	if (status == 0)
		return true;
	unlink(path);
	fprintf(stderr,
		"simulation: seed %llu: %s %d; SIM_SEED=%llu SIM_RUNS=1 plays it again\n",
		(unsigned long long)j->seed,
		WIFSIGNALED(status) ? "signal" : "exit status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		(unsigned long long)j->seed);
	return false;
}

static uint64_t
number_of(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

bool
sim_run_all(void)
{
	uint64_t n = number_of("SIM_RUNS", RUNS_DEFAULT);
	uint64_t first = number_of("SIM_SEED", 1);
	uint64_t n_bad_max = number_of("SIM_FAILURES", 1);
	bool is_verbose = getenv("SIM_VERBOSE") != NULL;
	struct job jobs[JOBS] = {{0}};
	uint64_t n_bad = 0;
	uint64_t i;

	for (i = 0; i < n && n_bad < n_bad_max; i++) {
		n_bad += !finish_job(&jobs[i % JOBS]);
		start_job(&jobs[i % JOBS], first + i, is_verbose);
	}
	for (unsigned j = 0; j < JOBS; j++)
		n_bad += !finish_job(&jobs[j]);
	fprintf(stderr, "simulation: %llu runs from seed %llu, %llu failed\n",
		(unsigned long long)i, (unsigned long long)first,
		(unsigned long long)n_bad);
	return n_bad == 0;
}
