/*
 * Any bytes as the query of /capture, and as the CLI's header
 * (src/worker/common/request.c): what is accepted the launcher's check accepts, and what
 * it holds reads the same when it is written as a query; why something is refused is
 * plain. The first byte chooses the operator's limits.
 */
#include "worker/common/request.h"

#include "fuzz/fuzz.h"
#include "worker/common/request_fault.h"

static struct config config;
static struct request request, again;

static void
check_printed(void)
{
	static char mem[REQUEST_FILTER_MAX * 3 + 4096];
	struct text t, why;
	char why_mem[256];

	text_init(&t, mem, sizeof(mem));
	text_init(&why, why_mem, sizeof(why_mem));
	text_str(&t, "filter=");
	text_percent(&t, span_str(request.filter));
	text_str(&t, "&heartbeat=");
	text_u64(&t, request.heartbeat_ms);
	text_str(&t, "&count=");
	text_u64(&t, request.count);
	text_str(&t, "&snaplen=");
	text_u64(&t, request.snaplen);
	for (uint32_t i = 0; i < request.n_interfaces; i++) {
		text_str(&t, i > 0 ? "," : "&interface=");
		text_percent(&t, span_str(request.interfaces[i]));
	}
	request_init(&again, &config.limits);
	require(!t.is_cut &&
		request_parse_query(&again, text_span(&t), &config.limits, &why));
	require(strcmp(again.filter, request.filter) == 0 &&
		again.count == request.count &&
		again.heartbeat_ms == request.heartbeat_ms &&
		again.snaplen == request.snaplen &&
		again.n_interfaces == request.n_interfaces);
	for (uint32_t i = 0; i < request.n_interfaces; i++)
		require(strcmp(again.interfaces[i], request.interfaces[i]) == 0);
}

static void
set_limits(uint8_t choice)
{
	config.limits = (struct request_limits){
	    choice & 1 ? 8u << 20 : REQUEST_RING_DEFAULT,
	    choice & 2 ? 1000 : SAVEFILE_SNAPLEN_MAX,
	    choice & 16 ? 64 : CAPTURE_PAYLOAD_ALL, choice & 4 ? 60000000000 : 0};
	config.interfaces = span_str(choice & 8 ? "eth0, eth1" : "");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size), query, header;
	char mem[512];
	struct text why;

	set_limits(fuzz_byte(&in));
	header = span_split(&in, '\n');
	query = in;
	if (span_find(header, '\0') < header.n)
		return 0; /* no head of a request has one */
	text_init(&why, mem, sizeof(mem));
	request_init(&request, &config.limits);
	request_parse_options(&request, header, &config.limits);
	if (!request_parse_query(&request, query, &config.limits, &why) ||
	    !request_restrict(&request, config.interfaces, &why) ||
	    !request_check(&request, &why)) {
		require(why.n > 0 && !why.is_cut && fuzz_is_plain(text_span(&why)));
		return 0;
	}
	require(why.n == 0 && request_fault(&request, &config) == NULL);
	check_printed();
	return 0;
}
