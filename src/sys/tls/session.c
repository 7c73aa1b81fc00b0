/* Sessions of TLS: what has ended, what to wait for, what to say. Knows no library. */
#include "sys/tls/engine.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sys/tls/name.h"

struct tls {
	struct tls_engine *engine;
	bool is_open;	       /* handshake is over */
	enum tls_result ended; /* END or FAILED once it has, else DONE */
	enum tls_cause cause;
	struct text reason;
	char reason_mem[512];
	struct tls_engine_peer peer;
	struct tls_socket socket;
};

struct tls *
tls_open(const struct tls_config *config, int fd, const char *host)
{
	struct tls *t = calloc(1, sizeof *t);
	size_t n = strlen(host);

	if (t == NULL)
		return NULL;
	text_init(&t->reason, t->reason_mem, sizeof t->reason_mem);
	tls_socket_init(&t->socket, fd);
	/* Without the dot that may end it: neither certificates nor SNI have it (RFC 6066 3). */
	if (n > 0 && host[n - 1] == '.')
		n--;
	snprintf(t->peer.host, sizeof t->peer.host, "%.*s", (int)n, host);
	t->peer.address_n = tls_name_address(host, t->peer.address);
	t->peer.reason = &t->reason;
	if (n < sizeof t->peer.host)
		t->engine = tls_engine_new(config, &t->socket, &t->peer);
	if (t->engine != NULL)
		return t;
	tls_close(t);
	return NULL;
}

void
tls_close(struct tls *t)
{
	if (t == NULL)
		return;
	if (t->is_open && t->ended != TLS_FAILED)
		tls_engine_say_goodbye(t->engine);
	tls_engine_free(t->engine);
	free(t);
}

static enum tls_result
fail(struct tls *t, struct tls_reason_facts *f)
{
	f->is_open = t->is_open;
	f->first = t->socket.first;
	f->error = t->socket.error;
	if (f->error != 0)
		f->kind = TLS_REASON_SOCKET;
	t->cause = tls_reason_put(&t->reason, f);
	return t->ended = TLS_FAILED;
}

static enum tls_result
settle(struct tls *t, enum tls_engine_status status, struct tls_reason_facts *f)
{
	switch (status) {
	case TLS_ENGINE_DONE:
		return TLS_DONE;
	case TLS_ENGINE_WANTS_IN:
		return t->socket.is_blocked ? TLS_WANTS_IN : TLS_DONE;
	case TLS_ENGINE_WANTS_OUT:
		return TLS_WANTS_OUT;
	case TLS_ENGINE_CLOSED:
		if (t->is_open)
			return t->ended = TLS_END;
		f->kind = TLS_REASON_CLOSED;
		break;
	case TLS_ENGINE_FAILED:
		break;
	}
	return fail(t, f);
}

static int
error_of(const struct tls *t, enum tls_result result)
{
	if (result != TLS_FAILED)
		return 0;
	return t->cause == TLS_CAUSE_SOCKET ? t->socket.error : -EPROTO;
}

enum tls_result
tls_handshake(struct tls *t)
{
	struct tls_reason_facts f = {0};
	enum tls_result result = t->ended;

	tls_socket_begin(&t->socket);
	while (result == TLS_DONE && !t->is_open) {
		enum tls_engine_status status = tls_engine_handshake(t->engine, &f);

		t->is_open = status == TLS_ENGINE_DONE;
		result = settle(t, status, &f);
	}
	return result;
}

enum tls_result
tls_read(struct tls *t, uint8_t *mem, size_t cap, size_t *n, int *error)
{
	struct tls_reason_facts f = {0};
	enum tls_result result = t->ended;

	assert(t->is_open && cap > 0);
	tls_socket_begin(&t->socket);
	*n = 0;
	while (result == TLS_DONE && *n < cap) {
		size_t got = 0;
		enum tls_engine_status status =
		    tls_engine_read(t->engine, mem + *n, cap - *n, &got, &f);

		*n += got;
		result = settle(t, status, &f);
	}
	/* What came before the end is told first. */
	if (*n > 0)
		result = TLS_DONE;
	*error = error_of(t, result);
	return result;
}

/* The server's last words, if it closed a connection that is still written to. */
static void
look_for_alert(struct tls *t, struct tls_reason_facts *f)
{
	struct tls_reason_facts last = {0};
	int error = t->socket.error;
	uint8_t byte;
	size_t n;

	if (error != -EPIPE && error != -ECONNRESET)
		return;
	t->socket.error = 0;
	if (tls_engine_read(t->engine, &byte, 1, &n, &last) == TLS_ENGINE_FAILED &&
	    last.kind == TLS_REASON_ALERT)
		*f = last;
	else
		t->socket.error = error;
}

enum tls_result
tls_write(struct tls *t, const uint8_t *p, size_t size, size_t *n, int *error)
{
	struct tls_reason_facts f = {0};
	enum tls_result result = t->ended;
	enum tls_engine_status status;

	assert(t->is_open && size > 0);
	tls_socket_begin(&t->socket);
	*n = 0;
	if (result == TLS_DONE) {
		status = tls_engine_write(t->engine, p, size, n, &f);
		if (status == TLS_ENGINE_FAILED)
			look_for_alert(t, &f);
		result = settle(t, status, &f);
	}
	*error = error_of(t, result);
	return result;
}

bool
tls_has_pending(const struct tls *t)
{
	return t->socket.ahead_n > 0 || t->ended != TLS_DONE ||
	       tls_engine_has_pending(t->engine);
}

enum tls_cause
tls_cause(const struct tls *t)
{
	return t->cause;
}

const char *
tls_reason(struct tls *t)
{
	return text_cstr(&t->reason);
}

void
tls_describe(const struct tls *t, struct text *out)
{
	tls_engine_describe(t->engine, out);
}
