/*
 * Client and server engine joined in memory: requests are
 * pipelined one way, answers of every framing the other, in pieces and with delays that a
 * printed seed decides. What arrives must be what was sent, in order, to the last byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/client.h"
#include "http/emit.h"
#include "http/server.h"
#include "support/check.h"
#include "support/rng.h"

#define REQUESTS_MAX 24
#define WIRE_MAX     (1024 * 1024)
#define ANSWER_MAX   3000

/* One direction: bytes that were written, and how many of them have been read. */
struct wire {
	uint8_t mem[WIRE_MAX];
	size_t written;
	size_t read;
};

struct world {
	uint64_t rng;
	struct wire up, down;
	size_t requests;
	struct http_server server;
	bool is_server_open;
	size_t answered;
	struct http_client client;
	uint8_t client_mem[HTTP_RESPONSE_HEAD_MAX];
	size_t client_at; /* the response that is being read */
	size_t client_got;
	bool is_client_done;
};

static struct world w;

static void
write_wire(struct wire *wire, struct span s)
{
	assert_true(s.n <= WIRE_MAX - wire->written);
	memcpy(wire->mem + wire->written, s.p, s.n);
	wire->written += s.n;
}

static struct span
unread(const struct wire *wire)
{
	return span_of(wire->mem + wire->read, wire->written - wire->read);
}

/* What answer i consists of follows from its number and the seed of the round. */
static size_t
answer_size(size_t i)
{
	return (i * 7919 + w.requests * 104729) % ANSWER_MAX;
}

static uint8_t
answer_byte(size_t i, size_t at)
{
	return (uint8_t)(i * 31 + at * 7 + at / 251);
}

static bool
is_chunked(size_t i)
{
	return answer_size(i) % 2 == 0;
}

static void
write_request(size_t i, bool is_last)
{
	uint64_t kind = rng_below(&w.rng, 3);
	char mem[4096], path[32];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	snprintf(path, sizeof(path), "/answer?n=%zu", i);
	http_emit_request(&t, kind < 2 ? "GET" : "POST", span_str(path));
	http_emit_field(&t, "Host", span_str("ddump.test"));
	if (is_last)
		http_emit_field(&t, "Connection", span_str("close"));
	if (kind == 2)
		http_emit_field_u64(&t, "Content-Length", 0);
	http_emit_end(&t);
	assert_false(t.is_cut);
	write_wire(&w.up, text_span(&t));
}

static void
write_body(size_t i)
{
	uint8_t body[ANSWER_MAX];
	size_t n = answer_size(i);

	for (size_t k = 0; k < n; k++)
		body[k] = answer_byte(i, k);
	if (!is_chunked(i)) {
		write_wire(&w.down, span_of(body, n));
		return;
	}
	for (size_t at = 0; at < n;) {
		size_t size = 1 + rng_below(&w.rng, n - at);
		uint8_t head[CHUNK_HEAD_SIZE];

		chunk_head(head, size);
		write_wire(&w.down, span_of(head, sizeof(head)));
		write_wire(&w.down, span_of(body + at, size));
		write_wire(&w.down, span_str("\r\n"));
		at += size;
	}
	write_wire(&w.down, span_str("0\r\n\r\n"));
}

static void
write_answer(void)
{
	char want[32], mem[512];
	struct text t;

	snprintf(want, sizeof(want), "n=%zu", w.answered);
	check_span(__FILE__, __LINE__, w.server.target.query, w.server.target.query,
		   span_str(want), "request in order");
	text_init(&t, mem, sizeof(mem));
	http_emit_status(&t, 200);
	if (is_chunked(w.answered))
		http_emit_field(&t, "Transfer-Encoding", span_str("chunked"));
	else
		http_emit_field_u64(&t, "Content-Length", answer_size(w.answered));
	if (http_server_must_close(&w.server))
		http_emit_field(&t, "Connection", span_str("close"));
	http_emit_end(&t);
	write_wire(&w.down, text_span(&t));
	write_body(w.answered);
	w.answered++;
	w.is_server_open = http_server_answered(&w.server);
}

/* One read of a random size, then at most a few events, so that input piles up too. */
static void
step_server(void)
{
	size_t room;
	uint8_t *space = http_server_space(&w.server, &room);
	struct span in = unread(&w.up);
	size_t n = rng_below(&w.rng, rng_below(&w.rng, 3) == 0 ? 3000 : 40);

	n = n < room ? n : room;
	n = n < in.n ? n : in.n;
	memcpy(space, in.p, n);
	w.up.read += n;
	http_server_received(&w.server, n);
	for (uint64_t events = rng_below(&w.rng, 4); events > 0; events--) {
		switch (http_server_next(&w.server)) {
		case HTTP_SERVER_MORE:
			return;
		case HTTP_SERVER_REQUEST:
			write_answer();
			if (!w.is_server_open)
				return;
			break;
		case HTTP_SERVER_ERROR:
			fail_msg("%u %s", w.server.status, w.server.reason);
		}
	}
}

static void
take_data(struct span data)
{
	for (size_t k = 0; k < data.n; k++)
		assert_int_equal(data.p[k], answer_byte(w.client_at, w.client_got + k));
	w.client_got += data.n;
}

static void
end_response(void)
{
	assert_int_equal(w.client_got, answer_size(w.client_at));
	assert_true(http_client_is_verified(&w.client));
	w.client_got = 0;
	w.client_at++;
	w.is_client_done = w.client_at == w.requests;
	http_client_init(&w.client, w.client_mem, sizeof(w.client_mem));
}

static void
step_client(void)
{
	struct span all = unread(&w.down);
	struct span in =
	    span_take(&all, rng_below(&w.rng, 2) ? 2000 : 1 + rng_below(&w.rng, 30));
	size_t had = in.n;

	while (!w.is_client_done) {
		struct http_response_head head;
		struct span data;
		enum http_client_event event =
		    http_client_feed(&w.client, &in, &head, &data);

		if (event == HTTP_CLIENT_MORE)
			break;
		if (event == HTTP_CLIENT_HEAD_DONE)
			assert_int_equal(head.status, 200);
		else if (event == HTTP_CLIENT_DATA)
			take_data(data);
		else if (event == HTTP_CLIENT_END)
			end_response();
		else
			fail_msg("%s", w.client.reason);
	}
	w.down.read += had - in.n;
}

static void
run_round(uint64_t seed)
{
	w.rng = seed;
	w.up.written = w.up.read = w.down.written = w.down.read = 0;
	w.requests = 1 + rng_below(&w.rng, REQUESTS_MAX);
	w.answered = w.client_at = w.client_got = 0;
	w.is_client_done = false;
	w.is_server_open = true;
	http_server_init(&w.server);
	http_client_init(&w.client, w.client_mem, sizeof(w.client_mem));
	for (size_t i = 0; i < w.requests; i++)
		write_request(i, i + 1 == w.requests);
	for (int steps = 0; !w.is_client_done; steps++) {
		assert_true(steps < 1000000);
		if (w.is_server_open && rng_below(&w.rng, 2) == 0)
			step_server();
		if (rng_below(&w.rng, 2) == 0)
			step_client();
	}
	assert_false(w.is_server_open);
	assert_int_equal(w.answered, w.requests);
	assert_int_equal(unread(&w.up).n, 0);
	assert_int_equal(unread(&w.down).n, 0);
}

static void
pipelined_requests_and_answers_arrive_as_they_were_sent(void **state)
{
	uint64_t seeds = rng_seed("engines joined");

	(void)state;
	for (int round = 0; round < 300; round++) {
		uint64_t seed = rng_next(&seeds) | 1;

		run_round(seed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pipelined_requests_and_answers_arrive_as_they_were_sent)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
