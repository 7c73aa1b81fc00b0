/* Paths to answers. It knows what the worker can tell, and no connection. */
#include "worker/front/routes.h"

#include <assert.h>
#include <net/if_arp.h>
#include <string.h>

#include "sys/clock.h"
#include "sys/links.h"
#include "worker/front/foreign.h"
#include "worker/front/hints.h"

#define CAPTURES_MAX ((SLOTS_MAX + BROKER_PAST_MAX) * (RECORD_JSON_MAX + 2) + 64)
/* LINKS_MAX lines, each name 15 bytes that take five; 200 statuses; and the rest. */
#define METRICS_MAX (LINKS_MAX * 160u + 200 * 80u + 16384)
/* Names that take six bytes for one, numbers, and addresses with their prefix. */
#define INTERFACES_MAX (LINKS_MAX * 320u + LINKS_ADDRESSES_MAX * 64u + 64)

static_assert(METRICS_MAX <= CAPTURES_MAX && INTERFACES_MAX <= CAPTURES_MAX &&
		  ANSWER_MAX <= CAPTURES_MAX,
	      "one memory for all");

#define PLAIN	     "text/plain; charset=utf-8"
#define JSON	     "application/json"
#define COUNT_FOLDER "/captures/" /* and the capture's ID */

/* What the CLI asks by header, weakest first: the query overrules all of it. */
static void
apply_headers(const struct http_fields *fields, const struct request_limits *limits,
	      struct routes_reply *r)
{
	const struct http_field *field;
	size_t at = 0;

	if (http_head_accepts(fields, "application/x-pcapng"))
		r->request.format = REQUEST_PCAPNG;
	while ((field = http_head_next(fields, "Ddump-Options", &at)) != NULL)
		r->has_bad_options |=
		    !request_parse_options(&r->request, field->value, limits);
}

static bool
build_request(const struct config *config, const struct routes_request *q,
	      struct routes_reply *r, struct text *why)
{
	struct request *to = &r->request;

	request_init(to, &config->limits);
	apply_headers(&q->head->fields, &config->limits, r);
	if (!request_parse_query(to, q->target->query, &config->limits, why) ||
	    !request_restrict(to, config->interfaces, why) || !request_check(to, why))
		return false;
	to->is_chunked = q->head->minor == 1;
	to->may_resolve = config->may_resolve;
	to->listener = config->listener;
	to->peer = *q->peer;
	r->has_bad_hints = !hints_read(&to->hints, &q->head->fields);
	return true;
}

static enum routes_result
start(const struct routes_view *v, const struct routes_request *q, bool is_validation,
      struct routes_reply *r)
{
	struct text why;

	text_init(&why, r->answer.small, sizeof(r->answer.small));
	if (!build_request(v->config, q, r, &why)) {
		answer_refuse(&r->answer, 400, text_span(&why));
		return ROUTES_ANSWER;
	}
	r->request.is_validation = is_validation || q->head->method == HTTP_METHOD_HEAD;
	return ROUTES_CAPTURE;
}

static enum routes_result
answer_capture(const struct routes_view *v, const struct routes_request *q,
	       struct routes_reply *r)
{
	return start(v, q, false, r);
}

static enum routes_result
answer_validate(const struct routes_view *v, const struct routes_request *q,
		struct routes_reply *r)
{
	return start(v, q, true, r);
}

static enum routes_result
answer_count(const struct routes_request *q, struct routes_reply *r)
{
	struct span id = q->target->path;
	struct span query = q->target->query;
	bool is_stop = span_eq(query, span_str("stop=1"));

	span_take(&id, sizeof(COUNT_FOLDER) - 1);
	r->is_stop = is_stop && q->head->method != HTTP_METHOD_HEAD;
	if (query.n > 0 && !is_stop)
		answer_problem(&r->answer, 400, span_str("stop=1 is the only parameter"));
	else if (tally_parse_id(id, r->id))
		return ROUTES_COUNT;
	else
		answer_problem(&r->answer, 404, span_str(ROUTES_NO_CAPTURE_TEXT));
	return ROUTES_ANSWER;
}

static enum routes_result
answer_clock(const struct routes_view *v, const struct routes_request *q,
	     struct routes_reply *r)
{
	struct text t;

	(void)v;
	(void)q;
	text_init(&t, r->answer.small, sizeof(r->answer.small));
	text_str(&t, "{\"time_ns\":");
	text_u64(&t, clock_realtime_ns());
	text_str(&t, "}\n");
	answer_text(&r->answer, JSON, text_span(&t));
	return ROUTES_ANSWER;
}

static enum routes_result
answer_health(const struct routes_view *v, const struct routes_request *q,
	      struct routes_reply *r)
{
	const char *wrong = NULL;

	(void)q;
	if (!v->may_capture)
		wrong = "packet sockets are refused: start the worker as root or give it "
			"CAP_NET_RAW";
	else if (broker_is_full(v->broker))
		wrong = "all places for captures are taken (-max-captures)";
	if (wrong)
		answer_problem(&r->answer, 503, span_str(wrong));
	else
		answer_text(&r->answer, PLAIN, span_str("ok\n"));
	return ROUTES_ANSWER;
}

typedef void body_fn(const struct routes_view *v, struct text *t);

/* A body that is too large for the stack: borrowed until the next one is built. */
static enum routes_result
answer_built(const struct routes_view *v, const char *type, body_fn *build,
	     struct routes_reply *r)
{
	static char mem[CAPTURES_MAX];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	build(v, &t);
	assert(!t.is_cut); /* the bounds above */
	answer_text(&r->answer, type, text_span(&t));
	return ROUTES_ANSWER;
}

static void
build_captures(const struct routes_view *v, struct text *t)
{
	broker_put_captures(v->broker, t);
}

/* NULL when the kernel does not tell. */
static struct links *
read_links(const struct routes_view *v)
{
	static struct links links;

	return links_read(v->links_fd, &links) == 0 ? &links : NULL;
}

static void
build_metrics(const struct routes_view *v, struct text *t)
{
	struct metrics running;
	size_t n = broker_sum_running(v->broker, &running);

	metrics_put(t, v->metrics, &running, n, v->n_connections, read_links(v),
		    v->config->library);
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
build_interfaces(const struct routes_view *v, struct text *t)
{
	const struct links *l = read_links(v);
	const char *comma = "";

	text_str(t, "{\"interfaces\":[");
	for (size_t i = 0; l && i < l->n; i++) {
		if (!config_allows_interface(v->config, span_str(l->list[i].name)))
			continue;
		text_str(t, comma);
		put_link(t, l, &l->list[i]);
		comma = ",\n";
	}
	text_char(t, ']');
	if (v->config->limits.payload_max != CAPTURE_PAYLOAD_ALL) {
		text_str(t, ",\n\"max_payload\":");
		text_u64(t, v->config->limits.payload_max);
	}
	text_str(t, "}\n");
}

static void
build_help(const struct routes_view *v, struct text *t)
{
	(void)v;
	answer_put_help(t);
}

static enum routes_result
answer_help_page(const struct routes_view *v, const struct routes_request *q,
		 struct routes_reply *r)
{
	(void)q;
	return answer_built(v, PLAIN, build_help, r);
}

static enum routes_result
answer_captures(const struct routes_view *v, const struct routes_request *q,
		struct routes_reply *r)
{
	(void)q;
	return answer_built(v, JSON, build_captures, r);
}

static enum routes_result
answer_interfaces(const struct routes_view *v, const struct routes_request *q,
		  struct routes_reply *r)
{
	(void)q;
	return answer_built(v, JSON, build_interfaces, r);
}

static enum routes_result
answer_metrics(const struct routes_view *v, const struct routes_request *q,
	       struct routes_reply *r)
{
	(void)q;
	return answer_built(v, "text/plain; version=0.0.4; charset=utf-8", build_metrics,
			    r);
}

typedef enum routes_result route_fn(const struct routes_view *v,
				    const struct routes_request *q,
				    struct routes_reply *r);

static const struct route {
	const char *path;
	route_fn *answer;
} routes[] = {
    {"/", answer_help_page},	    {"/capture", answer_capture},
    {"/validate", answer_validate}, {"/interfaces", answer_interfaces},
    {"/captures", answer_captures}, {"/clock", answer_clock},
    {"/healthz", answer_health},    {"/metrics", answer_metrics},
};

enum routes_result
routes_answer(const struct routes_view *v, const struct routes_request *q,
	      struct routes_reply *r)
{
	bool is_count = span_starts(q->target->path, span_str(COUNT_FOLDER));
	const char *wrong = foreign_fault(q->head, q->target, v->config,
					  q->peer->sa.ss_family == AF_UNIX);

	r->has_bad_options = false;
	r->has_bad_hints = false;
	if (q->is_reserve && !is_count) {
		answer_refuse(&r->answer, 503, span_str(ROUTES_FULL_TEXT));
		return ROUTES_ANSWER;
	}
	if (wrong) {
		answer_problem(&r->answer, 403, span_str(wrong));
		return ROUTES_ANSWER;
	}
	if (q->head->method == HTTP_METHOD_OTHER) {
		answer_problem(&r->answer, 405, span_str("only GET and HEAD exist here"));
		return ROUTES_ANSWER;
	}
	if (is_count)
		return answer_count(q, r);
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (span_eq(q->target->path, span_str(routes[i].path)))
			return routes[i].answer(v, q, r);
	answer_problem(&r->answer, 404,
		       span_str("no such path; GET / lists those that exist"));
	return ROUTES_ANSWER;
}
