/* Whether what ddump wrote and told is what happened: the hosts know. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/run.h"
#include "sim/seam.h"
#include "sim/worker.h"

#define JSON_MAX       65536
#define INTERFACES_MAX 64
#define NEVER	       UINT64_MAX
#define UNKNOWN	       (-1) /* null, or no such member */

#define FAIL(h, ...) \
	(sim_note(__VA_ARGS__), sim_fail("target %u: see above", (h)->number + 1))

struct written {
	uint64_t n;
	uint64_t late;
	uint64_t first;
	uint8_t *seen; /* by number */
};

struct reader {
	const struct sim_plan *plan;
	const uint8_t *p;
	size_t n;
	size_t at;
	uint64_t newest_ns;
	size_t write; /* that the record was in */
	struct written hosts[SIM_HOSTS_MAX];
	int interfaces[INTERFACES_MAX]; /* host, or -1 */
	unsigned n_interfaces;
	bool is_torn;
	uint64_t n_records;
};

/* The signal may have come when the run was ending already: a second one ends it at once. */
static bool
is_hasty(const struct sim_plan *p)
{
	return p->stop == SIM_STOP_TWICE || sim_output.gone_ns > 0 ||
	       (p->stop == SIM_STOP_DURATION &&
		sim_now() >= p->stop_ns + 12 * SIM_SECOND) ||
	       (p->stop == SIM_STOP_COUNT && sim_now() >= p->stop_ns);
}

static uint32_t
le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t
be(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

/* Whether its way carries less than it sends, or hardly more. */
static bool
is_slow(const struct sim_host *h)
{
	uint64_t turn_ns = 2 * (h->link.delay_ns + h->link.jitter_ns) + 100 * SIM_MS;
	uint64_t bytes = 2 * h->rate * (h->size + 100) + 4000;

	return h->link.bytes_s > 0 || h->link.segment < 1000 || bytes > h->queue_bytes ||
	       bytes * turn_ns / SIM_SECOND > h->link.window;
}

/* With a reader that waits for nothing, a packet of a host that is well leaves in time,
 * whatever befalls the others. */
static void
check_time(struct reader *r, const struct sim_host *h, uint64_t number)
{
	const struct sim_plan *p = r->plan;
	uint64_t way_ns = h->link.delay_ns + h->link.jitter_ns + 20 * SIM_MS;
	uint64_t limit_ns = p->hold_back_ns + 300 * SIM_MS;
	uint64_t age_ns;

	while (r->write < sim_output.n_writes && sim_output.writes[r->write].end < r->at)
		r->write++;
	age_ns = sim_output.writes[r->write].at_ns + SIM_WALL_NS - h->stamps[number];
	if (p->is_calm)
		limit_ns = 2500 * SIM_MS;
	else if (!p->is_reader_fast || h->was_tried || p->hold_back_ns == UINT64_MAX ||
		 h->n_captures != 1 || h->way != SIM_WAY_NG || is_slow(h))
		return;
	if (age_ns > way_ns + limit_ns)
		FAIL(h, "packet %llu was written %.3f s after it was sent",
		     (unsigned long long)number, (double)age_ns / 1e9);
}

static void
take_record(struct reader *r, uint64_t time_ns, const uint8_t *data, size_t n,
	    int interface)
{
	const uint8_t *tail = data + n - SIM_TAIL;
	uint64_t number;
	uint64_t stamp_ns;
	struct sim_host *h;
	struct written *w;

	if (n < SIM_TAIL || be(tail, 4) != SIM_MAGIC || be(tail + 4, 4) >= sim_n_hosts)
		sim_fail("a record of the output is no packet that was sent");
	h = &sim_hosts[be(tail + 4, 4)];
	w = &r->hosts[h->number];
	number = be(tail + 8, 8);
	if (number >= h->n_packets)
		FAIL(h, "packet %llu was never sent", (unsigned long long)number);
	stamp_ns = h->stamps[number];
	if (h->way == SIM_WAY_OLD || !r->plan->is_nano)
		stamp_ns -= stamp_ns % 1000;
	if (time_ns != stamp_ns)
		FAIL(h, "packet %llu is stamped %llu, not %llu",
		     (unsigned long long)number, (unsigned long long)time_ns,
		     (unsigned long long)stamp_ns);
	if (n != h->size && h->way != SIM_WAY_OLD && r->plan->is_pcapng &&
	    n + 4 != h->size)
		FAIL(h, "packet %llu has %zu bytes", (unsigned long long)number, n);
	if (interface >= 0 && interface != (int)h->number)
		FAIL(h, "packet %llu stands at target %d", (unsigned long long)number,
		     interface + 1);
	if (w->seen[number])
		FAIL(h, "packet %llu was written twice", (unsigned long long)number);
	w->seen[number] = 1;
	w->n++;
	w->late += time_ns < r->newest_ns;
	if (time_ns < r->newest_ns && r->plan->is_calm && r->plan->is_nano)
		FAIL(h, "packet %llu is late, and nothing was slow",
		     (unsigned long long)number);
	if (time_ns > r->newest_ns)
		r->newest_ns = time_ns;
	r->n_records++;
	check_time(r, h, number);
}

/* NULL: the output ends here, inside what should have been n bytes. */
static const uint8_t *
take(struct reader *r, size_t n)
{
	const uint8_t *p = r->p + r->at;

	if (n > r->n - r->at) {
		r->is_torn = r->at < r->n;
		return NULL;
	}
	r->at += n;
	return p;
}

static void
read_classic(struct reader *r)
{
	const uint8_t *head = take(r, 24);
	const uint8_t *p;

	if (!head)
		return;
	if (le32(head) != (r->plan->is_nano ? 0xa1b23c4d : 0xa1b2c3d4))
		sim_fail("the output begins with %08x", le32(head));
	while ((p = take(r, 16)) != NULL) {
		uint64_t rest = le32(p + 4);
		size_t n = le32(p + 8);
		const uint8_t *data = take(r, n);

		if (!data) {
			r->is_torn = true;
			return;
		}
		take_record(r,
			    le32(p) * SIM_SECOND + rest * (r->plan->is_nano ? 1 : 1000),
			    data, n, -1);
	}
}

/* "192.0.2.N/NAME" */
static void
take_interface(struct reader *r, const uint8_t *block, size_t n)
{
	const uint8_t *name = memmem(block, n, "192.0.2.", 8);

	if (!name || r->n_interfaces == INTERFACES_MAX)
		sim_fail("an interface without its target's name");
	r->interfaces[r->n_interfaces++] = atoi((const char *)name + 8) - 1;
}

static void
take_packet_block(struct reader *r, const uint8_t *p, size_t n)
{
	uint64_t time_ns = (uint64_t)le32(p + 12) << 32 | le32(p + 16);
	uint32_t interface = le32(p + 8);
	size_t caplen = le32(p + 20);

	if (interface >= r->n_interfaces || caplen > n - 32)
		sim_fail("a packet block of interface %u, %zu bytes", interface, caplen);
	take_record(r, time_ns, p + 28, caplen, r->interfaces[interface]);
}

static void
read_ng(struct reader *r)
{
	const uint8_t *head;

	while ((head = take(r, 12)) != NULL) {
		size_t n = le32(head + 4);

		r->at -= 12;
		head = take(r, n);
		if (!head) {
			r->is_torn = true;
			return;
		}
		if (n < 12 || n % 4 != 0 || le32(head + n - 4) != n)
			sim_fail("a block of %zu bytes", n);
		if (le32(head) == 1)
			take_interface(r, head, n);
		else if (le32(head) == 6)
			take_packet_block(r, head, n);
		else if (le32(head) != 5 && le32(head) != 0x0a0d0d0a)
			sim_fail("a block of type %u", le32(head));
	}
}

static long long
member(const char *line, const char *name)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(line, key);
	at = at ? at + strlen(key) : "null";
	return strncmp(at, "null", 4) == 0 ? UNKNOWN : strtoll(at, NULL, 10);
}

static bool
is_told(const char *line, const char *name, const char *value)
{
	char key[128];

	snprintf(key, sizeof(key), "\"%s\":\"%s\"", name, value);
	return strstr(line, key) != NULL;
}

struct truth {
	uint64_t n_known; /* captures that ddump knows of */
	uint64_t offered;
	uint64_t captured;
	uint64_t dropped;
};

static struct truth
truth_of(const struct sim_host *h)
{
	struct truth t = {0};

	for (unsigned i = 0; i < h->n_captures; i++) {
		const struct sim_capture *k = &h->captures[i];

		if (k->conn->read < k->head_at)
			continue;
		t.n_known++;
		t.offered += k->offered;
		t.captured += k->captured;
		t.dropped += k->dropped;
	}
	return t;
}

static void
check_at_least(const struct sim_host *h, const char *line, const char *name,
	       uint64_t truth)
{
	long long told = member(line, name);

	if (told != UNKNOWN && (uint64_t)told > truth)
		FAIL(h, "%s is told to be at least %lld, and was %llu", name, told,
		     (unsigned long long)truth);
}

static void
check_exact(const struct sim_host *h, const char *line, const char *name, uint64_t truth)
{
	long long told = member(line, name);

	if (told < 0 || (uint64_t)told != truth)
		FAIL(h, "%s is told to be %lld, and was %llu", name, told,
		     (unsigned long long)truth);
}

static void
check_counts(const struct reader *r, const struct sim_host *h, const char *line)
{
	struct truth t = truth_of(h);
	uint64_t received = (uint64_t)member(line, "packets_received");

	if (received > t.captured)
		FAIL(h, "%llu packets were received, %llu captured",
		     (unsigned long long)received, (unsigned long long)t.captured);
	if (is_told(line, "counts", "exact")) {
		check_exact(h, line, "packets_offered", t.offered);
		check_exact(h, line, "kernel_drops", t.dropped);
		check_exact(h, line, "not_fetched", t.captured - received);
		check_exact(h, line, "own_traffic", 0);
		return;
	}
	check_at_least(h, line, "packets_offered", t.offered);
	check_at_least(h, line, "kernel_drops", t.dropped);
	check_at_least(h, line, "not_fetched", t.captured - received);
	if (!h->was_tried && h->way != SIM_WAY_OLD && !is_hasty(r->plan) &&
	    h->answer_ns < SIM_SECOND / 2 && h->link.delay_ns < SIM_SECOND / 10 &&
	    !is_slow(h))
		FAIL(h, "its counts are at_least, and nothing befell it");
}

static bool
is_settled(const struct sim_plan *p, const struct sim_host *h)
{
	return p->stop == SIM_STOP_SIGNAL && p->is_reader_fast &&
	       (p->is_calm || p->is_settled) && !is_slow(h) &&
	       h->refused_ns <= 1000 * SIM_SECOND && !h->is_refused;
}

/* Nothing has gone wrong for so long that all is well again. */
static void
check_settled(const struct reader *r, const struct sim_host *h, const char *line)
{
	if (!is_settled(r->plan, h) || h->way == SIM_WAY_OLD)
		return;
	if (!is_told(line, "state", "ended"))
		FAIL(h, "all was well for long, and its state is not \"ended\"");
	if (!r->plan->is_calm)
		return;
	if (h->way != SIM_WAY_OLD && member(line, "not_fetched") != 0)
		FAIL(h, "all was well, and %lld packets were not fetched",
		     member(line, "not_fetched"));
}

/* What was sent a while before the end by a host that was well again was written. */
static void
check_written(const struct reader *r, const struct sim_host *h)
{
	uint64_t until_ns =
	    SIM_WALL_NS + r->plan->stop_ns - h->link.delay_ns - SIM_SECOND;
	const struct sim_capture *k;

	if (!is_settled(r->plan, h) || h->way == SIM_WAY_OLD)
		return;
	if (h->n_captures == 0)
		FAIL(h, "all was well, and it gave no capture");
	k = &h->captures[h->n_captures - 1];
	for (uint64_t i = k->first; i < h->n_packets && h->stamps[i] < until_ns; i++)
		if (!r->hosts[h->number].seen[i] && k->dropped == 0)
			FAIL(
			    h,
			    "packet %llu was captured when all was well, and not written",
			    (unsigned long long)i);
}

static void
check_target(const struct reader *r, const struct sim_host *h, const char *line)
{
	const struct written *w = &r->hosts[h->number];
	struct truth t = truth_of(h);
	uint64_t late = (uint64_t)member(line, "late");
	uint64_t not_written = (uint64_t)member(line, "not_written");

	if (!r->is_torn)
		check_exact(h, line, "packets_written", w->n);
	check_exact(h, line, "packets_received",
		    (uint64_t)member(line, "packets_written") + not_written);
	check_exact(h, line, "ahead", 0);
	if (w->late > late ||
	    (r->plan->is_nano && w->late != late && h->way != SIM_WAY_OLD))
		FAIL(h, "%llu packets are out of order, %llu are counted late",
		     (unsigned long long)w->late, (unsigned long long)late);
	check_exact(h, line, "gaps", t.n_known > 0 ? t.n_known - 1 : 0);
	check_counts(r, h, line);
	check_settled(r, h, line);
	check_written(r, h);
}

static void
check_status(const struct sim_plan *p, const char *json, int status)
{
	static const char failed[] = "\"state\":\"failed\"";
	bool has_started = false;
	unsigned n_failed = 0;

	for (const char *at = json; (at = strstr(at, failed)) != NULL; at++)
		n_failed++;

	for (unsigned i = 0; i < sim_n_hosts; i++)
		has_started |= truth_of(&sim_hosts[i]).n_known > 0;
	if (member(json, "exit_status") != status)
		sim_fail("exit status %d, %lld is told", status,
			 member(json, "exit_status"));
	if (status == 1 && is_hasty(p))
		return;
	if (status != (n_failed == 0 ? 0 : has_started || n_failed < sim_n_hosts ? 3 : 1))
		sim_fail("exit status %d with %u failed targets, and%s capture", status,
			 n_failed, has_started ? " a" : " no");
	if (p->stop == SIM_STOP_COUNT && p->is_calm && sim_now() < p->stop_ns &&
	    (uint64_t)member(strstr(json, "\"total\""), "packets_written") != p->count)
		sim_fail("-c %llu ended with %lld packets", (unsigned long long)p->count,
			 member(strstr(json, "\"total\""), "packets_written"));
}

static void
read_json(const char *path, char *json)
{
	int fd = open(path, O_RDONLY);
	long n = fd < 0 ? -1 : read(fd, json, JSON_MAX - 1);

	if (n <= 0)
		sim_fail("there is no summary");
	close(fd);
	json[n] = '\0';
}

/* One line each; the texts end there. */
static void
check_targets(struct reader *r, char *json)
{
	char *line = strchr(json, '\n');

	for (unsigned i = 0; i < sim_n_hosts; i++) {
		char *end = line ? strchr(line + 1, '\n') : NULL;

		if (!end)
			sim_fail("the summary has another number of targets");
		*end = '\0';
		check_target(r, &sim_hosts[i], line + 1);
		*end = '\n';
		line = end;
	}
}

void
sim_judge(const struct sim_plan *plan, int status)
{
	struct reader r = {.plan = plan, .p = sim_output.bytes, .n = sim_output.n};
	char json[JSON_MAX];

	for (unsigned i = 0; i < sim_n_hosts; i++)
		r.hosts[i].seen = calloc(sim_hosts[i].n_packets + 1, 1);
	read_json(plan->json_path, json);
	sim_note("exit status %d, %s", status, json);
	if (plan->is_pcapng)
		read_ng(&r);
	else
		read_classic(&r);
	if (r.is_torn && !is_hasty(plan) && sim_output.gone_ns == 0)
		sim_fail("the output ends inside a record");
	check_targets(&r, json);
	check_status(plan, json, status);
	for (unsigned i = 0; i < sim_n_hosts; i++)
		free(r.hosts[i].seen);
}
