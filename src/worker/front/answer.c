/* Bytes of the worker's own answers. It knows no connection. */
#include "worker/front/answer.h"

#include "worker/common/request.h"

#include <assert.h>

/* Each byte of the sentence is "\u0001" at worst; and what is around. */
#define PROBLEM_MAX (ANSWER_SMALL * 6u + 256)
#define RETRY_S	    5

static_assert(PROBLEM_MAX <= ANSWER_MAX - ANSWER_HEAD_MAX, "a problem needs no memory");

void
answer_text(struct answer *a, const char *type, struct span body)
{
	a->status = 200;
	a->type = type;
	a->body = body;
	a->must_close = false;
}

void
answer_problem(struct answer *a, unsigned status, struct span detail)
{
	answer_text(a, ANSWER_PROBLEM_BLANK, detail);
	a->status = status;
}

void
answer_refuse(struct answer *a, unsigned status, struct span detail)
{
	answer_refuse_as(a, status, ANSWER_PROBLEM_BLANK, detail);
}

void
answer_refuse_as(struct answer *a, unsigned status, const char *type, struct span detail)
{
	answer_problem(a, status, detail);
	a->type = type;
	answer_close(a);
}

void
answer_close(struct answer *a)
{
	a->must_close = true;
}

size_t
answer_size(const struct answer *a)
{
	return ANSWER_HEAD_MAX + (a->status >= 400 ? PROBLEM_MAX : a->body.n);
}

/* RFC 9457 */
static void
put_problem(struct text *t, const struct answer *a)
{
	text_str(t, "{\"type\":");
	text_json(t, span_str(a->type));
	text_str(t, ",\"title\":");
	text_json(t, span_str(http_emit_reason(a->status)));
	text_str(t, ",\"status\":");
	text_u64(t, a->status);
	text_str(t, ",\"detail\":");
	text_json(t, a->body);
	text_str(t, "}\n");
	assert(!t->is_cut);
}

void
answer_emit(struct text *t, const struct answer *a, bool is_head)
{
	bool is_problem = a->status >= 400;
	char mem[PROBLEM_MAX];
	struct text problem;
	struct span body = a->body;

	text_init(&problem, mem, sizeof(mem));
	if (is_problem) {
		put_problem(&problem, a);
		body = text_span(&problem);
	}
	http_emit_status(t, a->status);
	http_emit_field(t, "Content-Type",
			span_str(is_problem ? "application/problem+json" : a->type));
	http_emit_field_u64(t, "Content-Length", body.n);
	http_emit_field(t, "Cache-Control", span_str("no-store"));
	if (a->status == 405)
		http_emit_field(t, "Allow", span_str("GET, HEAD"));
	if (a->status == 503)
		http_emit_field_u64(t, "Retry-After", RETRY_S);
	if (a->must_close)
		http_emit_field(t, "Connection", span_str("close"));
	http_emit_end(t);
	if (!is_head)
		text_put(t, body);
	assert(!t->is_cut);
}

void
answer_put_help(struct text *t)
{
	text_str(
	    t,
	    "ddump-worker " DDUMP_VERSION ": streams packet captures of this host\n"
	    "\n"
	    "  curl -sN 'http://HOST:8475/capture?filter=icmp&format=pcapng' | \\\n"
	    "      tcpdump -nr -\n"
	    "  curl -sN -G http://HOST:8475/capture -d format=pcapng "
	    "--data-urlencode \\\n"
	    "      'filter=tcp port 80 and host 192.0.2.1' | wireshark -k -i -\n"
	    "  curl -s -G http://HOST:8475/validate --data-urlencode "
	    "'filter=port 80'\n"
	    "\n"
	    "Behind a proxy use format=pcapng: its heartbeats keep an idle stream open, "
	    "which\nproxies cut after a minute of silence.\n"
	    "\n"
	    "GET /capture   the stream, until the client disconnects; all "
	    "parameters are optional:\n");
	request_put_help(t);
	text_str(t, "GET /validate  the same query: the response without a capture\n"
		    "GET /interfaces  interfaces of this host (JSON)\n"
		    "GET /captures  running and recent captures (JSON)\n"
		    "GET /captures/ID  counters of your own capture; the ID is in the "
		    "response field\n"
		    "               Ddump-Capture; ?stop=1 ends the capture first\n"
		    "GET /metrics   counters for Prometheus\n"
		    "GET /clock     this host's clock, in ns since 1970\n"
		    "GET /healthz   200 if a capture could start\n");
}
