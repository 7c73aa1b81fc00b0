/* Commands of targets: how they are run. What they give is not known here. */
#include "cli/link/command.h"

#include "sys/log.h"

static void
say_line(void *owner, struct span line)
{
	const struct target *t = owner;
	char mem[LOG_LINE_MAX];
	struct text text;

	text_init(&text, mem, sizeof(mem));
	text_str(&text, t->name);
	text_str(&text, ": ");
	text_escape(&text, line);
	log_text(LOG_INFO, &text);
}

int
command_start(struct transport *t, const struct net_env *env, const struct target *target)
{
	const char *const argv[] = {"/bin/sh", "-c", target_command(target), NULL};
	struct spawn_options o = {.argv = argv,
				  .has_own_group = true,
				  .patience_ns = COMMAND_PATIENCE_NS,
				  .on_line = say_line,
				  .owner = (void *)(uintptr_t)target};

	return transport_open_child(t, env->children, &o);
}
