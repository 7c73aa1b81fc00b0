/* Paths to answers. It knows what the worker can tell, and no socket but to ask whose end
 * it is. */
#include "worker/front/routes.h"

#include <assert.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"
#include "sys/links.h"
#include "sys/log.h"
#include "worker/front/foreign.h"
#include "worker/front/hints.h"

#define CAPTURES_MAX ((SLOTS_MAX + BROKER_PAST_MAX) * (RECORD_JSON_MAX + 2) + 64)
/* LINKS_MAX lines, each name 15 bytes that take five; 200 statuses; and the rest. */
#define METRICS_MAX (LINKS_MAX * 160u + 200 * 80u + 16384)
/* Names that take six bytes for one, numbers, and addresses with their prefix. */
#define INTERFACES_MAX (LINKS_MAX * 320u + LINKS_ADDRESSES_MAX * 64u + 64)

#define COUNT_FOLDER "/captures/" /* and the capture's ID */

static void
say_ignored(const struct conn *c, const char *what)
{
	char line[LOG_LINE_MAX];
	struct text t;

	text_init(&t, line, sizeof(line));
	net_format(&t, &c->peer);
	text_str(&t, ": what is malformed in ");
	text_str(&t, what);
	text_str(&t, " is ignored");
	log_text(LOG_INFO, &t);
}

/* What the CLI asks by header, weakest first: the query overrules all of it. */
static void
apply_headers(struct conn *c)
{
	const struct http_request_head *h = &c->http.head;
	const struct request_limits *limits = &c->broker->config->limits;
	const struct http_field *field;
	size_t at = 0;

	if (http_head_accepts(&h->fields, "application/x-pcapng"))
		c->request.format = REQUEST_PCAPNG;
	while ((field = http_head_next(&h->fields, "Ddump-Options", &at)) != NULL)
		if (!request_parse_options(&c->request, field->value, limits))
			say_ignored(c, "Ddump-Options");
}

static bool
build_request(struct conn *c, struct text *why)
{
	const struct config *config = c->broker->config;
	struct request *r = &c->request;

	request_init(r, &config->limits);
	apply_headers(c);
	if (!request_parse_query(r, c->http.target.query, &config->limits, why) ||
	    !request_restrict(r, config->interfaces, why) || !request_check(r, why))
		return false;
	r->is_validation = c->is_validation;
	r->is_chunked = c->http.head.minor == 1;
	r->may_resolve = config->may_resolve;
	r->listener = config->listener;
	r->peer = c->peer;
	net_local(c->watch.fd, &r->local);
	if (!hints_read(&r->hints, &c->http.head.fields))
		say_ignored(c, "Forwarded, X-Forwarded or Ddump-Ports");
	return true;
}

void
routes_start(struct conn *c, uint64_t now_ns)
{
	switch (broker_start(c->broker, c)) {
	case BROKER_STARTED:
		conn_enter(c, CONN_STARTING, now_ns);
		return;
	case BROKER_WAITS:
		conn_enter(c, CONN_QUEUED, now_ns);
		return;
	case BROKER_FULL:
		conn_refuse(c, 503, span_str("too many captures at once; try again"),
			    now_ns);
		return;
	case BROKER_BROKEN:
		conn_refuse(c, 500, span_str("the capture cannot be started"), now_ns);
	}
}

static void
handle_capture(struct conn *c, bool is_validation, uint64_t now_ns)
{
	char mem[SLOTS_WHY_SIZE];
	struct text why;

	text_init(&why, mem, sizeof(mem));
	c->is_validation = is_validation || c->is_head;
	if (build_request(c, &why))
		routes_start(c, now_ns);
	else
		conn_refuse(c, 400, text_span(&why), now_ns);
}

static void
answer_tally(struct conn *c, const struct tally *tally, uint64_t now_ns)
{
	char mem[TALLY_JSON_MAX];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	tally_put_json(&t, tally);
	assert(!t.is_cut);
	conn_answer_text(c, "application/json", text_span(&t), now_ns);
}

/* What is known of the connection's capture is the answer, unless it has to wait. */
static void
count(struct conn *c, bool is_stop, uint64_t now_ns)
{
	struct tally tally;

	switch (broker_count(c->broker, c->counted_id, is_stop, now_ns, &tally)) {
	case BROKER_COUNTED:
		answer_tally(c, &tally, now_ns);
		return;
	case BROKER_COUNT_WAITS:
		if (c->state != CONN_COUNTING)
			conn_enter(c, CONN_COUNTING, now_ns);
		return;
	case BROKER_UNKNOWN:
		conn_answer_problem(c, 404, span_str("no capture has this ID"), now_ns);
	}
}

void
routes_count(struct conn *c, uint64_t now_ns)
{
	count(c, true, now_ns);
}

void
routes_count_late(struct conn *c, uint64_t now_ns)
{
	count(c, false, now_ns);
}

static void
handle_count(struct conn *c, uint64_t now_ns)
{
	struct span id = c->http.target.path;
	struct span query = c->http.target.query;
	bool is_stop = span_eq(query, span_str("stop=1"));

	span_take(&id, sizeof(COUNT_FOLDER) - 1);
	if (query.n > 0 && !is_stop)
		conn_answer_problem(c, 400, span_str("stop=1 is the only parameter"),
				    now_ns);
	else if (tally_parse_id(id, c->counted_id))
		count(c, is_stop && !c->is_head, now_ns);
	else
		conn_answer_problem(c, 404, span_str("no capture has this ID"), now_ns);
}

static void
handle_clock(struct conn *c, uint64_t now_ns)
{
	char mem[64];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	text_str(&t, "{\"time_ns\":");
	text_u64(&t, clock_realtime_ns());
	text_str(&t, "}\n");
	conn_answer_text(c, "application/json", text_span(&t), now_ns);
}

static void
handle_health(struct conn *c, uint64_t now_ns)
{
	const char *wrong = NULL;

	if (!c->broker->config->may_capture)
		wrong = "packet sockets are refused: start the worker as root or give it "
			"CAP_NET_RAW";
	else if (broker_is_full(c->broker))
		wrong = "all places for captures are taken (-max-captures)";
	if (wrong)
		conn_answer_problem(c, 503, span_str(wrong), now_ns);
	else
		conn_answer_text(c, "text/plain; charset=utf-8", span_str("ok\n"),
				 now_ns);
}

typedef void body_fn(struct conn *c, struct text *t);

/* A body that is too large for the stack. */
static void
answer_built(struct conn *c, const char *type, size_t cap, body_fn *build,
	     uint64_t now_ns)
{
	char *mem = malloc(cap);
	struct text t;

	if (!mem) {
		conn_refuse(c, 503, span_str("out of memory"), now_ns);
		return;
	}
	text_init(&t, mem, cap);
	build(c, &t);
	assert(!t.is_cut); /* the bounds above */
	conn_answer_text(c, type, text_span(&t), now_ns);
	free(mem);
}

static void
build_captures(struct conn *c, struct text *t)
{
	broker_put_captures(c->broker, t);
}

/* NULL when the kernel does not tell. */
static struct links *
read_links(struct conn *c)
{
	static struct links links;

	return links_read(c->broker->links_fd, &links) == 0 ? &links : NULL;
}

static void
build_metrics(struct conn *c, struct text *t)
{
	struct metrics running;
	size_t n = broker_sum_running(c->broker, &running);

	metrics_put(t, &c->broker->metrics, &running, n, *c->broker->n_connections,
		    read_links(c), c->broker->config->library);
}

static void
put_addresses(struct text *t, const struct links *l, uint32_t index)
{
	const char *comma = "";

	for (size_t i = 0; i < l->n_addresses; i++) {
		if (l->addresses[i].index != index)
			continue;
		text_str(t, comma);
		text_str(t, "\"");
		net_format_host(t, &l->addresses[i].address);
		text_str(t, "/");
		text_u64(t, l->addresses[i].prefix);
		text_str(t, "\"");
		comma = ",";
	}
}

/* What linktype=native gives there, by libpcap's names (pcap-linktype(7)). */
static const char *
native_name(uint16_t hatype)
{
	switch (hatype) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		return "EN10MB";
	case ARPHRD_NONE:
	case ARPHRD_PPP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
		return "RAW";
	case ARPHRD_IEEE80211:
		return "IEEE802_11";
	case ARPHRD_IEEE80211_RADIOTAP:
		return "IEEE802_11_RADIO";
	default:
		return "LINUX_SLL";
	}
}

static void
put_link(struct text *t, const struct links *l, const struct link *link)
{
	text_str(t, "{\"name\":");
	text_json(t, span_str(link->name));
	text_str(t, ",\"index\":");
	text_u64(t, link->index);
	text_str(t, link->is_up ? ",\"state\":\"up\"" : ",\"state\":\"down\"");
	text_str(t, link->has_carrier ? ",\"carrier\":true" : ",\"carrier\":false");
	text_str(t, ",\"linktype\":");
	text_json(t, span_str(native_name(link->hatype)));
	text_str(t, ",\"mtu\":");
	text_u64(t, link->mtu);
	text_str(t, ",\"rx_dropped\":");
	text_u64(t, link->rx_dropped);
	text_str(t, ",\"addresses\":[");
	put_addresses(t, l, link->index);
	text_str(t, "]}");
}

static void
build_interfaces(struct conn *c, struct text *t)
{
	const struct links *l = read_links(c);
	const char *comma = "";

	text_str(t, "{\"interfaces\":[");
	for (size_t i = 0; l && i < l->n; i++) {
		if (!config_allows_interface(c->broker->config,
					     span_str(l->list[i].name)))
			continue;
		text_str(t, comma);
		put_link(t, l, &l->list[i]);
		comma = ",\n";
	}
	text_str(t, "]}\n");
}

static void
handle_help(struct conn *c, uint64_t now_ns)
{
	conn_answer_text(c, "text/plain; charset=utf-8", span_str(answer_help()), now_ns);
}

static void
handle_stream(struct conn *c, uint64_t now_ns)
{
	handle_capture(c, false, now_ns);
}

static void
handle_validate(struct conn *c, uint64_t now_ns)
{
	handle_capture(c, true, now_ns);
}

static void
handle_captures(struct conn *c, uint64_t now_ns)
{
	answer_built(c, "application/json", CAPTURES_MAX, build_captures, now_ns);
}

static void
handle_interfaces(struct conn *c, uint64_t now_ns)
{
	answer_built(c, "application/json", INTERFACES_MAX, build_interfaces, now_ns);
}

static void
handle_metrics(struct conn *c, uint64_t now_ns)
{
	answer_built(c, "text/plain; version=0.0.4; charset=utf-8", METRICS_MAX,
		     build_metrics, now_ns);
}

static const struct route {
	const char *path;
	void (*handle)(struct conn *c, uint64_t now_ns);
} routes[] = {
    {"/", handle_help},
    {"/capture", handle_stream},
    {"/validate", handle_validate},
    {"/interfaces", handle_interfaces},
    {"/captures", handle_captures},
    {"/clock", handle_clock},
    {"/healthz", handle_health},
    {"/metrics", handle_metrics},
};

void
routes_handle(struct conn *c, uint64_t now_ns)
{
	bool is_count = span_starts(c->http.target.path, span_str(COUNT_FOLDER));
	const char *wrong =
	    foreign_fault(&c->http.head, &c->http.target, c->broker->config,
			  c->peer.sa.ss_family == AF_UNIX);

	if (c->is_reserve && !is_count) {
		conn_refuse(c, 503, span_str(CONN_FULL_TEXT), now_ns);
		return;
	}
	if (wrong) {
		conn_answer_problem(c, 403, span_str(wrong), now_ns);
		return;
	}
	if (c->http.head.method == HTTP_METHOD_OTHER) {
		conn_answer_problem(c, 405, span_str("only GET and HEAD exist here"),
				    now_ns);
		return;
	}
	if (is_count) {
		handle_count(c, now_ns);
		return;
	}
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!span_eq(c->http.target.path, span_str(routes[i].path)))
			continue;
		routes[i].handle(c, now_ns);
		return;
	}
	conn_answer_problem(
	    c, 404, span_str("no such path; GET / lists those that exist"), now_ns);
}
