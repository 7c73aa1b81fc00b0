/* Command line to numbers; every flag is a row of one table. */
#include "worker/launcher/opts.h"

#include <string.h>

#include "sys/names.h"

/* For struct names: the first address, whatever its family. */
static bool
take_first(void *owner, const struct net_address *a)
{
	struct net_address *to = owner;

	*to = *a;
	return false;
}

/* NAME:PORT, of /etc/hosts: a worker that starts depends on no name server. */
static bool
find_listen(const char *value, struct net_address *a)
{
	const char *colon = strrchr(value, ':');
	char host[NAMES_HOST_MAX + 1] = "";
	struct net_address any;
	struct names names = {.host = host, .put = take_first, .owner = a};

	if (!colon || (size_t)(colon - value) >= sizeof(host) ||
	    net_parse_listen(span_str(colon), &any))
		return false;
	memcpy(host, value, (size_t)(colon - value));
	names.port = net_port(&any);
	return names_find_in_hosts(&names);
}

static const char *
set_listen(void *base, struct span value, const void *context)
{
	struct opts *o = base;
	const char *error = net_parse_listen(value, &o->address);

	(void)context;
	o->listen = (const char *)value.p;
	o->has_listen = true;
	return error && find_listen(o->listen, &o->address) ? NULL : error;
}

static const char *
set_mode(void *base, struct span value, const void *context)
{
	struct opts *o = base;

	(void)context;
	o->unix_mode = 0;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '7' || i == 4)
			return "not an octal mode";
		o->unix_mode = o->unix_mode * 8 + (unsigned)(value.p[i] - '0');
	}
	return value.n > 0 && o->unix_mode <= 0777 ? NULL : "not an octal mode";
}

static const char *
set_exclude(void *base, struct span value, const void *context)
{
	struct opts *o = base;

	(void)context;
	if (o->n_excludes == CONFIG_EXCLUDES_MAX)
		return "at most 8 of these";
	if (value.n > REQUEST_FILTER_MAX)
		return "longer than 8192 bytes";
	if (value.p[strspn((const char *)value.p, " \t\r\n")] == '\0')
		return "an empty filter would leave nothing to capture";
	o->excludes[o->n_excludes++] = (const char *)value.p;
	return NULL;
}

/* The list must fit into a request that names no interface. */
static const char *
set_interfaces(void *base, struct span value, const void *context)
{
	struct opts *o = base;
	size_t n = 0;

	(void)context;
	o->interfaces = (const char *)value.p;
	do {
		struct span name = span_trim(span_split(&value, ','));

		if (name.n == 0 || name.n >= CAPTURE_NAME_SIZE ||
		    span_eq(name, span_str("any")) || ++n > REQUEST_INTERFACES_MAX)
			return "not a list of at most 32 interface names";
	} while (value.n > 0);
	return NULL;
}

static const char *
set_name(void *base, struct span value, const void *context)
{
	struct opts *o = base;

	(void)context;
	o->name = (const char *)value.p;
	return config_is_name(value) ? NULL
				     : "not a name of up to 63 letters, digits and . _ -";
}

#define AT(member) FLAG_AT(struct opts, member)

/* clang-format off: a row a flag, as -help prints it */
static const struct flag rows[] = {
    {"listen", 0, FLAG_CUSTOM, AT(listen), "ADDR",
     .help = "IP:PORT, [V6]:PORT, NAME:PORT, :PORT, unix:PATH (:8475)",
     .set = set_listen},
    {"stdio", 0, FLAG_TRUE, AT(is_stdio), NULL,
     .help = "serve standard input and output instead of a port"},
    {"max-captures", 0, FLAG_NUMBER, AT(max_captures), "N",
     .help = "limit of concurrent captures (16)", .min = 1,
     .max = SLOTS_MAX - SLOTS_VALIDATIONS_MAX},
    {"max-connections", 0, FLAG_NUMBER, AT(max_connections), "N",
     .help = "limit of other connections (1024)", .min = 1, .max = 65535},
    {"max-buffer", 0, FLAG_SIZE, AT(max_buffer), "SIZE",
     .help = "limit of a capture's kernel ring (64M)", .min = CAPTURE_RING_MIN,
     .max = 1u << 30},
    {"max-snaplen", 0, FLAG_NUMBER, AT(max_snaplen), "BYTES",
     .help = "limit of the snapshot length (262144)", .min = 1,
     .max = SAVEFILE_SNAPLEN_MAX},
    {"max-payload", 0, FLAG_NUMBER, AT(max_payload), "BYTES",
     .help = "limit of what is given behind headers (none)", .max = SAVEFILE_SNAPLEN_MAX},
    {"max-duration", 0, FLAG_TIME, AT(max_duration_ns), "TIME",
     .help = "limit of a capture's duration: 30s, 5m, 1h (none)",
     .max = REQUEST_DURATION_MAX_NS},
    {"interfaces", 0, FLAG_CUSTOM, AT(interfaces), "LIST",
     .help = "allow captures on these interfaces only (all)", .set = set_interfaces},
    {"exclude", 0, FLAG_CUSTOM, AT(excludes), "FILTER",
     .help = "never capture packets that match; up to 8 times", .set = set_exclude},
    {"allow-host", 0, FLAG_TEXT, AT(allow_hosts), "LIST",
     .help = "accept requests with these Host names only\n"
	     "(browsers: names of this machine)"},
    {"name", 0, FLAG_CUSTOM, AT(name), "NAME",
     .help = "what clients call this host (its host name)", .set = set_name},
    {"unix-mode", 0, FLAG_CUSTOM, AT(unix_mode), "OCTAL",
     .help = "mode of the unix socket (0660)", .set = set_mode},
    {"resolve", 0, FLAG_TRUE, AT(may_resolve), NULL,
     .help = "allow host names in filters (DNS queries)"},
    {"log-format", 0, FLAG_WORD, AT(is_json_log), "text|json",
     .help = "format of the log (text)"},
    {"check", 0, FLAG_TRUE, AT(wants_check), NULL,
     .help = "report what this machine supports, then exit"},
    {"quiet", 'q', FLAG_TRUE, AT(is_quiet), NULL, .help = "log warnings and errors only"},
    {"verbose", 'v', FLAG_TRUE, AT(is_verbose), NULL, .help = "log more"},
    {"version", 'V', FLAG_VERSION, 0, 0, NULL, .help = NULL},
    {"help", 'h', FLAG_HELP, 0, 0, NULL, .help = NULL},
};
/* clang-format on */

static const struct flag_table table = {.rows = rows,
					.n = sizeof(rows) / sizeof(rows[0])};

enum flag_result
opts_parse(struct opts *o, int argc, char **argv, struct text *why)
{
	enum flag_result rc;
	size_t n;

	memset(o, 0, sizeof(*o));
	o->max_captures = 16;
	o->max_connections = 1024;
	o->max_buffer = 64u << 20;
	o->max_snaplen = SAVEFILE_SNAPLEN_MAX;
	o->max_payload = CAPTURE_PAYLOAD_ALL;
	o->unix_mode = 0660;
	o->allow_hosts = "";
	o->interfaces = "";
	o->name = "";
	set_listen(o, span_str(":8475"), NULL);
	o->has_listen = false;
	rc = flag_parse(&table, o, argc, argv, NULL, &n, why);
	if (rc != FLAG_RESULT_RUN || !o->is_stdio || !o->has_listen)
		return rc;
	text_str(why, "-stdio and -listen exclude each other");
	return FLAG_RESULT_BAD;
}

void
opts_put_help(struct text *out)
{
	text_str(out, "usage: ddump-worker [options]\n"
		      "Streams packet captures of this host over HTTP. Needs CAP_NET_RAW "
		      "only.\n\n");
	flag_put_help(&table, "-", out);
	text_str(out,
		 "\nThe worker has no TLS and no passwords: anyone who can reach the "
		 "port can\ncapture. Put a reverse proxy in front, or listen on a "
		 "loopback address or a\nunix socket.\n");
}
