/* ddump: captures packets on many hosts at once, merged by time. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/extcap/extcap.h"
#include "cli/options/files.h"
#include "cli/options/help.h"
#include "cli/run/app.h"
#include "cli/target/secrets.h"
#include "cli/target/list.h"
#include "sys/log.h"
#include "sys/standard.h"

static enum app_status
usage(struct text *why)
{
	log_text(LOG_ERROR, why);
	return APP_USAGE;
}

/* What everybody on this host could read in /proc. */
static void
hide(struct options *o, const char **targets)
{
	secrets_hide(targets, o->n_targets);
	secrets_hide(&o->proxy, o->proxy ? 1 : 0);
	secrets_hide_behind(&o->user, ':');
	for (size_t i = 0; i < o->n_headers; i++)
		if (o->headers[i][0] != '@')
			secrets_hide_behind(&o->headers[i], ':');
}

static enum app_status
print(const char *text)
{
	return fputs(text, stdout) < 0 || fflush(stdout) != 0 ? APP_FAILED : APP_OK;
}

static int
run(int argc, char **argv)
{
	const char **targets = calloc((size_t)argc + 1, sizeof(*targets));
	struct options options;
	char mem[LOG_LINE_MAX];
	char help_mem[HELP_MAX];
	struct text help;
	struct text why;
	enum app_status status = APP_FAILED;

	text_init(&why, mem, sizeof(mem));
	text_init(&help, help_mem, sizeof(help_mem));
	log_init("ddump", LOG_INFO);
	if (!targets)
		return APP_FAILED;
	switch (options_parse(&options, argc, argv, targets, &why)) {
	case FLAG_RESULT_RUN:
		options_use_terminal(&options, isatty(STDOUT_FILENO) == 1);
		hide(&options, targets);
		if (!options_files_read(&options, &why) ||
		    !target_list_read(&options, &targets, &why)) {
			status = usage(&why);
			break;
		}
		status = app_run(&options);
		break;
	case FLAG_RESULT_HELP:
		options_put_help(&help);
		status = print(text_cstr(&help));
		break;
	case FLAG_RESULT_VERSION:
		status = print("ddump " DDUMP_VERSION "\n");
		break;
	case FLAG_RESULT_BAD:
		status = usage(&why);
		break;
	}
	free(targets);
	return (int)status;
}

int
main(int argc, char **argv)
{
	char **args = calloc(extcap_args_max(argc, argv), sizeof(*args));
	char mem[EXTCAP_TEXT_MAX];
	struct text answer;

	standard_fill(O_RDONLY); /* writing fails, as it should */
	text_init(&answer, mem, sizeof(mem));
	if (!args)
		return APP_FAILED;
	switch (extcap_read(argc, argv, args, &argc, &answer)) {
	case EXTCAP_NONE:
		break;
	case EXTCAP_TEXT:
		return (int)print(text_cstr(&answer));
	case EXTCAP_BAD:
		log_init("ddump", LOG_INFO);
		return (int)usage(&answer);
	case EXTCAP_CAPTURE:
		argv = args;
		break;
	}
	return run(argc, argv);
}
