/* ddump-worker: wires the parts together, runs them, and gives the exit status:
 * 0 stopped by a signal, 1 cannot start or go on, 2 usage. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "sys/links.h"
#include "sys/log.h"
#include "sys/own_names.h"
#include "sys/service.h"
#include "sys/signals.h"
#include "sys/standard.h"
#include "worker/launcher/check.h"
#include "worker/launcher/launcher.h"
#include "worker/launcher/opts.h"

static void
say_listening(const struct net_address *a)
{
	char line[256];
	struct text t;

	text_init(&t, line, sizeof(line));
	text_str(&t, "listening on ");
	net_format(&t, a);
	log_text(LOG_INFO, &t);
	if (!net_is_loopback(a))
		log_line(LOG_WARNING,
			 "whoever reaches this port can capture: put a reverse "
			 "proxy with authentication in front of it, or use "
			 "-listen 127.0.0.1:8475");
}

/* They may come later. */
static void
say_missing_interfaces(struct span allowed)
{
	while (allowed.n > 0) {
		struct span name = span_trim(span_split(&allowed, ','));
		char name_mem[IF_NAMESIZE] = "";
		char mem[LOG_LINE_MAX];
		struct text line;

		if (name.n < sizeof(name_mem))
			memcpy(name_mem, name.p, name.n);
		if (if_nametoindex(name_mem) != 0)
			continue;
		text_init(&line, mem, sizeof(mem));
		text_str(&line, "-interfaces: no interface is named ");
		text_escape(&line, name);
		text_str(&line, " yet; there are ");
		links_put_names(&line);
		log_text(LOG_WARNING, &line);
	}
}

static int
listen_as_told(struct opts *o, struct config *config, int passed_fd, bool *is_own_socket)
{
	int fd = passed_fd >= 0 ? passed_fd : net_listen(&o->address, o->unix_mode);

	if (fd < 0) {
		char mem[LOG_LINE_MAX];
		struct text line;

		text_init(&line, mem, sizeof(mem));
		text_str(&line, "cannot listen on ");
		text_escape(&line, span_str(o->listen));
		text_str(&line, ": ");
		text_str(&line, strerror(-fd));
		if (fd == -EADDRINUSE)
			text_str(&line,
				 "; end the program that uses it, or choose another "
				 "port with -listen");
		if (fd == -EADDRNOTAVAIL)
			text_str(&line, "; name an address of this machine");
		log_text(LOG_ERROR, &line);
		return -1;
	}
	say_missing_interfaces(config->interfaces);
	config->listen_fd = fd;
	if (net_local(fd, &config->listener) < 0)
		config->listener = o->address;
	*is_own_socket = passed_fd < 0 && config->listener.sa.ss_family == AF_UNIX;
	say_listening(&config->listener);
	return 0;
}

/* What clients are told that this host is called: borrowed from either. */
static struct span
name_of(const struct opts *o, struct utsname *host)
{
	struct span name = span_str(o->name);

	if (name.n == 0 && uname(host) == 0)
		name = span_str(host->nodename);
	return config_is_name(name) ? name : span_str("");
}

static int
run(struct opts *o)
{
	int passed_fd = service_listen_fd();
	char mem[LOG_LINE_MAX];
	char own_names[OWN_NAMES_MAX];
	struct utsname host;
	struct text names;
	struct text why;
	bool is_own_socket = false;
	int rc;
	struct config config = {
	    .listen_fd = -1,
	    .is_stdio = o->is_stdio,
	    .listener = {.sa.ss_family = AF_UNIX, .size = sizeof(sa_family_t)},
	    .max_captures = o->max_captures,
	    .max_connections = o->max_connections,
	    .may_resolve = o->may_resolve,
	    .n_excludes = o->n_excludes,
	    .allow_hosts = span_str(o->allow_hosts),
	    .interfaces = span_str(o->interfaces),
	    .library = check_library(),
	    .limits = {.ring_max = o->max_buffer,
		       .snaplen_max = o->max_snaplen,
		       .payload_max = o->max_payload,
		       .duration_max_ns = o->max_duration_ns},
	};

	service_close_from((passed_fd < 0 ? STDERR_FILENO : passed_fd) + 1);
	text_init(&names, own_names, sizeof(own_names));
	own_names_put(&names);
	config.own_names = text_span(&names);
	memcpy(config.excludes, o->excludes, sizeof(config.excludes));
	config.name = name_of(o, &host);
	text_init(&why, mem, sizeof(mem));
	if (!check_excludes(&config, &why)) {
		log_text(LOG_ERROR, &why);
		return 2;
	}
	if (o->wants_check)
		return check_run(&config) ? 0 : 1;
	if (o->is_stdio && isatty(STDIN_FILENO)) {
		log_line(LOG_ERROR, "-stdio: standard input is a terminal; it is for "
				    "ddump, over ssh and the like");
		return 2;
	}
	if (o->max_payload != CAPTURE_PAYLOAD_ALL)
		log_line(LOG_INFO, "gives at most %u bytes of a packet's payload",
			 (unsigned)o->max_payload);
	if (!o->is_stdio && listen_as_told(o, &config, passed_fd, &is_own_socket) < 0)
		return 1;
	service_ready();
	config.slots = slots_new(&config.bell);
	if (!config.slots) {
		log_line(LOG_ERROR, "out of memory");
		return 1;
	}
	rc = launcher_run(&config);
	/* out of reach from an empty root: then the next start finds a stale one */
	if (is_own_socket)
		unlink(((struct sockaddr_un *)&config.listener.sa)->sun_path);
	return rc;
}

int
main(int argc, char **argv)
{
	char mem[OPTS_HELP_MAX];
	struct opts o;
	struct text text;

	signals_reset();
	standard_fill(O_RDWR);
	log_init("ddump-worker", LOG_INFO);
	text_init(&text, mem, sizeof(mem));
	switch (opts_parse(&o, argc, argv, &text)) {
	case FLAG_RESULT_RUN:
		break;
	case FLAG_RESULT_BAD:
		log_text(LOG_ERROR, &text);
		return 2;
	case FLAG_RESULT_HELP:
		opts_put_help(&text);
		fputs(text_cstr(&text), stdout);
		return 0;
	case FLAG_RESULT_VERSION:
		printf("ddump-worker %s (%s)\n", DDUMP_VERSION, check_library());
		return 0;
	}
	log_set_format(o.is_json_log ? LOG_JSON : LOG_TIMED);
	if (o.is_quiet || o.is_verbose)
		log_init("ddump-worker", o.is_quiet ? LOG_WARNING : LOG_DEBUG);
	return run(&o);
}
