/* When a lost source is tried again, in a time of the test's own. */
#include "cli/source/retry.h"

#include <string.h>

#include "support/check.h"
#include "sys/log.h"
#include "sys/tls/engine.h"

#define S  UINT64_C(1000000000)
#define MS UINT64_C(1000000)

/* The TLS library is not in unit tests, and nobody here has a session. */
struct tls_engine *
tls_engine_new(const struct tls_config *config, struct tls_socket *socket,
	       const struct tls_engine_peer *peer)
{
	(void)config, (void)socket, (void)peer;
	return NULL;
}

void
tls_engine_free(struct tls_engine *e)
{
	assert_null(e);
}

void
tls_engine_say_goodbye(struct tls_engine *e)
{
	assert_null(e);
}

enum tls_engine_status
tls_engine_handshake(struct tls_engine *e, struct tls_reason_facts *facts)
{
	(void)e, (void)facts;
	return TLS_ENGINE_FAILED;
}

enum tls_engine_status
tls_engine_read(struct tls_engine *e, uint8_t *mem, size_t cap, size_t *n,
		struct tls_reason_facts *facts)
{
	(void)e, (void)mem, (void)cap, (void)n, (void)facts;
	return TLS_ENGINE_FAILED;
}

enum tls_engine_status
tls_engine_write(struct tls_engine *e, const uint8_t *p, size_t size, size_t *n,
		 struct tls_reason_facts *facts)
{
	(void)e, (void)p, (void)size, (void)n, (void)facts;
	return TLS_ENGINE_FAILED;
}

bool
tls_engine_has_pending(const struct tls_engine *e)
{
	(void)e;
	return false;
}

struct world {
	struct options o;
	struct source_context context;
	struct target target;
	struct source s;
};

/* A source that answered at 1000 s and is at work. */
static void
init(struct world *w, uint32_t id, uint64_t retry_ns)
{
	memset(w, 0, sizeof(*w));
	log_init("source_retry_test", LOG_ERROR);
	assert_null(target_parse(&w->target, "db1"));
	w->o.retry_ns = retry_ns;
	w->context.options = &w->o;
	source_init(&w->s, &w->context, &w->target, id);
	w->s.is_http = true;
	w->s.has_answered = true;
	w->s.state = SOURCE_BODY;
	w->s.now_ns = 1000 * S;
	source_retry_note_answer(&w->s);
}

static uint64_t
lose(struct world *w, uint64_t now_ns)
{
	w->s.now_ns = now_ns;
	source_lose(&w->s, "lost", span_str(""), "advice");
	return w->s.deadline_ns - now_ns;
}

/* Twice as long each time, up to 30 s, and never the same for all. */
static void
test_delays(void **state)
{
	static const uint64_t at_least[] = {500 * MS, S,      2 * S,  4 * S, 8 * S,
					    16 * S,   20 * S, 20 * S, 20 * S};
	uint64_t last[3] = {0};
	struct world w;

	(void)state;
	for (uint32_t id = 0; id < 3; id++) {
		uint64_t now_ns = 2000 * S;

		init(&w, id, 3600 * S);
		for (size_t i = 0; i < CHECK_COUNT(at_least); i++) {
			last[id] = lose(&w, now_ns);
			assert_in_range(last[id], at_least[i], at_least[i] * 3 / 2);
			assert_int_equal(w.s.state, SOURCE_WAITING);
			now_ns += last[id];
		}
		assert_int_equal(w.s.lost_ns, 2000 * S);
		source_fini(&w.s);
	}
	assert_true(last[0] != last[1] && last[1] != last[2]);
}

/* The last try is at the end of --retry; then it has failed. */
static void
test_gives_up(void **state)
{
	struct world w;
	uint64_t now_ns = 2000 * S;
	int n = 0;

	(void)state;
	init(&w, 7, 10 * S);
	while (w.s.state != SOURCE_FAILED && ++n < 20)
		now_ns += w.s.state == SOURCE_FAILED ? 0 : lose(&w, now_ns);
	assert_int_equal(w.s.state, SOURCE_FAILED);
	assert_in_range(n, 4, 7);
	assert_int_equal(w.s.n_gaps, 0);
	source_fini(&w.s);
}

static const struct {
	int line;
	bool is_http;
	bool has_answered;
	uint64_t retry_ns;
} never_rows[] = {
    {__LINE__, false, true, 300 * S}, /* a file */
    {__LINE__, true, false, 300 * S}, /* at the start */
    {__LINE__, true, true, 0},
};

static void
test_never(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(never_rows); i++) {
		struct world w;

		init(&w, 1, never_rows[i].retry_ns);
		w.s.is_http = never_rows[i].is_http;
		w.s.has_answered = never_rows[i].has_answered;
		lose(&w, 2000 * S);
		check_u64(__FILE__, never_rows[i].line, span_str("never"), w.s.state,
			  SOURCE_FAILED, "state");
		source_fini(&w.s);
	}
}

/* Up for 30 s: the next loss is a new one; sooner, its delays go on growing. */
static void
test_back(void **state)
{
	struct world w;

	(void)state;
	init(&w, 1, 300 * S);
	lose(&w, 2000 * S);
	lose(&w, 2001 * S);
	w.s.now_ns = 2003 * S;
	source_retry_note_answer(&w.s);
	assert_int_equal(w.s.n_gaps, 1);
	assert_int_equal(w.s.gaps_ns, 3 * S);
	assert_int_equal(w.s.lost_ns, 0);
	assert_in_range(lose(&w, 2032 * S), 2 * S, 3 * S);
	w.s.now_ns = 2040 * S;
	source_retry_note_answer(&w.s);
	assert_int_equal(w.s.gaps_ns, 11 * S);
	assert_in_range(lose(&w, 2070 * S), 500 * MS, 750 * MS);
	source_fini(&w.s);
}

/* The gap of our own worker begins with its last word. */
static void
test_silence_counts(void **state)
{
	struct world w;

	(void)state;
	init(&w, 1, 300 * S);
	w.s.reader.is_ddump = true;
	w.s.heard_ns = 1990 * S;
	lose(&w, 2005 * S);
	w.s.now_ns = 2006 * S;
	source_retry_note_answer(&w.s);
	assert_int_equal(w.s.gaps_ns, 16 * S);
	source_fini(&w.s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_delays),	   cmocka_unit_test(test_gives_up),
	    cmocka_unit_test(test_never),	   cmocka_unit_test(test_back),
	    cmocka_unit_test(test_silence_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
