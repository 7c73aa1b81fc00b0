/* Sessions over a scripted engine: what each answer of the library comes to. */
#include "sys/tls/engine.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "support/check.h"

struct step {
	enum tls_engine_status status;
	size_t n;
	bool is_blocked; /* the socket had nothing */
	int error;	 /* the socket failed */
	enum tls_reason_kind kind;
	uint8_t code;
	bool is_offer;
};

#define BYTES(k)                                    \
	{                                           \
		.status = TLS_ENGINE_DONE, .n = (k) \
	}
#define BLOCKED                                                   \
	{                                                         \
		.status = TLS_ENGINE_WANTS_IN, .is_blocked = true \
	}
#define SKIPPED                               \
	{                                     \
		.status = TLS_ENGINE_WANTS_IN \
	}
#define ROOM                                   \
	{                                      \
		.status = TLS_ENGINE_WANTS_OUT \
	}
#define GOODBYE                             \
	{                                   \
		.status = TLS_ENGINE_CLOSED \
	}
#define CUT                                                            \
	{                                                              \
		.status = TLS_ENGINE_FAILED, .kind = TLS_REASON_CLOSED \
	}
#define UPDATE                                                             \
	{                                                                  \
		.status = TLS_ENGINE_FAILED, .kind = TLS_REASON_KEY_UPDATE \
	}
#define ALERT(c)                                                                   \
	{                                                                          \
		.status = TLS_ENGINE_FAILED, .kind = TLS_REASON_ALERT, .code = (c) \
	}
#define OFFER(c)                                                                    \
	{                                                                           \
		.status = TLS_ENGINE_FAILED, .kind = TLS_REASON_ALERT, .code = (c), \
		.is_offer = true                                                    \
	}
#define SOCKET(e)                                                                   \
	{                                                                           \
		.status = TLS_ENGINE_FAILED, .kind = TLS_REASON_OTHER, .error = (e) \
	}

struct tls_engine {
	struct tls_socket *socket;
	const struct step *next;
	int goodbyes;
	bool is_freed;
};

static struct tls_engine engine;

struct tls_engine *
tls_engine_new(const struct tls_config *config, struct tls_socket *socket,
	       const struct tls_engine_peer *peer)
{
	(void)config;
	(void)peer;
	engine.socket = socket;
	return &engine;
}

void
tls_engine_free(struct tls_engine *e)
{
	if (e != NULL)
		e->is_freed = true;
}

static enum tls_engine_status
play(struct tls_engine *e, size_t cap, size_t *n, struct tls_reason_facts *facts)
{
	const struct step *s = e->next++;

	assert_true(s->n <= cap);
	*n = s->n;
	e->socket->is_blocked |= s->is_blocked;
	e->socket->error = s->error != 0 ? s->error : e->socket->error;
	facts->kind = s->kind;
	facts->code = s->code;
	facts->is_offer = s->is_offer;
	facts->words = "words";
	return s->status;
}

enum tls_engine_status
tls_engine_handshake(struct tls_engine *e, struct tls_reason_facts *facts)
{
	size_t n;

	return play(e, 0, &n, facts);
}

enum tls_engine_status
tls_engine_read(struct tls_engine *e, uint8_t *mem, size_t cap, size_t *n,
		struct tls_reason_facts *facts)
{
	(void)mem;
	return play(e, cap, n, facts);
}

enum tls_engine_status
tls_engine_write(struct tls_engine *e, const uint8_t *p, size_t size, size_t *n,
		 struct tls_reason_facts *facts)
{
	(void)p;
	return play(e, size, n, facts);
}

void
tls_engine_say_goodbye(struct tls_engine *e)
{
	e->goodbyes++;
}

bool
tls_engine_has_pending(const struct tls_engine *e)
{
	(void)e;
	return false;
}

void
tls_engine_describe(const struct tls_engine *e, struct text *out)
{
	(void)e;
	(void)out;
}

struct want {
	char call; /* h handshake, r read, w write, both of 100 bytes; 0: end of row */
	enum tls_result result;
	size_t n;
	int error;
};

struct row {
	int line;
	struct step steps[6];
	struct want wants[5];
	enum tls_cause cause;
	int goodbyes;
};

static const struct row rows[] = {
    {__LINE__,
     {BLOCKED, ROOM, BYTES(0)},
     {{'h', TLS_WANTS_IN, 0, 0},
      {'h', TLS_WANTS_OUT, 0, 0},
      {'h', TLS_DONE, 0, 0},
      {'h', TLS_DONE, 0, 0}},
     TLS_CAUSE_NONE,
     1},
    {__LINE__, {SKIPPED, BYTES(0)}, {{'h', TLS_DONE, 0, 0}}, TLS_CAUSE_NONE, 1},
    {__LINE__,
     {GOODBYE},
     {{'h', TLS_FAILED, 0, 0}, {'h', TLS_FAILED, 0, 0}},
     TLS_CAUSE_TRUNCATED,
     0},
    {__LINE__, {ALERT(48)}, {{'h', TLS_FAILED, 0, 0}}, TLS_CAUSE_ALERT, 0},
    {__LINE__, {OFFER(40)}, {{'h', TLS_FAILED, 0, 0}}, TLS_CAUSE_OFFER, 0},
    {__LINE__, {SOCKET(-ECONNRESET)}, {{'h', TLS_FAILED, 0, 0}}, TLS_CAUSE_SOCKET, 0},
    /* Several records fill one read; what blocks or ends it is told by the next one. */
    {__LINE__,
     {BYTES(0), BYTES(60), BYTES(40), BLOCKED},
     {{'h', TLS_DONE, 0, 0}, {'r', TLS_DONE, 100, 0}, {'r', TLS_WANTS_IN, 0, 0}},
     TLS_CAUSE_NONE,
     1},
    {__LINE__,
     {BYTES(0), BYTES(60), BLOCKED, BLOCKED},
     {{'h', TLS_DONE, 0, 0}, {'r', TLS_DONE, 60, 0}, {'r', TLS_WANTS_IN, 0, 0}},
     TLS_CAUSE_NONE,
     1},
    {__LINE__,
     {BYTES(0), BYTES(60), SKIPPED, BYTES(40)},
     {{'h', TLS_DONE, 0, 0}, {'r', TLS_DONE, 100, 0}},
     TLS_CAUSE_NONE,
     1},
    {__LINE__,
     {BYTES(0), ROOM, BYTES(60), GOODBYE},
     {{'h', TLS_DONE, 0, 0},
      {'r', TLS_WANTS_OUT, 0, 0},
      {'r', TLS_DONE, 60, 0},
      {'r', TLS_END, 0, 0},
      {'w', TLS_END, 0, 0}},
     TLS_CAUSE_NONE,
     1},
    {__LINE__,
     {BYTES(0), BYTES(60), CUT},
     {{'h', TLS_DONE, 0, 0},
      {'r', TLS_DONE, 60, 0},
      {'r', TLS_FAILED, 0, -EPROTO},
      {'r', TLS_FAILED, 0, -EPROTO}},
     TLS_CAUSE_TRUNCATED,
     0},
    {__LINE__,
     {BYTES(0), BYTES(60), UPDATE},
     {{'h', TLS_DONE, 0, 0}, {'r', TLS_DONE, 60, 0}, {'r', TLS_FAILED, 0, -EPROTO}},
     TLS_CAUSE_KEY_UPDATE,
     0},
    {__LINE__,
     {BYTES(0), BYTES(60), SOCKET(-ETIMEDOUT)},
     {{'h', TLS_DONE, 0, 0},
      {'r', TLS_DONE, 60, 0},
      {'r', TLS_FAILED, 0, -ETIMEDOUT},
      {'w', TLS_FAILED, 0, -ETIMEDOUT}},
     TLS_CAUSE_SOCKET,
     0},
    {__LINE__,
     {BYTES(0), BYTES(70), ROOM, BYTES(30)},
     {{'h', TLS_DONE, 0, 0},
      {'w', TLS_DONE, 70, 0},
      {'w', TLS_WANTS_OUT, 0, 0},
      {'w', TLS_DONE, 30, 0}},
     TLS_CAUSE_NONE,
     1},
    /* A write that finds the connection closed asks what the server said last. */
    {__LINE__,
     {BYTES(0), SOCKET(-EPIPE), ALERT(116)},
     {{'h', TLS_DONE, 0, 0}, {'w', TLS_FAILED, 0, -EPROTO}},
     TLS_CAUSE_ALERT,
     0},
    {__LINE__,
     {BYTES(0), SOCKET(-EPIPE), CUT},
     {{'h', TLS_DONE, 0, 0}, {'w', TLS_FAILED, 0, -EPIPE}},
     TLS_CAUSE_SOCKET,
     0},
    {__LINE__,
     {BYTES(0), SOCKET(-EPIPE), BYTES(1)},
     {{'h', TLS_DONE, 0, 0}, {'w', TLS_FAILED, 0, -EPIPE}},
     TLS_CAUSE_SOCKET,
     0},
};

static void
call(struct tls *t, int line, const struct want *w)
{
	struct span input = span_of(&w->call, 1);
	uint8_t mem[100] = {0};
	enum tls_result result;
	size_t n = 0;
	int error = 0;

	if (w->call == 'h')
		result = tls_handshake(t);
	else if (w->call == 'r')
		result = tls_read(t, mem, sizeof mem, &n, &error);
	else
		result = tls_write(t, mem, sizeof mem, &n, &error);
	check_u64(__FILE__, line, input, result, w->result, "result");
	check_u64(__FILE__, line, input, n, w->n, "bytes");
	check_u64(__FILE__, line, input, (uint64_t)-error, (uint64_t)-w->error, "error");
}

static void
each_result_of_the_engine_has_its_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct span none = span_str("");
		struct tls *t;

		memset(&engine, 0, sizeof engine);
		engine.next = r->steps;
		t = tls_open(NULL, -1, "db1.example");
		assert_non_null(t);
		for (size_t k = 0; k < CHECK_COUNT(r->wants) && r->wants[k].call != 0;
		     k++)
			call(t, r->line, &r->wants[k]);
		check_u64(__FILE__, r->line, none, tls_cause(t), r->cause, "cause");
		check_true(__FILE__, r->line, none,
			   (*tls_reason(t) != 0) == (r->cause != TLS_CAUSE_NONE),
			   "reason");
		tls_close(t);
		check_u64(__FILE__, r->line, none, (uint64_t)engine.goodbyes,
			  (uint64_t)r->goodbyes, "close_notify");
		assert_true(engine.is_freed);
	}
}

static void
a_long_host_is_refused(void **state)
{
	char host[258];

	(void)state;
	memset(host, 'a', sizeof host);
	host[256] = 0;
	assert_null(tls_open(NULL, -1, host));
	host[255] = 0;
	tls_close(tls_open(NULL, -1, host));
	tls_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_result_of_the_engine_has_its_meaning),
	    cmocka_unit_test(a_long_host_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
