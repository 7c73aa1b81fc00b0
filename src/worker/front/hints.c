/* Headers about own traffic to numbers. Nothing of their text goes any further. */
#include "worker/front/hints.h"

#include <string.h>

#include "base/num.h"
#include "http/forwarded.h"

static bool
read_port(struct span s, uint16_t *port)
{
	uint64_t v;

	if (!num_parse_u64(span_trim(s), 65535, &v) || v == 0)
		return false;
	*port = (uint16_t)v;
	return true;
}

static bool
read_remote(struct request_hints *h, struct span list)
{
	while (list.n > 0 && h->n_remote < REQUEST_REMOTE_MAX) {
		if (!read_port(span_split(&list, ','), &h->remote[h->n_remote]))
			return false;
		h->n_remote++;
	}
	return true;
}

static bool
read_local(struct request_hints *h, struct span range)
{
	struct span first = span_split(&range, '-');

	if (!read_port(first, &h->local_first) ||
	    !read_port(range.n > 0 ? range : first, &h->local_last) ||
	    h->local_first > h->local_last) {
		h->local_first = 0;
		h->local_last = 0;
		return false;
	}
	return true;
}

static bool
read_ports(struct request_hints *h, struct span value)
{
	bool is_well_formed = true;

	while (value.n > 0) {
		struct span part = span_trim(span_split(&value, ';'));
		struct span name = span_trim(span_split(&part, '='));

		if (span_eq(name, span_str("remote")))
			is_well_formed &= read_remote(h, part);
		else if (span_eq(name, span_str("local")))
			is_well_formed &= read_local(h, part);
	}
	return is_well_formed;
}

/* The client of the proxy as an address of ours; its port may be unknown. */
static void
set_client(struct request_hints *h, const struct http_forwarded *f)
{
	char mem[96];
	struct text t;
	bool is_v6 = span_find(f->host, ':') < f->host.n;

	text_init(&t, mem, sizeof(mem));
	text_str(&t, is_v6 ? "[" : "");
	text_put(&t, f->host);
	text_str(&t, is_v6 ? "]:" : ":");
	text_u64(&t, f->port);
	if (t.is_cut || net_parse_listen(text_span(&t), &h->client))
		memset(&h->client, 0, sizeof(h->client));
	else
		net_unmap(&h->client);
}

bool
hints_read(struct request_hints *h, const struct http_fields *fields)
{
	struct http_forwarded f;
	struct span value;
	bool is_well_formed = true;

	memset(h, 0, sizeof(*h));
	http_forwarded_read(fields, &f);
	if (f.host.n > 0)
		set_client(h, &f);
	h->proxy_port = f.proxy_port;
	if (http_head_get(fields, "Ddump-Ports", &value) == 1)
		is_well_formed = read_ports(h, value);
	return is_well_formed && !f.is_malformed;
}
