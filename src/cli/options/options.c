/* The command line, from one table. It opens nothing and knows no target's form. */
#include "cli/options/options.h"

#include <string.h>

#include "base/num.h"
#include "cli/output/rotation.h"
#include "merge/merge.h"

#define SECOND_NS      UINT64_C(1000000000)
#define YEAR_NS	       (366 * 24 * 3600 * SECOND_NS)
#define SIZE_MAX_BYTES (UINT64_C(1) << 50)

enum kind {
	KIND_FLAG,     /* bool: true */
	KIND_TEXT,     /* const char *, not empty */
	KIND_OPTIONAL, /* const char *; "" where no value follows behind "=" */
	KIND_NUMBER,   /* const char * that is a number, for a query */
	KIND_COUNT,    /* uint64_t, at least 1 */
	KIND_DURATION, /* uint64_t ns, at least 1 */
	KIND_AGE,      /* uint64_t ns, at least 1 s */
	KIND_PERIOD,   /* uint64_t ns, 0 allowed */
	KIND_HOLD_BACK,
	KIND_SIZE,
	KIND_FILE_SIZE,
	KIND_KEEP,
	KIND_LINKTYPE,
	KIND_FORMAT,
	KIND_PRECISION,
	KIND_DIRECTION,
	KIND_TLS_MAX,
	KIND_PROGRESS,
	KIND_HELP,
	KIND_VERSION
};

struct option {
	const char *name;
	char letter; /* 0: none */
	enum kind kind;
	size_t at; /* offset in struct options */
};

#define AT(member) offsetof(struct options, member)

static const struct option table[] = {
    {"write", 'w', KIND_TEXT, AT(write_path)},
    {"rotate-size", 0, KIND_FILE_SIZE, AT(rotate_bytes)},
    {"rotate-every", 0, KIND_AGE, AT(rotate_ns)},
    {"rotate-keep", 0, KIND_KEEP, AT(rotate_keep)},
    {"count", 'c', KIND_COUNT, AT(count)},
    {"duration", 'd', KIND_DURATION, AT(duration_ns)},
    {"filter", 'f', KIND_TEXT, AT(filter)},
    {"interface", 'i', KIND_TEXT, AT(interface)},
    {"snaplen", 's', KIND_NUMBER, AT(snaplen)},
    {"direction", 0, KIND_DIRECTION, AT(direction)},
    {"hold-back", 0, KIND_HOLD_BACK, 0},
    {"slack", 0, KIND_PERIOD, AT(slack_ns)},
    {"buffer", 0, KIND_SIZE, AT(buffer_bytes)},
    {"connect-timeout", 0, KIND_DURATION, AT(connect_ns)},
    {"targets", 0, KIND_TEXT, AT(targets_path)},
    {"proxy", 0, KIND_TEXT, AT(proxy)},
    {"netrc", 0, KIND_OPTIONAL, AT(netrc)},
    {"ipv4", '4', KIND_FLAG, AT(is_ipv4)},
    {"ipv6", '6', KIND_FLAG, AT(is_ipv6)},
    {"retry", 0, KIND_PERIOD, AT(retry_ns)},
    {"wait", 0, KIND_PERIOD, AT(wait_ns)},
    {"linktype", 0, KIND_LINKTYPE, AT(linktype)},
    {"format", 0, KIND_FORMAT, AT(format)},
    {"time-stamp-precision", 0, KIND_PRECISION, AT(is_nano)},
    {"ca", 0, KIND_TEXT, AT(tls.ca)},
    {"cert", 0, KIND_TEXT, AT(tls.cert_file)},
    {"key", 0, KIND_TEXT, AT(tls.key_file)},
    {"key-pass-file", 0, KIND_TEXT, AT(tls.key_pass_file)},
    {"insecure", 0, KIND_FLAG, AT(tls.is_insecure)},
    {"tls-max", 0, KIND_TLS_MAX, AT(tls.max)},
    {"align-clocks", 0, KIND_FLAG, AT(aligns_clocks)},
    {"require-all", 0, KIND_FLAG, AT(requires_all)},
    {"progress", 0, KIND_PROGRESS, AT(progress)},
    {"stats-json", 0, KIND_TEXT, AT(stats_path)},
    {"quiet", 'q', KIND_FLAG, AT(is_quiet)},
    {"verbose", 'v', KIND_FLAG, AT(is_verbose)},
    {"help", 'h', KIND_HELP, 0},
    {"version", 'V', KIND_VERSION, 0},
};

static void
set_defaults(struct options *o)
{
	memset(o, 0, sizeof(*o));
	o->hold_back_ns = MERGE_HOLD_BACK_NS;
	o->is_hold_back_auto = true;
	o->slack_ns = MERGE_SLACK_NS;
	o->buffer_bytes = OPTIONS_BUFFER_DEFAULT;
	o->retry_ns = OPTIONS_RETRY_S_DEFAULT * SECOND_NS;
	o->connect_ns = OPTIONS_HEAD_S_DEFAULT * SECOND_NS;
}

/* Cuts the value off a "name=value" argument. */
static struct span
name_of(const char *arg, const char **value)
{
	struct span name = span_str(arg);
	size_t at = span_find(name, '=');

	*value = at < name.n ? arg + at + 1 : NULL;
	name.n = at;
	return name;
}

static const struct option *
find(struct span name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct option *o = &table[i];

		if (span_eq(name, span_str(o->name)))
			return o;
		if (name.n == 1 && o->letter != 0 && name.p[0] == (uint8_t)o->letter)
			return o;
	}
	return NULL;
}

static bool
takes_value(enum kind kind)
{
	return kind != KIND_FLAG && kind != KIND_OPTIONAL && kind != KIND_HELP &&
	       kind != KIND_VERSION;
}

/* The option that arg (behind its dashes) names; *value is NULL when it stands alone. */
static const struct option *
identify(const char *arg, bool is_long, const char **value)
{
	const struct option *o = find(name_of(arg, value));

	if (o || is_long || arg[0] == '\0')
		return o;
	o = find(span_of(arg, 1));
	if (!o || !takes_value(o->kind))
		return NULL;
	*value = arg + 1;
	return o;
}

/* NULL, or what the option wants. */
static const char *
choose(const char *value, const char *first, const char *second, bool *is_second)
{
	*is_second = strcmp(value, second) == 0;
	return *is_second || strcmp(value, first) == 0 ? NULL : "one of the two";
}

static const char *
set_hold_back(struct options *o, struct span s)
{
	o->is_hold_back_auto = span_eq(s, span_str("auto"));
	if (o->is_hold_back_auto)
		o->hold_back_ns = MERGE_HOLD_BACK_NS;
	else if (!num_parse_duration(s, SECOND_NS, YEAR_NS, &o->hold_back_ns))
		return "a time like 200ms, auto or 0";
	return NULL;
}

static const char *
set_size(uint64_t *size, struct span s, uint64_t min, const char *wants)
{
	return num_parse_size(s, SIZE_MAX_BYTES, size) && *size >= min ? NULL : wants;
}

static const char *
set_duration(uint64_t *ns, struct span s, uint64_t min)
{
	if (!num_parse_duration(s, SECOND_NS, YEAR_NS, ns) || *ns < min)
		return "a time like 10, 1.5m or 500ms";
	return NULL;
}

static const char *
set_linktype(enum options_linktype *linktype, const char *value)
{
	if (strcmp(value, "auto") == 0)
		*linktype = OPTIONS_LINKTYPE_AUTO;
	else if (strcmp(value, "sll") == 0)
		*linktype = OPTIONS_LINKTYPE_SLL;
	else if (strcmp(value, "sll2") == 0)
		*linktype = OPTIONS_LINKTYPE_SLL2;
	else if (strcmp(value, "native") == 0)
		*linktype = OPTIONS_LINKTYPE_NATIVE;
	else
		return "sll, sll2, native or auto";
	return NULL;
}

static const char *
set_text(const char **at, const char *value)
{
	*at = value;
	return value[0] == '\0' ? "a value that is not empty" : NULL;
}

/* Both directions is what a worker does unasked. */
static const char *
set_direction(const char **at, const char *value)
{
	bool is_second;

	*at = value;
	if (strcmp(value, "inout") == 0)
		*at = NULL;
	else if (choose(value, "in", "out", &is_second))
		return "in, out or inout";
	return NULL;
}

static const char *
set_progress(enum options_progress *progress, const char *value)
{
	static const char *const names[] = {[OPTIONS_PROGRESS_AUTO] = "auto",
					    [OPTIONS_PROGRESS_ALWAYS] = "always",
					    [OPTIONS_PROGRESS_NEVER] = "never"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		*progress = (enum options_progress)i;
		if (strcmp(value, names[i]) == 0)
			return NULL;
	}
	return "auto, always or never";
}

/* NULL, or what the value should have been. */
static const char *
set(struct options *o, const struct option *option, const char *value)
{
	char *at = (char *)o + option->at;
	const char *wants;
	bool is_second;
	uint64_t n;

	switch (option->kind) {
	case KIND_TEXT:
		return set_text((const char **)(void *)at, value);
	case KIND_OPTIONAL:
		return set_text((const char **)(void *)at, value);
	case KIND_NUMBER:
		*(const char **)(void *)at = value;
		return num_parse_u64(span_str(value), UINT32_MAX, &n) ? NULL : "a number";
	case KIND_COUNT:
		return num_parse_u64(span_str(value), UINT64_MAX,
				     (uint64_t *)(void *)at) &&
			       *(uint64_t *)(void *)at > 0
			   ? NULL
			   : "a number, at least 1";
	case KIND_DURATION:
		return set_duration((uint64_t *)(void *)at, span_str(value), 1);
	case KIND_PERIOD:
		return set_duration((uint64_t *)(void *)at, span_str(value), 0);
	case KIND_HOLD_BACK:
		return set_hold_back(o, span_str(value));
	case KIND_SIZE:
		return set_size((uint64_t *)(void *)at, span_str(value),
				OPTIONS_BUFFER_MIN, "a size like 64M, at least 1M");
	case KIND_FILE_SIZE:
		return set_size((uint64_t *)(void *)at, span_str(value),
				OPTIONS_ROTATE_MIN, "a size like 100M, at least 4K");
	case KIND_KEEP:
		return num_parse_u64(span_str(value), ROTATION_KEEP_MAX,
				     (uint64_t *)(void *)at) &&
			       *(uint64_t *)(void *)at > 0
			   ? NULL
			   : "a number of files, 1 to 65535";
	case KIND_AGE:
		return set_duration((uint64_t *)(void *)at, span_str(value), SECOND_NS)
			   ? "a time like 10m or 1h, at least 1s"
			   : NULL;
	case KIND_LINKTYPE:
		return set_linktype((enum options_linktype *)(void *)at, value);
	case KIND_FORMAT:
		o->format = format_find(span_str(value));
		return o->format ? NULL : format_names();
	case KIND_PRECISION:
		return choose(value, "micro", "nano", (bool *)at) ? "micro or nano"
								  : NULL;
	case KIND_DIRECTION:
		return set_direction((const char **)(void *)at, value);
	case KIND_TLS_MAX:
		wants = choose(value, "1.3", "1.2", &is_second);
		*(enum tls_max *)(void *)at = is_second ? TLS_MAX_1_2 : TLS_MAX_1_3;
		return wants ? "1.2 or 1.3" : NULL;
	case KIND_PROGRESS:
		return set_progress((enum options_progress *)(void *)at, value);
	case KIND_FLAG:
	case KIND_HELP:
	case KIND_VERSION:
		*(bool *)at = true;
		return NULL;
	}
	return NULL;
}

/* The value is not shown: it may hold a password. */
static enum cli_options_result
bad(struct text *why, const char *arg, const char *what, const char *wants)
{
	const char *value;

	text_escape(why, name_of(arg, &value));
	text_str(why, what);
	text_str(why, wants);
	return CLI_OPTIONS_BAD;
}

/* One flag at argv[*i]; *i moves on to its value when that is the next argument. */
static enum cli_options_result
take(struct options *o, int argc, char **argv, int *i, struct text *why)
{
	const char *arg = argv[*i];
	bool is_long = arg[1] == '-';
	const char *value;
	const char *wants;
	const struct option *option = identify(arg + (is_long ? 2 : 1), is_long, &value);

	if (!option)
		return bad(why, arg, ": no such option; ", "ddump --help lists them");
	if (option->kind == KIND_HELP)
		return CLI_OPTIONS_HELP;
	if (option->kind == KIND_VERSION)
		return CLI_OPTIONS_VERSION;
	if (option->kind == KIND_OPTIONAL && !value) {
		*(const char **)(void *)((char *)o + option->at) = "";
		return CLI_OPTIONS_RUN;
	}
	if (!takes_value(option->kind) && option->kind != KIND_OPTIONAL && value)
		return bad(why, arg, ": ", "takes no value");
	if (takes_value(option->kind) && !value) {
		if (*i + 1 >= argc)
			return bad(why, arg, ": ", "a value is missing");
		value = argv[++*i];
	}
	wants = set(o, option, value);
	if (!wants)
		return CLI_OPTIONS_RUN;
	return bad(why, arg, ": should be ", wants);
}

/* NULL, or what is wrong. */
static const char *
check_rotation(const struct options *o)
{
	bool is_rotating = o->rotate_bytes > 0 || o->rotate_ns > 0;

	if (is_rotating && !o->write_path)
		return "--rotate-size and --rotate-every need -w FILE";
	if (o->rotate_keep > 0 && !is_rotating)
		return "--rotate-keep needs --rotate-size or --rotate-every";
	return NULL;
}

/* NULL, or what is wrong. */
static const char *
check_stats(const struct options *o)
{
	if (!o->stats_path)
		return NULL;
	if (o->write_path && strcmp(o->stats_path, o->write_path) == 0)
		return "--stats-json and -w name the same file";
	if (!o->write_path && strcmp(o->stats_path, "-") == 0)
		return "--stats-json -: standard output has the packets: give -w FILE, "
		       "too";
	return NULL;
}

static enum cli_options_result
check(const struct options *o, struct text *why)
{
	if (o->n_targets == 0 && !o->targets_path) {
		text_str(why, "no target given; ddump --help says how");
		return CLI_OPTIONS_BAD;
	}
	if (o->n_targets > MERGE_SOURCES_MAX) {
		text_str(why, "more than 65535 targets");
		return CLI_OPTIONS_BAD;
	}
	if (check_stats(o)) {
		text_str(why, check_stats(o));
		return CLI_OPTIONS_BAD;
	}
	if (o->is_ipv4 && o->is_ipv6) {
		text_str(why, "-4 and -6 exclude each other; both are the default");
		return CLI_OPTIONS_BAD;
	}
	if (!o->tls.cert_file != !o->tls.key_file) {
		text_str(why, "-cert and -key go together: give both, or neither");
		return CLI_OPTIONS_BAD;
	}
	if (o->tls.key_pass_file && !o->tls.key_file) {
		text_str(why, "--key-pass-file is for the key of -key: give that too");
		return CLI_OPTIONS_BAD;
	}
	if (check_rotation(o)) {
		text_str(why, check_rotation(o));
		return CLI_OPTIONS_BAD;
	}
	return CLI_OPTIONS_RUN;
}

enum cli_options_result
cli_options_parse(struct options *o, int argc, char **argv, const char **targets,
		  struct text *why)
{
	bool is_flags = true;

	set_defaults(o);
	o->targets = targets;
	for (int i = 1; i < argc; i++) {
		enum cli_options_result rc;

		if (!is_flags || argv[i][0] != '-' || argv[i][1] == '\0') {
			targets[o->n_targets++] = argv[i];
			continue;
		}
		is_flags = strcmp(argv[i], "--") != 0;
		rc = is_flags ? take(o, argc, argv, &i, why) : CLI_OPTIONS_RUN;
		if (rc != CLI_OPTIONS_RUN)
			return rc;
	}
	if (o->write_path && strcmp(o->write_path, "-") == 0)
		o->write_path = NULL;
	if (!o->format)
		o->format = format_of_path(o->write_path);
	return check(o, why);
}
