/* Commands of targets: how they are run. What they give is not known here. */
#include "cli/link/command.h"

#include <errno.h>

#include "sys/log.h"

#define WORDS_MAX 4096 /* bytes of a command's words */

static void
say_line(void *owner, struct span line)
{
	const struct target *t = owner;
	char mem[LOG_LINE_MAX];
	struct text text;

	text_init(&text, mem, sizeof(mem));
	text_str(&text, t->name);
	text_str(&text, target_is_ssh(t) ? ": ssh: " : ": ");
	text_escape(&text, line);
	log_text(LOG_INFO, &text);
}

/* In a process group of its own a terminal's question would stop ssh. */
static int
start(struct transport *t, const struct net_env *env, const struct target *target,
      const char *const *argv)
{
	bool is_ssh = target_is_ssh(target);
	struct spawn_options o = {.argv = argv,
				  .has_own_group = !is_ssh,
				  .patience_ns =
				      is_ssh ? COMMAND_SSH_NS : COMMAND_PATIENCE_NS,
				  .on_line = say_line,
				  .owner = (void *)(uintptr_t)target};

	return transport_open_child(t, env->children, &o);
}

int
command_start(struct transport *t, const struct net_env *env, const struct target *target)
{
	const char *const argv[] = {"/bin/sh", "-c", target_command(target), NULL};

	return start(t, env, target, argv);
}

struct words {
	const char *list[SPAWN_ARGS_MAX + 1];
	size_t n;
	struct text text;
	char mem[WORDS_MAX];
};

static void
add(struct words *w, struct span word)
{
	if (w->n == SPAWN_ARGS_MAX) {
		w->text.is_cut = true;
		return;
	}
	w->list[w->n++] = w->mem + w->text.n;
	text_put(&w->text, word);
	text_char(&w->text, '\0');
}

static void
add_number(struct words *w, const char *before, uint64_t v)
{
	char mem[64];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	text_str(&t, before);
	text_u64(&t, v);
	add(w, text_span(&t));
}

/* The user's own options come first, and the first one counts for ssh. */
static void
add_ssh(struct words *w, const struct net_env *env, const struct target *t, bool may_ask)
{
	static const char *const fixed[] = {"-T",
					    "-x",
					    "-a",
					    "-oServerAliveInterval=5",
					    "-oServerAliveCountMax=3",
					    "-oEscapeChar=none",
					    "-oClearAllForwardings=yes"};
	struct span ssh = span_str(env->options->ssh);

	while (ssh.n > 0) {
		struct span word = span_split(&ssh, ' ');

		if (word.n > 0)
			add(w, word);
	}
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		add(w, span_str(fixed[i]));
	add_number(w, "-oConnectTimeout=", (env->connect_ns + 999999999) / 1000000000);
	if (!may_ask)
		add(w, span_str("-oBatchMode=yes"));
	if (t->url.port != 0)
		add_number(w, "-p", t->url.port);
	if (t->url.has_user) {
		add(w, span_str("-l"));
		add(w, t->url.user);
	}
	add(w, span_str("--"));
	add(w, t->url.host);
}

/* No quote, backslash, "!" or newline that a login shell could take for its own: csh and
 * fish take it as sh does. */
static void
put_remote(struct text *t, size_t script_size)
{
	text_str(t, "sh -c 'eval \"$(head -c ");
	text_u64(t, script_size);
	text_str(t, ")\"'");
}

int
command_start_shell(struct transport *t, const struct net_env *env,
		    const struct target *target, size_t script_size, bool may_ask)
{
	struct words w = {.n = 0};
	char mem[WORDS_MAX];
	struct text last;

	text_init(&w.text, w.mem, sizeof(w.mem));
	text_init(&last, mem, sizeof(mem));
	if (target_is_ssh(target)) {
		add_ssh(&w, env, target, may_ask);
		text_str(&last, "exec ");
	} else {
		add(&w, span_str("/bin/sh"));
		add(&w, span_str("-c"));
		text_str(&last, "exec ");
		text_str(&last, target_command(target));
		text_char(&last, ' ');
	}
	put_remote(&last, script_size);
	add(&w, text_span(&last));
	transport_open(t, -1);
	return w.text.is_cut || last.is_cut ? -E2BIG : start(t, env, target, w.list);
}

void
command_pulse(struct transport *t)
{
	size_t n;
	int error;

	transport_write(t, (const uint8_t *)"\r\n", 2, &n, &error);
}
