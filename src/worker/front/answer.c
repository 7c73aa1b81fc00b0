/* Bytes of the worker's own answers. It knows no connection. */
#include "worker/front/answer.h"

#include <assert.h>

void
answer_emit(struct text *t, const struct answer *a)
{
	http_emit_status(t, a->status);
	http_emit_field(t, "Content-Type", span_str(a->type));
	http_emit_field_u64(t, "Content-Length", a->body.n);
	http_emit_field(t, "Cache-Control", span_str("no-store"));
	if (a->allow)
		http_emit_field(t, "Allow", span_str(a->allow));
	if (a->retry_after > 0)
		http_emit_field_u64(t, "Retry-After", a->retry_after);
	if (a->must_close)
		http_emit_field(t, "Connection", span_str("close"));
	http_emit_end(t);
	if (!a->is_head)
		text_put(t, a->body);
	assert(!t->is_cut);
}

void
answer_problem_body(struct text *t, const char *type, unsigned status, struct span detail)
{
	text_str(t, "{\"type\":");
	text_json(t, span_str(type));
	text_str(t, ",\"title\":");
	text_json(t, span_str(http_emit_reason(status)));
	text_str(t, ",\"status\":");
	text_u64(t, status);
	text_str(t, ",\"detail\":");
	text_json(t, detail);
	text_str(t, "}\n");
}

const char *
answer_help(void)
{
	return "ddump-worker " DDUMP_VERSION
	       ": captures packets here, streams them to you\n"
	       "\n"
	       "  curl -sN 'http://HOST:8475/capture?filter=icmp' | tcpdump -nr -\n"
	       "  curl -sN -G http://HOST:8475/capture --data-urlencode \\\n"
	       "      'filter=tcp port 80 and host 192.0.2.1' | wireshark -k -i -\n"
	       "  curl -s -G http://HOST:8475/validate --data-urlencode 'filter=port 80'\n"
	       "\n"
	       "GET /capture   the stream, until you hang up; parameters, all optional:\n"
	       "    filter=TEXT          pcap-filter(7), at most 8192 bytes\n"
	       "    interface=NAME,NAME  default: all of them\n"
	       "    snaplen=BYTES        1 to 262144, link header included\n"
	       "    count=N              end after N packets\n"
	       "    duration=SECONDS     end after that time\n"
	       "    format=pcap|pcapng\n"
	       "    linktype=sll|sll2|native   native: one interface, as it is\n"
	       "    direction=in|out|inout\n"
	       "    promisc=0|1          with linktype=native\n"
	       "    buffer=KIB           the kernel's ring\n"
	       "    heartbeat=MS         pcapng: statistics blocks, 10 to 60000\n"
	       "    precision=micro|nano\n"
	       "GET /validate  the same query: the answer, without a capture\n"
	       "GET /interfaces, /captures   what there is, what runs and what has ended (JSON)\n"
	       "GET /metrics   counters for Prometheus\n"
	       "GET /captures/ID  the counts of your own capture: its answer's Ddump-Capture\n"
	       "               has the ID; ?stop=1 ends it first\n"
	       "GET /clock     this host's clock, in ns since 1970\n"
	       "GET /healthz   200 when a capture could start\n";
}
