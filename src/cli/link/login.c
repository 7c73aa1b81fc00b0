/* Logins on hosts, their turns and their failures. What is started there is boot.c's word. */
#include "cli/link/login.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cli/link/image.h"
#include "sys/log.h"

static void
make_nonce(char nonce[static BOOT_NONCE + 1])
{
	uint8_t bytes[BOOT_NONCE / 2];
	struct text t;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	text_init(&t, nonce, BOOT_NONCE + 1);
	text_hex(&t, span_of(bytes, sizeof(bytes)));
	text_cstr(&t);
}

/* What the URL says, else the options. */
static struct span
setting(const struct target *t, const char *name, const char *other, char *mem,
	size_t cap)
{
	struct text text;

	text_init(&text, mem, cap);
	if (!target_put_setting(t, name, &text))
		text_str(&text, other);
	return text_span(&text);
}

static enum boot_via
via_of(const struct target *t)
{
	char mem[16];
	struct span via = setting(t, "via", "auto", mem, sizeof(mem));

	if (span_eq(via, span_str("tcpdump")))
		return BOOT_TCPDUMP;
	return span_eq(via, span_str("worker")) ? BOOT_WORKER : BOOT_AUTO;
}

static void
set_options(struct login *l)
{
	const struct options *o = l->env->options;
	struct boot_options *b = &l->options;
	struct text filter;
	struct text arguments;

	make_nonce(b->nonce);
	b->script = span_of(image_script, (size_t)image_script_size);
	b->image = span_of(image_worker, (size_t)image_worker_size);
	b->sudo = setting(l->target, "sudo", o->sudo, l->sudo, sizeof(l->sudo));
	b->path = setting(l->target, "worker", "", l->path, sizeof(l->path));
	b->via = via_of(l->target);
	text_init(&filter, l->filter, sizeof(l->filter));
	text_init(&arguments, l->arguments, sizeof(l->arguments));
	b->no_dump = target_put_dump(l->target, o, &filter, &arguments);
	b->filter = text_span(&filter);
	b->arguments = text_span(&arguments);
}

struct login *
login_new(const struct net_env *env, const struct target *target, uint64_t now_ns)
{
	struct login *l = malloc(sizeof(*l));

	if (!l)
		return NULL;
	memset(l, 0, offsetof(struct login, filter));
	l->env = env;
	l->target = target;
	l->at_ns = now_ns;
	l->deadline_ns = LOOP_NEVER;
	set_options(l);
	return l;
}

static void
leave_place(struct login *l)
{
	struct login_places *p = l->env->logins;

	p->n -= l->has_place;
	l->has_place = false;
}

void
login_free(struct login *l)
{
	if (l)
		leave_place(l);
	free(l);
}

static enum login_result
fail(struct login *l, enum login_result result, const char *what, struct span detail,
     const char *advice)
{
	struct text t;

	leave_place(l);
	text_init(&t, l->reason, sizeof(l->reason));
	text_str(&t, what);
	text_escape(&t, detail);
	text_cstr(&t);
	l->advice = advice;
	return result;
}

static void
extend(struct login *l, uint64_t now_ns)
{
	l->deadline_ns = now_ns + l->env->connect_ns;
}

static enum login_result
begin(struct login *l, struct transport *t, uint64_t now_ns)
{
	struct login_places *p = l->env->logins;
	int rc;

	l->at_ns = now_ns + LOGIN_POLL_NS;
	if (p->n >= p->max)
		return LOGIN_MORE;
	p->n++;
	l->has_place = true;
	l->is_heard = false;
	l->n_tries++;
	boot_init(&l->boot, &l->options);
	rc = command_start_shell(t, l->env, l->target, boot_script_size(&l->boot),
				 p->may_ask);
	if (rc < 0)
		return fail(l, LOGIN_LOST, "it cannot be run: ", span_str(strerror(-rc)),
			    l->target->ops->unanswered);
	l->at_ns = LOOP_NEVER;
	extend(l, now_ns);
	return LOGIN_MORE;
}

static bool
has_words(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strstr(text, *words))
			return true;
	return false;
}

/* Its failure before it said anything: ssh's 255, a shell that is not there, a login that is
 * not allowed. */
static enum login_result
end(struct login *l, const struct transport *t, uint64_t now_ns)
{
	static const char *const crowded[] = {
	    "kex_exchange_identification", "Connection reset", "Connection closed", NULL};
	static const char *const denied[] = {"Permission denied", "Host key verification",
					     "Too many authentication", NULL};
	bool is_ssh = target_is_ssh(l->target);
	char mem[400];
	struct text why;

	text_init(&why, mem, sizeof(mem) - 1);
	if (!transport_has_failed(t, &why))
		text_str(&why, "ended without starting anything");
	text_cstr(&why);
	if (l->boot.n_line + strlen(l->boot.noise) > 0 && !l->boot.is_known) {
		text_str(&why, "; it said: ");
		text_str(&why, l->boot.noise);
	}
	if (is_ssh && !l->is_heard && has_words(mem, crowded) &&
	    l->n_tries < LOGIN_TRIES) {
		uint64_t delay_ns = (uint64_t)LOGIN_AGAIN_NS << (l->n_tries - 1);

		leave_place(l);
		l->at_ns = now_ns + delay_ns / 2 + now_ns / 1000 % delay_ns;
		l->deadline_ns = LOOP_NEVER;
		return LOGIN_AGAIN;
	}
	if (has_words(mem, denied))
		return fail(
		    l, LOGIN_REFUSED, "ssh ", text_span(&why),
		    l->env->logins->may_ask
			? "check the user and the key"
			: "ssh may not ask: use a key with an agent (ssh-add), and "
			  "log in once by hand");
	return fail(l, l->boot.is_known || !is_ssh ? LOGIN_REFUSED : LOGIN_LOST,
		    is_ssh ? "ssh " : "the command ", text_span(&why), NULL);
}

static void
say_how(const struct login *l)
{
	log_line(LOG_INFO, "%s: %s", l->target->name, l->boot.how);
}

static enum login_result
take(struct login *l, enum boot_result result)
{
	switch (result) {
	case BOOT_MORE:
		return LOGIN_MORE;
	case BOOT_REFUSED:
		return fail(l, LOGIN_REFUSED, l->boot.reason, span_str(""),
			    l->boot.advice);
	case BOOT_HTTP:
	case BOOT_DUMP:
		break;
	}
	say_how(l);
	return result == BOOT_HTTP ? LOGIN_HTTP : LOGIN_CAPTURE;
}

/* One byte at a time: what follows the last line is for somebody else. */
static enum login_result
read_on(struct login *l, struct transport *t, uint64_t now_ns)
{
	enum login_result result = LOGIN_MORE;
	uint8_t byte;
	size_t n;
	int error;

	while (result == LOGIN_MORE) {
		switch (transport_read(t, &byte, 1, &n, &error)) {
		case TRANSPORT_DONE:
			result = take(l, boot_feed(&l->boot, (char)byte));
			break;
		case TRANSPORT_WANTS_IN:
		case TRANSPORT_WANTS_OUT:
			return LOGIN_MORE;
		case TRANSPORT_END:
		case TRANSPORT_FAILED:
			return end(l, t, now_ns);
		}
		if (l->boot.is_known && !l->is_heard) {
			l->is_heard = true;
			leave_place(l);
			extend(l, now_ns);
		}
	}
	return result;
}

/* False: the rest has to wait. What cannot be written is said by the end that is read. */
static bool
send_on(struct login *l, struct transport *t, uint64_t now_ns)
{
	struct span s;
	size_t n;
	int error;

	while ((s = boot_unsent(&l->boot)).n > 0) {
		switch (transport_write(t, s.p, s.n, &n, &error)) {
		case TRANSPORT_DONE:
			boot_note_sent(&l->boot, n);
			if (l->is_heard)
				extend(l, now_ns);
			break;
		case TRANSPORT_WANTS_IN:
		case TRANSPORT_WANTS_OUT:
			return false;
		case TRANSPORT_END:
		case TRANSPORT_FAILED:
			boot_note_sent(&l->boot, s.n);
			break;
		}
	}
	return true;
}

enum login_result
login_step(struct login *l, struct transport *t, uint64_t now_ns, unsigned *wants)
{
	enum login_result result = LOGIN_MORE;

	if (now_ns >= l->deadline_ns)
		return fail(l, LOGIN_LOST,
			    l->is_heard ? "no answer of the shell there in time"
					: "no login in time",
			    span_str(""), NULL);
	if (t->fd < 0 && now_ns >= l->at_ns)
		result = begin(l, t, now_ns);
	if (result != LOGIN_MORE || t->fd < 0)
		return result;
	result = read_on(l, t, now_ns);
	*wants =
	    LOOP_IN | (result == LOGIN_MORE && !send_on(l, t, now_ns) ? LOOP_OUT : 0);
	return result;
}

uint64_t
login_deadline(const struct login *l)
{
	return l->at_ns < l->deadline_ns ? l->at_ns : l->deadline_ns;
}
