/* Targets as typed: which kind, and what people call them. It opens and asks nothing. */
#include "cli/target/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cli/target/label.h"
#include "pcap/savefile_reader.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/transport.h"

#define UNANSWERED "check that ddump-worker runs there and that no firewall is in between"

static const struct target_ops file_ops = {
    .way = TARGET_OPEN,
    .place = "",
    .unanswered = "name a capture that exists and that you may read",
    .open = transport_open_file,
};

static const struct target_ops exec_ops = {
    .way = TARGET_COMMAND,
    .place = "exec:",
    .unanswered = "raise the limit of processes (ulimit -u)",
};

static const struct target_ops exec_sh_ops = {
    .way = TARGET_COMMAND,
    .is_http = true,
    .place = "exec+sh:",
    .unanswered = "raise the limit of processes (ulimit -u)",
};

/* What is opened or run: the first that the argument begins with, a path last. */
static const struct target_ops *const opened_ops[] = {&exec_sh_ops, &exec_ops, &file_ops};

static const struct target_ops network_ops[] = {
    [HTTP_SCHEME_HTTP] = {.way = TARGET_LOOK_UP,
			  .is_http = true,
			  .port = NET_DEFAULT_PORT,
			  .place = "http://",
			  .unanswered = UNANSWERED},
    [HTTP_SCHEME_HTTPS] = {.way = TARGET_LOOK_UP,
			   .is_http = true,
			   .is_tls = true,
			   .port = NET_DEFAULT_PORT,
			   .place = "https://",
			   .unanswered = UNANSWERED},
    [HTTP_SCHEME_UNIX] =
	{.way = TARGET_SOCKET,
	 .is_http = true,
	 .place = "unix:",
	 .unanswered =
	     "check that ddump-worker listens there and that you may write to the socket"},
    [HTTP_SCHEME_SSH] = {.way = TARGET_COMMAND,
			 .is_http = true,
			 .port = 22,
			 .place = "ssh://",
			 .unanswered = "install ssh, or see --ssh"},
};

static bool
is_path(struct span s)
{
	if (s.n > 0 && (s.p[0] == '/' || s.p[0] == '.'))
		return true;
	return span_ends_ci(s, span_str(".pcap")) ||
	       span_ends_ci(s, span_str(".pcapng")) || span_ends_ci(s, span_str(".cap"));
}

static bool
has_scheme(struct span s)
{
	size_t at = span_find(s, ':');

	return at + 2 < s.n && s.p[at + 1] == '/' && s.p[at + 2] == '/';
}

/* What stands behind the last "/". */
static struct span
file_name(struct span path)
{
	struct span name = path;

	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '/' && i + 1 < path.n)
			name = span_of(path.p + i + 1, path.n - i - 1);
	return name;
}

const char *
target_command(const struct target *t)
{
	return t->text + strlen(t->ops->place);
}

/* Its first word that is no assignment, without folders. */
static struct span
program_name(const struct target *t)
{
	struct span rest = span_str(target_command(t));
	struct span word = span_of(rest.p, 0);

	while (rest.n > 0 && (word.n == 0 || span_find(word, '=') < word.n))
		word = span_split(&rest, ' ');
	return file_name(word);
}

static struct span
short_key(const struct target *t)
{
	switch (t->ops->way) {
	case TARGET_OPEN:
		return file_name(span_str(t->text));
	case TARGET_COMMAND:
		return target_is_ssh(t) ? target_host(t) : program_name(t);
	case TARGET_SOCKET:
	case TARGET_LOOK_UP:
		break;
	}
	return target_host(t);
}

/* How much of a target its name shows: more until no two are equal. */
enum detail {
	DETAIL_HOST, /* or file name */
	DETAIL_PORT, /* or path */
	DETAIL_NUMBER
};

/* As much as there is room for: a name is never empty. */
static void
put_escaped(struct text *name, struct span s)
{
	while (s.n > 0)
		text_escape(name, span_take(&s, 1));
}

static void
put_host(struct text *name, const struct target *t, enum detail detail)
{
	struct span host = target_host(t);
	bool is_ipv6 = span_find(host, ':') < host.n;
	bool is_bracketed = is_ipv6 && detail != DETAIL_HOST;

	text_str(name, is_bracketed ? "[" : "");
	text_escape(name, host);
	text_str(name, is_bracketed ? "]" : "");
	if (detail == DETAIL_HOST)
		return;
	text_char(name, ':');
	text_u64(name, t->port);
}

static void
set_name(struct target *t, enum detail detail, size_t number)
{
	struct text name;

	text_init(&name, t->name, sizeof(t->name));
	if (t->label.n > 0) {
		text_put(&name, t->label);
		text_str(&name, t->address[0] != '\0' ? "#" : "");
		text_str(&name, t->address);
		text_cstr(&name);
		return;
	}
	switch (t->ops->way) {
	case TARGET_OPEN:
		put_escaped(&name,
			    detail == DETAIL_HOST ? short_key(t) : span_str(t->text));
		break;
	case TARGET_COMMAND:
		if (target_is_ssh(t))
			put_host(&name, t, detail);
		else
			put_escaped(&name, program_name(t));
		break;
	case TARGET_SOCKET:
		text_str(&name, t->ops->place);
		put_escaped(&name, t->url.host);
		break;
	case TARGET_LOOK_UP:
		put_host(&name, t, detail);
		break;
	}
	if (detail == DETAIL_NUMBER) {
		text_char(&name, '#');
		text_u64(&name, number);
	}
	text_cstr(&name);
}

/* What can be shown of a text that could not be parsed: it may hold a password. */
static void
set_raw_name(struct target *t)
{
	struct span s = span_str(t->text);
	struct span host = s;
	struct text name;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '@')
			host = span_of(s.p + i + 1, s.n - i - 1);
	text_init(&name, t->name, sizeof(t->name));
	text_str(&name, host.n < s.n ? "...@" : "");
	put_escaped(&name, span_take(&host, 128));
	text_str(&name, s.n == 0 ? "(empty)" : "");
	text_cstr(&name);
}

/* Of addresses: 10.0.0.0/29 has a path that no worker has. */
static bool
is_network(const struct http_url *url)
{
	struct span bits = url->path;
	struct span dots = url->host;
	uint64_t n;

	for (unsigned i = 0; i < 3; i++)
		span_split(&dots, '.');
	span_take(&bits, 1);
	return url->port == 0 && num_parse_u64(bits, 128, &n) &&
	       (url->is_ipv6 || num_parse_u64(dots, 255, &n));
}

static const char *
find_ssh_fault(const struct http_url *url)
{
	if (url->has_password)
		return "ssh takes no password here: use a key, or the prompt";
	if (url->path.n > 0)
		return "an ssh target has no path";
	if (url->host.p[0] == '-' || (url->user.n > 0 && url->user.p[0] == '-'))
		return "the user or host begins with -";
	return NULL;
}

static const char *
parse_network(struct target *t)
{
	struct span s = span_str(t->text);
	const char *what = http_url_parse(s, &t->url);

	if (!what && !has_scheme(s) && is_network(&t->url))
		return "a network is no target; name hosts, as 10.0.0.[1-6]";

	t->ops = &network_ops[t->url.scheme];
	t->port = t->url.port != 0 ? t->url.port : t->ops->port;
	if (what && !t->url.has_user && span_find(s, '@') < s.n)
		return "before an @ comes user:password, and in that / ? and # are "
		       "written %2F %3F and %23";
	return !what && target_is_ssh(t) ? find_ssh_fault(&t->url) : what;
}

static const struct target_ops *
find_opened(struct span s)
{
	const size_t last = sizeof(opened_ops) / sizeof(opened_ops[0]) - 1;
	size_t i = 0;

	while (i < last && !span_starts(s, span_str(opened_ops[i]->place)))
		i++;
	return opened_ops[i];
}

const char *
target_parse(struct target *t, const char *text)
{
	struct span s = span_str(text);
	const char *what;

	memset(t, 0, sizeof(*t));
	what = label_take(&s, &t->label);
	t->text = text + (s.p - (const uint8_t *)text);
	t->ops = find_opened(s);
	if (span_eq(s, span_str("-")))
		t->text = "/dev/stdin";
	if (!what && t->ops == &file_ops &&
	    (has_scheme(s) || span_starts(s, span_str("unix:")) ||
	     !is_path(span_str(t->text))))
		what = parse_network(t);
	if (!what && t->ops->way == TARGET_COMMAND && short_key(t).n == 0)
		what = "the command is missing";
	if (what)
		set_raw_name(t);
	else
		set_name(t, DETAIL_PORT, 0);
	return what;
}

/* As file(1) would say. */
static bool
is_capture(const struct file_facts *facts)
{
	return facts->is_regular && facts->n == FILE_BEGIN &&
	       (classic_reader_is_magic(facts->begin) ||
		ng_reader_is_magic(facts->begin));
}

bool
target_find_file(struct target *t)
{
	struct span s = span_str(t->text);
	bool is_path = t->ops->way == TARGET_OPEN;
	bool has_slash = span_find(s, '/') < s.n;
	struct file_facts facts;

	if (!is_path && (has_scheme(s) || t->ops->way != TARGET_LOOK_UP))
		return false;
	if (file_look(t->text, &facts) < 0 ||
	    (!is_path && !has_slash && !is_capture(&facts)))
		return false;
	t->device = facts.device;
	t->inode = facts.inode;
	if (is_path)
		return false;
	t->ops = &file_ops;
	t->url = (struct http_url){.scheme = HTTP_SCHEME_HTTP};
	t->port = 0;
	set_name(t, DETAIL_PORT, 0);
	return !has_slash;
}

struct target
target_at_address(const struct target *t, struct span address)
{
	struct target one = *t;
	struct text text;

	text_init(&text, one.address, sizeof(one.address));
	text_put(&text, address);
	text_cstr(&text);
	set_name(&one, DETAIL_PORT, 0);
	return one;
}

/* Whether two targets' names at this detail are equal. */
static int
compare_at(const struct target *a, const struct target *b, enum detail detail)
{
	int c = (int)a->ops->way - (int)b->ops->way;

	if (c == 0)
		c = span_compare(short_key(a), short_key(b));
	if (c != 0 || detail == DETAIL_HOST)
		return c;
	if (a->ops->way == TARGET_OPEN)
		return strcmp(a->text, b->text);
	return (a->port > b->port) - (a->port < b->port);
}

/* Equal ones stay in the order of the list: they lie in one array. */
static int
compare(const void *one, const void *other)
{
	const struct target *a = *(struct target *const *)one;
	const struct target *b = *(struct target *const *)other;
	int c = compare_at(a, b, DETAIL_PORT);

	return c != 0 ? c : (a > b) - (a < b);
}

static bool
is_same(struct target **sorted, size_t n, size_t a, size_t b, enum detail detail)
{
	return b < n && compare_at(sorted[a], sorted[b], detail) == 0;
}

static int
compare_names(const void *one, const void *other)
{
	const struct target *a = *(struct target *const *)one;
	const struct target *b = *(struct target *const *)other;

	return strcmp(a->name, b->name);
}

/* Those without a label have names of their own. */
static const struct target *
find_equal_names(struct target *list, size_t n, struct target **scratch)
{
	for (size_t i = 0; i < n; i++)
		scratch[i] = &list[i];
	qsort(scratch, n, sizeof(*scratch), compare_names);
	for (size_t i = 1; i < n; i++)
		if (strcmp(scratch[i - 1]->name, scratch[i]->name) == 0)
			return scratch[i - 1]->label.n > 0 ? scratch[i - 1] : scratch[i];
	return NULL;
}

const struct target *
target_name_all(struct target *list, size_t n_list, struct target **scratch)
{
	size_t number = 0;
	size_t n = 0;

	for (size_t i = 0; i < n_list; i++) {
		if (list[i].label.n > 0)
			set_name(&list[i], DETAIL_HOST, 0);
		else
			scratch[n++] = &list[i];
	}
	qsort(scratch, n, sizeof(*scratch), compare);
	for (size_t i = 0; i < n; i++) {
		bool is_second = i > 0 && is_same(scratch, n, i, i - 1, DETAIL_PORT);
		bool is_host = !(i > 0 && is_same(scratch, n, i, i - 1, DETAIL_HOST)) &&
			       !is_same(scratch, n, i, i + 1, DETAIL_HOST);

		number = is_second ? number + 1 : 1;
		if (is_second || is_same(scratch, n, i, i + 1, DETAIL_PORT))
			set_name(scratch[i], DETAIL_NUMBER, number);
		else
			set_name(scratch[i], is_host ? DETAIL_HOST : DETAIL_PORT, 0);
	}
	return find_equal_names(list, n_list, scratch);
}

void
target_put_place(const struct target *t, struct text *out)
{
	switch (t->ops->way) {
	case TARGET_OPEN:
		text_utf8(out, span_str(t->text));
		break;
	case TARGET_COMMAND: /* its arguments may hold a password */
		text_str(out, t->ops->place);
		text_utf8(out, short_key(t));
		break;
	case TARGET_SOCKET:
		text_str(out, t->ops->place);
		text_utf8(out, t->url.host);
		break;
	case TARGET_LOOK_UP:
		text_str(out, t->ops->place);
		text_str(out, t->url.is_ipv6 ? "[" : "");
		text_utf8(out, t->url.host);
		text_str(out, t->url.is_ipv6 ? "]:" : ":");
		text_u64(out, t->port);
		text_utf8(out, t->url.path);
		if (t->address[0] != '\0') {
			text_str(out, " at ");
			text_str(out, t->address);
		}
		break;
	}
}

void
target_take_host(struct target *list, size_t n, size_t i, struct span host)
{
	struct target *t = &list[i];
	struct text name;

	if (t->address[0] == '\0' || t->label.n > 0 || !label_is(host))
		return;
	for (size_t k = 0; k < n; k++)
		if (span_eq_ci(span_str(list[k].name), host))
			return;
	text_init(&name, t->name, sizeof(t->name));
	text_put(&name, host);
	text_cstr(&name);
}
