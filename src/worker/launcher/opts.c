/* Command line to numbers; every flag is a row of one table. */
#include "worker/launcher/opts.h"

#include <string.h>

#include "base/num.h"

typedef const char *opts_set_fn(struct opts *o, struct span value);

static const char *
set_listen(struct opts *o, struct span value)
{
	o->listen = (const char *)value.p;
	return net_parse_listen(value, &o->address);
}

static const char *
set_number(struct span value, uint64_t max, uint32_t *out)
{
	static char wrong[64];
	struct text t;
	uint64_t v;

	text_init(&t, wrong, sizeof(wrong));
	text_str(&t, "not a number from 1 to ");
	text_u64(&t, max);
	if (!num_parse_u64(value, max, &v) || v == 0)
		return text_cstr(&t);
	*out = (uint32_t)v;
	return NULL;
}

static const char *
set_captures(struct opts *o, struct span value)
{
	return set_number(value, SLOTS_MAX - SLOTS_VALIDATIONS_MAX, &o->max_captures);
}

static const char *
set_connections(struct opts *o, struct span value)
{
	return set_number(value, 65535, &o->max_connections);
}

static const char *
set_snaplen(struct opts *o, struct span value)
{
	return set_number(value, SAVEFILE_SNAPLEN_MAX, &o->max_snaplen);
}

static const char *
set_buffer(struct opts *o, struct span value)
{
	uint64_t v;

	if (!num_parse_size(value, 1u << 30, &v) || v < CAPTURE_RING_MIN)
		return "not a size from 512K to 1G";
	o->max_buffer = (uint32_t)v;
	return NULL;
}

static const char *
set_duration(struct opts *o, struct span value)
{
	if (!num_parse_duration(value, 1000000000, REQUEST_DURATION_MAX_NS,
				&o->max_duration_ns))
		return "not a duration";
	return NULL;
}

static const char *
set_mode(struct opts *o, struct span value)
{
	unsigned mode = 0;

	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '7' || i == 4)
			return "not an octal mode";
		mode = mode * 8 + (unsigned)(value.p[i] - '0');
	}
	o->unix_mode = mode;
	return value.n > 0 && mode <= 0777 ? NULL : "not an octal mode";
}

static const char *
set_exclude(struct opts *o, struct span value)
{
	if (o->n_excludes == CONFIG_EXCLUDES_MAX)
		return "at most 8 of these";
	if (value.n > REQUEST_FILTER_MAX)
		return "longer than 8192 bytes";
	if (value.p[strspn((const char *)value.p, " \t\r\n")] == '\0')
		return "an empty filter would leave nothing to capture";
	o->excludes[o->n_excludes++] = (const char *)value.p;
	return NULL;
}

static const char *
set_allow_host(struct opts *o, struct span value)
{
	o->allow_hosts = value;
	return value.n > 0 ? NULL : "needs a name";
}

static const char *
set_interfaces(struct opts *o, struct span value)
{
	struct request r;
	char mem[128];
	struct text why;

	memset(&r, 0, sizeof(r));
	text_init(&why, mem, sizeof(mem));
	o->interfaces = value;
	/* the list must fit into a request that names no interface */
	request_restrict(&r, value, &why);
	for (struct span rest = value; rest.n > 0;) {
		struct span name = span_trim(span_split(&rest, ','));

		if (name.n == 0 || name.n >= CAPTURE_NAME_SIZE || r.n_interfaces-- == 0)
			return "not a list of at most 32 interface names";
	}
	return value.n > 0 ? NULL : "needs a name";
}

static const char *
set_log_format(struct opts *o, struct span value)
{
	o->is_json_log = span_eq(value, span_str("json"));
	return o->is_json_log || span_eq(value, span_str("text"))
		   ? NULL
		   : "neither text nor json";
}

static const char *
set_check(struct opts *o, struct span value)
{
	(void)value;
	o->wants_check = true;
	return NULL;
}

static const char *
set_resolve(struct opts *o, struct span value)
{
	(void)value;
	o->may_resolve = true;
	return NULL;
}

static const char *
set_quiet(struct opts *o, struct span value)
{
	(void)value;
	o->is_quiet = true;
	return NULL;
}

static const char *
set_verbose(struct opts *o, struct span value)
{
	(void)value;
	o->is_verbose = true;
	return NULL;
}

static const char *
set_help(struct opts *o, struct span value)
{
	(void)value;
	o->wants_help = true;
	return NULL;
}

static const char *
set_version(struct opts *o, struct span value)
{
	(void)value;
	o->wants_version = true;
	return NULL;
}

static const struct flag {
	const char *name;
	bool has_value;
	opts_set_fn *set;
} flags[] = {
    {"listen", true, set_listen},
    {"max-captures", true, set_captures},
    {"max-connections", true, set_connections},
    {"max-buffer", true, set_buffer},
    {"max-snaplen", true, set_snaplen},
    {"max-duration", true, set_duration},
    {"unix-mode", true, set_mode},
    {"exclude", true, set_exclude},
    {"interfaces", true, set_interfaces},
    {"allow-host", true, set_allow_host},
    {"log-format", true, set_log_format},
    {"check", false, set_check},
    {"resolve", false, set_resolve},
    {"q", false, set_quiet},
    {"v", false, set_verbose},
    {"h", false, set_help},
    {"help", false, set_help},
    {"V", false, set_version},
    {"version", false, set_version},
};

static const struct flag *
find_flag(struct span name)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (span_eq(name, span_str(flags[i].name)))
			return &flags[i];
	return NULL;
}

static const char *
complain(const char *argument, const char *what)
{
	static char mem[256];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	text_escape(&t, span_str(argument));
	text_str(&t, ": ");
	text_str(&t, what);
	return text_cstr(&t);
}

/* One flag at argv[*i], with its value there or in the next argument. */
static const char *
parse_flag(struct opts *o, int argc, char **argv, int *i)
{
	const char *argument = argv[*i];
	struct span rest = span_str(argument + (argument[1] == '-' ? 2 : 1));
	bool has_equals = span_find(rest, '=') < rest.n;
	const struct flag *flag = find_flag(span_split(&rest, '='));
	const char *wrong;

	if (!flag)
		return complain(argument, "no such option; see -help");
	if (!flag->has_value && has_equals)
		return complain(argument, "takes no value");
	if (flag->has_value && !has_equals) {
		if (*i + 1 >= argc)
			return complain(argument, "needs a value");
		rest = span_str(argv[++*i]);
	}
	wrong = flag->set(o, rest);
	return wrong ? complain(argument, wrong) : NULL;
}

const char *
opts_parse(struct opts *o, int argc, char **argv)
{
	const char *wrong;

	memset(o, 0, sizeof(*o));
	o->max_captures = 16;
	o->max_connections = 1024;
	o->max_buffer = 64u << 20;
	o->max_snaplen = SAVEFILE_SNAPLEN_MAX;
	o->unix_mode = 0660;
	wrong = set_listen(o, span_str(":8475"));
	for (int i = 1; i < argc && !wrong; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			return complain(argv[i], "not an option; see -help");
		wrong = parse_flag(o, argc, argv, &i);
	}
	return wrong;
}

const char *
opts_help(void)
{
	return "usage: ddump-worker [options]\n"
	       "Streams packet captures of this host over HTTP. Needs CAP_NET_RAW and "
	       "nothing else.\n"
	       "\n"
	       "  -listen ADDR:PORT | :PORT | [V6]:PORT | unix:PATH   (:8475)\n"
	       "  -max-captures N      at once (16)\n"
	       "  -max-connections N   (1024)\n"
	       "  -max-buffer SIZE     of one kernel ring (64M)\n"
	       "  -max-snaplen BYTES   (262144)\n"
	       "  -max-duration TIME   of one capture, as 30s, 5m, 1h (no end)\n"
	       "  -interfaces LIST     the only ones that may be captured (all)\n"
	       "  -exclude FILTER      never captured; may be given 8 times\n"
	       "  -allow-host LIST     names that Host may have (browsers: its own)\n"
	       "  -unix-mode OCTAL     of the unix socket (0660)\n"
	       "  -resolve             allow host names in filters (DNS look-ups)\n"
	       "  -log-format text|json\n"
	       "  -q  -v               log less, more\n"
	       "  -check               say what this machine gives, and end\n"
	       "  -help  -version\n"
	       "\n"
	       "It has no TLS and no passwords: whoever reaches the port can capture. Put a\n"
	       "reverse proxy in front, or listen on a loopback address or a unix socket.\n";
}
