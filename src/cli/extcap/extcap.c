/* Command lines of Wireshark. It knows no flag of ours but those it adds or renames. */
#include "cli/extcap/extcap.h"

#include <stdbool.h>
#include <string.h>

/* Its flags; what is not among them is ours, from the dialogue. */
enum kind { CHECK, INTERFACES, DLTS, CONFIG, CAPTURE, IGNORED, TARGETS, RENAMED };

static const struct row {
	const char *name;
	enum kind kind;
	bool has_value;
	const char *ours;
} rows[] = {
    {"--extcap-interfaces", INTERFACES, false, NULL},
    {"--extcap-dlts", DLTS, false, NULL},
    {"--extcap-config", CONFIG, false, NULL},
    {"--capture", CAPTURE, false, NULL},
    {"--targets", TARGETS, true, NULL},
    {"--extcap-capture-filter", RENAMED, true, "--filter"},
    {"--fifo", RENAMED, true, "--write"},
    {"--extcap-interface", IGNORED, true, NULL},
    {"--extcap-reload-option", IGNORED, true, NULL},
    {"--extcap-control-in", IGNORED, true, NULL},
    {"--extcap-control-out", IGNORED, true, NULL},
    {"--extcap-version", IGNORED, false, NULL}, /* a value follows behind "=" only */
};

static const char interfaces[] =
    "extcap {version=" DDUMP_VERSION "}{display=ddump: many hosts, one stream}\n"
    "interface {value=ddump}{display=ddump: packets of many hosts}\n";

/* The capture file says each interface's own link type: this one is shown until then. */
static const char dlts[] =
    "dlt {number=276}{name=LINUX_SLL2}{display=Linux cooked v2, of each host}\n";

/* Passwords have no field, since ps(1) would show them: --netrc has them. */
static const char config[] =
    "arg {number=0}{call=--targets}{display=Targets}{type=string}{required=true}"
    "{tooltip=Separated by blanks, as on ddump's command line}"
    "{placeholder=db1 web=https://web1:443 dns+http://workers.example}{group=Capture}\n"
    "arg {number=1}{call=--interface}{display=Interfaces of the hosts}{type=string}"
    "{tooltip=Comma separated; all where it is empty}{group=Capture}\n"
    "arg {number=2}{call=--snaplen}{display=Bytes kept of each packet}{type=unsigned}"
    "{range=1,262144}{default=262144}{group=Capture}\n"
    "arg {number=3}{call=--ca}{display=CA certificates (PEM)}{type=fileselect}"
    "{mustexist=true}{group=Security}\n"
    "arg {number=4}{call=--cert}{display=Client certificate (PEM)}{type=fileselect}"
    "{mustexist=true}{group=Security}\n"
    "arg {number=5}{call=--key}{display=Its private key}{type=fileselect}"
    "{mustexist=true}{group=Security}\n"
    "arg {number=6}{call=--netrc}{display=Users and passwords from ~/.netrc}"
    "{type=boolflag}{default=false}{group=Security}\n";

/* The row of "--name" or "--name=value"; NULL: not one of Wireshark's. */
static const struct row *
find(const char *arg)
{
	size_t n = strcspn(arg, "=");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].name) == n && memcmp(rows[i].name, arg, n) == 0)
			return &rows[i];
	return NULL;
}

struct reading {
	char **args;
	int n;
	char *targets;
	enum kind asked;
	bool has_fifo;
};

static void
add(struct reading *r, const char *arg)
{
	r->args[r->n++] = (char *)arg;
}

static bool
begins_command(const char *s)
{
	return strncmp(s, "exec:", 5) == 0 || strncmp(s, "exec+sh:", 8) == 0;
}

static bool
is_command(const char *target)
{
	const char *equals = strchr(target, '=');

	return begins_command(target) || (equals && begins_command(equals + 1));
}

/* False: one of them would run a command. */
static bool
add_words(struct reading *r, char *words)
{
	static const char blanks[] = " \t\r\n";

	for (words += strspn(words, blanks); *words; words += strspn(words, blanks)) {
		add(r, words);
		if (is_command(words))
			return false;
		words += strcspn(words, blanks);
		if (*words)
			*words++ = '\0';
	}
	return true;
}

static void
take(struct reading *r, const struct row *row, char *value)
{
	if (row->kind < IGNORED)
		r->asked = row->kind;
	else if (row->kind == TARGETS)
		r->targets = value;
	else if (row->kind == RENAMED && value && *value) {
		r->has_fifo |= strcmp(row->name, "--fifo") == 0;
		add(r, row->ours);
		add(r, value);
	}
}

static bool
is_extcap(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--capture") == 0 ||
		    strncmp(argv[i], "--extcap-", 9) == 0)
			return true;
	return false;
}

size_t
extcap_args_max(int argc, char **argv)
{
	size_t n = 8; /* added flags, and the end */

	for (int i = 0; i < argc; i++)
		n += 2 + strlen(argv[i]) / 2;
	return n;
}

enum extcap_call
extcap_read(int argc, char **argv, char **args, int *n, struct text *out)
{
	static const char *const answers[] = {[CHECK] = "",
					      [INTERFACES] = interfaces,
					      [DLTS] = dlts,
					      [CONFIG] = config,
					      [CAPTURE] = ""};
	struct reading r = {.args = args};

	if (!is_extcap(argc, argv))
		return EXTCAP_NONE;
	add(&r, argv[0]);
	for (int i = 1; i < argc; i++) {
		const struct row *row = find(argv[i]);
		char *value = strchr(argv[i], '=');

		if (!row)
			add(&r, argv[i]);
		else if (value || !row->has_value)
			take(&r, row, value ? value + 1 : NULL);
		else if (i + 1 < argc)
			take(&r, row, argv[++i]);
	}
	text_str(out, answers[r.asked]);
	if (r.asked != CAPTURE || !r.has_fifo)
		return EXTCAP_TEXT;
	add(&r, "--quiet");
	add(&r, "--format");
	add(&r, "pcapng");
	add(&r, "--");
	if (r.targets && !add_words(&r, r.targets)) {
		text_str(out, "an exec: target is for the command line alone");
		return EXTCAP_BAD;
	}
	args[r.n] = NULL;
	*n = r.n;
	return EXTCAP_CAPTURE;
}
