/* The command line, from one table. It opens nothing and knows no target's form. */
#include "cli/options/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cli/options/foreign.h"
#include "cli/options/header.h"
#include "cli/options/help.h"
#include "merge/merge.h"
#include "path/path.h"

#define SECOND_NS      UINT64_C(1000000000)
#define YEAR_NS	       (366 * 24 * 3600 * SECOND_NS)
#define SIZE_MAX_BYTES (UINT64_C(1) << 50)

static const char *
set_hold_back(void *base, struct span s, const void *context)
{
	struct options *o = base;

	(void)context;
	o->is_hold_back_auto = span_eq(s, span_str("auto"));
	if (o->is_hold_back_auto)
		o->hold_back_ns = MERGE_HOLD_BACK_NS;
	else if (!num_parse_duration(s, SECOND_NS, YEAR_NS, &o->hold_back_ns))
		return "not a duration like 200ms, auto or 0";
	return NULL;
}

static const char *
check_snaplen(void *base, struct span s, const void *context)
{
	bool is_headers = span_take_prefix_ci(&s, "headers");
	uint64_t v;

	(void)base;
	(void)context;
	if (is_headers && s.n == 0)
		return NULL;
	if (is_headers && span_take(&s, 1).p[0] != '+')
		s.n = 0;
	return num_parse_u64(s, UINT32_MAX, &v) ? NULL
						: "not a number, headers or headers+N";
}

static const char *
set_format(void *base, struct span s, const void *context)
{
	struct options *o = base;

	(void)context;
	o->format = format_find(s);
	return o->format ? NULL : "not pcap or pcapng";
}

static const char *
set_proxy(void *base, struct span s, const void *context)
{
	struct options *o = base;

	(void)context;
	o->proxy = (const char *)s.p;
	return NULL;
}

static const char *
add_header(void *base, struct span s, const void *context)
{
	struct options *o = base;

	(void)context;
	if (o->n_headers == OPTIONS_HEADERS_MAX)
		return "at most 32 of these";
	o->headers[o->n_headers++] = (const char *)s.p;
	return s.n > 1 && s.p[0] == '@' ? NULL : header_check(s);
}

/* As a path, which no host can be. */
static const char *
add_file(void *base, struct span s, const void *context)
{
	struct options *o = base;
	bool is_path = s.n > 0 && (s.p[0] == '/' || s.p[0] == '.');
	char *path;

	(void)context;
	if (s.n == 0)
		return "not a value: it is empty";
	if (is_path || span_eq(s, span_str("-"))) {
		o->targets[o->n_targets++] = (const char *)s.p;
		return NULL;
	}
	path = malloc(s.n + 3);
	if (!path)
		return "out of memory";
	memcpy(path, "./", 2);
	memcpy(path + 2, s.p, s.n + 1);
	o->targets[o->n_targets++] = path;
	return NULL;
}

#define AT(member) FLAG_AT(struct options, member)

/* clang-format off: a row a flag; help.c says in which group --help prints it */
static const struct flag rows[] = {
    {"write", 'w', FLAG_TEXT, AT(write_path), "FILE",
     .help = "output file (default and \"-\": standard output)"},
    {"print", 'P', FLAG_TRUE, AT(print.is_wanted), NULL,
     .help = "print a line a packet, as tcpdump -nn does, to standard\noutput (default "
	     "on a terminal)"},
    {"color", 0, FLAG_WORD, AT(print.color), "auto|always|never",
     .help = "print each host in a color of its own (auto)"},
    {"t", 't', FLAG_COUNT, AT(print.time), NULL, .help = "print no timestamps", .min = 1,
     .max = PRINT_TIME_FIRST},
    {"tt", 0, FLAG_COUNT, AT(print.time), NULL, .help = "print seconds since 1970",
     .min = PRINT_TIME_EPOCH, .max = PRINT_TIME_FIRST},
    {"ttt", 0, FLAG_COUNT, AT(print.time), NULL,
     .help = "print the time since the packet before", .min = PRINT_TIME_DELTA,
     .max = PRINT_TIME_FIRST},
    {"tttt", 0, FLAG_COUNT, AT(print.time), NULL, .help = "print date and time",
     .min = PRINT_TIME_DATE, .max = PRINT_TIME_FIRST},
    {"ttttt", 0, FLAG_COUNT, AT(print.time), NULL,
     .help = "print the time since the first packet", .min = PRINT_TIME_FIRST,
     .max = PRINT_TIME_FIRST},
    {"e", 'e', FLAG_TRUE, AT(print.has_link), NULL, .help = "print link headers"},
    {"S", 'S', FLAG_TRUE, AT(print.is_absolute), NULL,
     .help = "print absolute TCP sequence numbers"},
    {"x", 'x', FLAG_COUNT, AT(print.hex), NULL, .help = "print packets in hex", .min = 1,
     .max = 2},
    {"xx", 0, FLAG_COUNT, AT(print.hex), NULL, .help = "-x with link headers", .min = 2,
     .max = 2},
    {"X", 'X', FLAG_COUNT, AT(print.both), NULL, .help = "print packets in hex and ASCII",
     .min = 1, .max = 2},
    {"XX", 0, FLAG_COUNT, AT(print.both), NULL, .help = "-X with link headers", .min = 2,
     .max = 2},
    {"A", 'A', FLAG_COUNT, AT(print.text), NULL, .help = "print packets in ASCII",
     .min = 1, .max = 2},
    {"AA", 0, FLAG_COUNT, AT(print.text), NULL, .help = "-A with link headers", .min = 2,
     .max = 2},
    {"n", 'n', FLAG_TRUE, AT(is_ignored), NULL,
     .help = "no effect: addresses and ports are numbers"},
    {"l", 'l', FLAG_TRUE, AT(is_ignored), NULL,
     .help = "no effect: each line is written at once"},
    {"packet-buffered", 'U', FLAG_TRUE, AT(is_ignored), NULL,
     .help = "no effect: each packet is written at once"},
    {"no-promiscuous-mode", 'p', FLAG_TRUE, AT(is_ignored), NULL,
     .help = "no effect: interfaces are never made promiscuous"},
    {"read", 'r', FLAG_CUSTOM, .value = "FILE", .set = add_file,
     .help = "a capture file as a target, whatever its name"},
    {"names", 0, FLAG_TEXT, AT(names_path), "FILE",
     .help = "names of addresses (hosts format), for -P and pcapng"},
    {"path", 0, FLAG_TRUE, AT(path.is_wanted), NULL,
     .help = "report where packets were lost and delayed"},
    {"path-json", 0, FLAG_TEXT, AT(path.json), "FILE",
     .help = "write that report to FILE as JSON"},
    {"path-wait", 0, FLAG_TIME, AT(path.wait_ns), "TIME",
     .help = "a packet not seen for TIME is lost (2s)", .min = 1000000,
     .max = PATH_WAIT_MAX_NS},
    {"path-memory", 0, FLAG_SIZE, AT(path.memory_bytes), "SIZE",
     .help = "memory for packets on their way (64M)", .min = PATH_MEMORY_MIN,
     .max = SIZE_MAX_BYTES >> 16},
    {"expect", 0, FLAG_TEXT, AT(path.expect), "A,B,...",
     .help = "every packet that A sees must be seen by B, ..."},
    {"rotate-size", 0, FLAG_SIZE, AT(rotate_bytes), "SIZE",
     .help = "start a new output file after SIZE; file names get a\nnumber and a time",
     .min = OPTIONS_ROTATE_MIN, .max = SIZE_MAX_BYTES},
    {"rotate-every", 0, FLAG_TIME, AT(rotate_ns), "TIME",
     .help = "start a new output file after TIME", .min = SECOND_NS, .max = YEAR_NS},
    {"rotate-keep", 0, FLAG_NUMBER, AT(rotate_keep), "N",
     .help = "keep the N newest output files, delete older ones", .min = 1,
     .max = OPTIONS_KEEP_MAX},
    {"count", 'c', FLAG_NUMBER, AT(count), "N", .help = "exit after N packets", .min = 1,
     .max = UINT64_MAX},
    {"duration", 'd', FLAG_TIME, AT(duration_ns), "TIME",
     .help = "exit after TIME (10, 1.5m, 500ms)", .min = 1, .max = YEAR_NS},
    {"filter", 'f', FLAG_TEXT, AT(query), "EXPR",
     .help = "filter for targets whose URL sets none", .query = "filter"},
    {"filter-file", 'F', FLAG_TEXT, AT(filter_path), "FILE",
     .help = "read the filter from FILE; # begins a comment"},
    {"interface", 'i', FLAG_TEXT, AT(query), "LIST",
     .help = "interfaces for targets whose URL sets none", .query = "interface"},
    {"snaplen", 's', FLAG_CUSTOM, AT(query), "N|headers[+N]",
     .help = "snapshot length for targets whose URL sets none;\n"
	     "headers: no payload, or N bytes of it",
     .set = check_snaplen, .query = "snaplen"},
    {"direction", 'Q', FLAG_WORD, AT(query), "in|out|inout",
     .help = "direction for targets whose URL sets none", .query = "direction"},
    {"list-interfaces", 'D', FLAG_TRUE, AT(lists_interfaces), NULL,
     .help = "list the interfaces of all targets, then exit"},
    {"hold-back", 0, FLAG_CUSTOM, AT(hold_back_ns), "TIME|auto|0",
     .help = "longest time a packet waits for older ones (auto)", .set = set_hold_back},
    {"slack", 0, FLAG_TIME, AT(slack_ns), "TIME",
     .help = "disorder within a target without watermarks (5ms)", .max = YEAR_NS},
    {"buffer", 0, FLAG_SIZE, AT(buffer_bytes), "SIZE",
     .help = "memory for waiting packets (64M)", .min = OPTIONS_BUFFER_MIN,
     .max = SIZE_MAX_BYTES},
    {"connect-timeout", 0, FLAG_TIME, AT(connect_ns), "TIME",
     .help = "limit for connecting and for the response (10)", .min = 1, .max = YEAR_NS},
    {"proxy", 0, FLAG_CUSTOM, AT(proxy), "URL",
     .help = "HTTP proxy: http://[user:password@]host:port\n(https targets: "
	     "https_proxy, no_proxy; '': none)",
     .set = set_proxy, .url_letter = 'x'},
    {"user", 'u', FLAG_TEXT, AT(user), "USER[:PASSWORD]",
     .help = "user and password for targets whose URL names none"},
    {"header", 'H', FLAG_CUSTOM, .value = "'NAME: VALUE'", .set = add_header,
     .help = "send this field to targets, never to a proxy; @FILE:\neach line of FILE"},
    {"ssh", 0, FLAG_TEXT, AT(ssh), "CMD",
     .help = "ssh and its options, for ssh:// (DDUMP_SSH, or ssh)"},
    {"ssh-jobs", 0, FLAG_NUMBER, AT(ssh_jobs), "N", .help = "logins at the same time (8)",
     .min = 1, .max = 65535},
    {"sudo", 0, FLAG_TEXT, AT(sudo), "auto|no|CMD",
     .help = "how to become root on an ssh target (no); auto: sudo,\nor doas -n"},
    {"netrc", 0, FLAG_OPTIONAL, AT(netrc), "FILE",
     .help = "read users and passwords from FILE (~/.netrc)"},
    {"ipv4", '4', FLAG_TRUE, AT(is_ipv4), NULL,
     .help = "use IPv4 addresses of names only"},
    {"ipv6", '6', FLAG_TRUE, AT(is_ipv6), NULL,
     .help = "use IPv6 addresses of names only"},
    {"targets", 0, FLAG_TEXT, AT(targets_path), "FILE",
     .help = "read more targets from FILE (\"-\": standard input), one\nper line"},
    {"wait", 0, FLAG_TIME, AT(wait_ns), "TIME",
     .help = "keep trying targets unreachable at startup for TIME (0)", .max = YEAR_NS},
    {"retry", 0, FLAG_TIME, AT(retry_ns), "TIME",
     .help = "keep reconnecting to a lost target for TIME (5m; 0\ndisables)",
     .max = YEAR_NS},
    {"format", 0, FLAG_CUSTOM, .value = "pcap|pcapng", .set = set_format,
     .help = "output format (pcapng if FILE ends in .pcapng, else\n"
	     "pcap); pcapng names host and interface of each packet"},
    {"linktype", 0, FLAG_WORD, AT(linktype), "auto|sll|sll2|native|mixed",
     .help = "output link type (auto); native: as captured; auto:\n"
	     "native if all targets are files that agree, else sll;\n"
	     "mixed: each interface as captured (pcapng only)"},
    {"time-stamp-precision", 0, FLAG_WORD, AT(is_nano), "micro|nano",
     .help = "timestamps in pcap (micro); pcapng has nano"},
    {"ca", 0, FLAG_TEXT, AT(tls.ca), "FILE|DIR",
     .help = "CA certificates (PEM) used to verify https servers"},
    {"cacert", 0, FLAG_TEXT, AT(tls.ca), "FILE", .help = "the same as --ca"},
    {"cert", 0, FLAG_TEXT, AT(tls.cert_file), "FILE",
     .help = "client certificate (PEM), for servers that require one"},
    {"key", 0, FLAG_TEXT, AT(tls.key_file), "FILE",
     .help = "its private key, if FILE of --cert has none"},
    {"key-pass-file", 0, FLAG_TEXT, AT(tls.key_pass_file), "FILE",
     .help = "the first line of FILE decrypts the key"},
    {"insecure", 'k', FLAG_TRUE, AT(tls.is_insecure), NULL,
     .help = "do not verify server certificates"},
    {"tls-max", 0, FLAG_WORD, AT(tls.max), "1.3|1.2", .help = "newest TLS version (1.3)"},
    {"align-clocks", 0, FLAG_TRUE, AT(aligns_clocks), NULL,
     .help = "correct timestamps by the measured clock offsets"},
    {"require-all", 0, FLAG_TRUE, AT(requires_all), NULL,
     .help = "exit if any target cannot start"},
    {"progress", 0, FLAG_WORD, AT(progress), "auto|always|never",
     .help = "show live status on the terminal (auto)"},
    {"stats-json", 0, FLAG_TEXT, AT(stats_path), "FILE",
     .help = "write the summary to FILE as JSON"},
    {"quiet", 'q', FLAG_TRUE, AT(is_quiet), NULL,
     .help = "print errors only, no summary"},
    {"verbose", 'v', FLAG_TRUE, AT(is_verbose), NULL, .help = "verbose output"},
    {"version", 'V', FLAG_VERSION, 0, 0, NULL, .help = NULL},
    {"help", 'h', FLAG_HELP, 0, 0, NULL, .help = NULL},
};
/* clang-format on */

static const struct flag_table table = {.rows = rows,
					.n = sizeof(rows) / sizeof(rows[0]),
					.foreign = options_foreign,
					.n_foreign = OPTIONS_FOREIGN_N};

static void
set_defaults(struct options *o)
{
	memset(o, 0, sizeof(*o));
	o->hold_back_ns = MERGE_HOLD_BACK_NS;
	o->is_hold_back_auto = true;
	o->slack_ns = MERGE_SLACK_NS;
	o->buffer_bytes = OPTIONS_BUFFER_DEFAULT;
	o->retry_ns = OPTIONS_RETRY_S_DEFAULT * SECOND_NS;
	o->ssh = getenv("DDUMP_SSH");
	if (!o->ssh || o->ssh[0] == '\0')
		o->ssh = "ssh";
	o->ssh_jobs = 8;
	o->sudo = "no";
	o->connect_ns = OPTIONS_HEAD_S_DEFAULT * SECOND_NS;
	o->path.wait_ns = PATH_WAIT_NS;
	o->path.memory_bytes = PATH_MEMORY;
}

/* Flags that say nothing of a capture file. */
static bool
asks_how_to_print(const struct options *o)
{
	struct print_options of = options_of_print(o);

	return of.time != PRINT_TIME_CLOCK || of.dump != PRINT_DUMP_NONE || of.has_link ||
	       of.is_absolute;
}

static bool
has_filter(const struct options *o)
{
	for (size_t i = 0; i < o->query.n; i++)
		if (strcmp(o->query.list[i].name, "filter") == 0)
			return true;
	return false;
}

/* NULL, or which flags do not go together. */
static const char *
find_conflict(const struct options *o)
{
	bool is_rotating = o->rotate_bytes > 0 || o->rotate_ns > 0;
	bool is_stdout = !o->write_path;

	if (o->n_targets == 0 && !o->targets_path)
		return o->proxy ? "no target given; -x URL and --proxy name the proxy"
		       : o->lists_interfaces ? "-D lists the interfaces of targets; "
					       "name at least one"
					     : "no target given; see --help";
	if (o->lists_interfaces && !is_stdout)
		return "-D prints to standard output; leave out -w FILE";
	if (o->filter_path && has_filter(o))
		return "-f and -F both give the filter; leave one out";
	if (o->n_targets > MERGE_SOURCES_MAX)
		return "more than 65535 targets";
	if (o->stats_path && strcmp(o->stats_path, is_stdout ? "-" : o->write_path) == 0)
		return is_stdout ? "--stats-json -: standard output has the packets; add "
				   "-w FILE"
				 : "--stats-json and -w name the same file";
	if (o->print.is_wanted && is_stdout && o->format)
		return "--print writes text; leave out --format, or add -w FILE";
	if (o->path.is_wanted && o->print.is_wanted)
		return "--path reports, --print prints packets; give one of them";
	if (o->path.is_wanted && o->hold_back_ns == 0)
		return "--path needs packets in order; leave out --hold-back 0";
	if (o->path.is_wanted && o->aligns_clocks)
		return "--path corrects times itself; leave out --align-clocks";
	if (!o->path.is_wanted && (o->path.json || o->path.expect))
		return "--path-json and --expect need --path";
	if (o->is_ipv4 && o->is_ipv6)
		return "-4 and -6 exclude each other; both are the default";
	if (o->tls.key_file && !o->tls.cert_file)
		return "--key needs --cert";
	if (o->tls.key_pass_file && !o->tls.cert_file)
		return "--key-pass-file needs --cert, or --cert and --key";
	if (is_rotating && is_stdout)
		return "--rotate-size and --rotate-every need -w FILE";
	if (o->rotate_keep > 0 && !is_rotating)
		return "--rotate-keep needs --rotate-size or --rotate-every";
	return NULL;
}

/* Packets are not written, and no more of them is fetched than is compared. */
static void
use_path(struct options *o)
{
	struct flag_query *q = &o->query;

	o->print.is_wanted = true;
	for (size_t i = 0; i < q->n; i++) {
		if (strcmp(q->list[i].name, "snaplen") != 0)
			continue;
		if (strcmp(q->list[i].value, "headers") == 0)
			q->list[i].value = "headers+64";
		return;
	}
	if (q->n < FLAG_QUERY_MAX)
		q->list[q->n++] = (struct flag_parameter){"snaplen", PATH_SNAPLEN};
}

enum flag_result
options_parse(struct options *o, int argc, char **argv, const char **targets,
	      struct text *why)
{
	enum flag_result rc;
	const char *conflict;

	set_defaults(o);
	o->targets = targets;
	rc = flag_parse(&table, o, argc, argv, targets, &o->n_targets, why);
	if (rc != FLAG_RESULT_RUN)
		return rc;
	if (o->write_path && strcmp(o->write_path, "-") == 0)
		o->write_path = NULL;
	o->print.is_wanted |= asks_how_to_print(o);
	conflict = find_conflict(o);
	if (!o->tls.key_file)
		o->tls.key_file = o->tls.cert_file;
	if (o->path.is_wanted && !o->write_path)
		use_path(o);
	if (o->print.is_wanted && !o->write_path)
		o->format = &format_text;
	else if (!o->format)
		o->format = format_of_path(o->write_path);
	if (!conflict && o->linktype == OPTIONS_LINKTYPE_MIXED &&
	    !o->format->put_interface)
		conflict = "--linktype mixed needs --format pcapng";
	if (conflict)
		text_str(why, conflict);
	return conflict ? FLAG_RESULT_BAD : FLAG_RESULT_RUN;
}

void
options_set_filter(struct options *o, const char *filter)
{
	struct text none;

	text_init(&none, NULL, 0);
	flag_set(flag_find(&table, span_str("filter")), o, span_str(filter), NULL, &none);
}

void
options_set_headers(struct options *o, const char *const *list, size_t n)
{
	memcpy(o->headers, list, n * sizeof(o->headers[0]));
	o->n_headers = n;
}

void
options_use_terminal(struct options *o, bool is_terminal)
{
	if (!is_terminal || o->write_path)
		return;
	o->print.is_wanted = true;
	o->format = &format_text;
}

struct print_options
options_of_print(const struct options *o)
{
	const struct options_print *p = &o->print;
	struct print_options of = {.is_nano = o->is_nano,
				   .has_link = p->has_link,
				   .is_absolute = p->is_absolute,
				   .time = (enum print_time)p->time,
				   .dumps_link =
				       p->hex > 1 || p->both > 1 || p->text > 1};

	if (p->hex > 0)
		of.dump = PRINT_DUMP_HEX;
	if (p->text > 0)
		of.dump = PRINT_DUMP_TEXT;
	if (p->both > 0)
		of.dump = PRINT_DUMP_BOTH;
	return of;
}

void
options_put_help(struct text *out)
{
	help_put(&table, out);
}
