/*
 * Any bytes as the headers about own traffic (src/http/forwarded.c,
 * src/worker/front/hints.c): what the front makes of them the launcher's check accepts,
 * it reads the same when it is printed, and the filters made of it
 * (src/worker/common/exclude.c) hold nothing but words, numbers and brackets. Each line
 * is a header's value, the first byte says which headers there are.
 */
#include "worker/front/hints.h"

#include "fuzz/fuzz.h"
#include "http/forwarded.h"
#include "worker/common/exclude.h"
#include "worker/common/request_fault.h"

static struct config config;
static struct request request;

static void
read_fields(struct span in, struct http_fields *fields)
{
	static const char *const names[] = {"Forwarded", "X-Forwarded-For",
					    "X-Forwarded-Port", "Ddump-Ports"};
	uint8_t which = fuzz_byte(&in);

	fields->n = 0;
	for (size_t i = 0; i < 8; i++)
		if (which >> i & 1)
			fields->list[fields->n++] = (struct http_field){
			    span_str(names[i % 4]), span_trim(span_split(&in, '\n'))};
}

static void
check_printed(const struct request_hints *h)
{
	char mem[128];
	struct text t;
	struct request_hints again;
	struct http_fields fields;

	if (h->client.size == 0)
		return;
	text_init(&t, mem, sizeof(mem));
	text_str(&t, "for=\"");
	net_format(&t, &h->client);
	text_str(&t, "\"");
	fields.n = 1;
	fields.list[0] = (struct http_field){span_str("forwarded"), text_span(&t)};
	if (net_port(&h->client) == 0)
		return; /* net_format writes :0, which a proxy does not */
	require(hints_read(&again, &fields));
	require(again.client.size == h->client.size &&
		memcmp(&again.client.sa, &h->client.sa, h->client.size) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct exclude exclude;
	static struct http_fields fields;

	if (config.limits.ring_max == 0) {
		config.limits = (struct request_limits){8u << 20, 1000, 64, 0};
		require(
		    !net_parse_listen(span_str("[2001:db8::1]:8475"), &config.listener));
		request_init(&request, &config.limits);
		request.listener = request.local = request.peer = config.listener;
	}
	read_fields(span_of(data, size), &fields);
	hints_read(&request.hints, &fields);
	require(request_fault(&request, &config) == NULL);
	check_printed(&request.hints);
	exclude_build(&exclude, &request);
	require(exclude.n <= EXCLUDE_TEXTS_MAX);
	for (size_t i = 0; i < exclude.n; i++)
		require(fuzz_is_filter(span_str(exclude.texts[i])));
	return 0;
}
