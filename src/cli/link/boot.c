/* Which program is started on a host, and what is said for it. It trusts no byte that comes. */
#include "cli/link/boot.h"

#include <stddef.h>
#include <string.h>

#define ELF_CLASS   4  /* with the byte order behind it */
#define ELF_MACHINE 18 /* two bytes */

static enum boot_result
refuse(struct boot *b, const char *what, struct span detail, const char *advice)
{
	struct text t;

	text_init(&t, b->reason, sizeof(b->reason));
	text_str(&t, what);
	text_escape(&t, detail);
	text_cstr(&t);
	b->advice = advice;
	return BOOT_REFUSED;
}

static void
keep(char *to, size_t cap, struct span s)
{
	struct text t;

	text_init(&t, to, cap);
	text_put(&t, span_take(&s, cap - 1));
	text_cstr(&t);
}

/* In single quotes of a shell. */
static void
put_quoted(struct text *t, struct span s)
{
	text_char(t, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'')
			text_str(t, "'\\''");
		else
			text_put(t, span_of(s.p + i, 1));
	}
	text_char(t, '\'');
}

void
boot_init(struct boot *b, const struct boot_options *o)
{
	memset(b, 0, offsetof(struct boot, line));
	b->options = o;
	b->noise[0] = '\0';
	text_init(&b->out, b->mem, sizeof(b->mem));
	text_str(&b->out, "N=");
	text_str(&b->out, o->nonce);
	text_str(&b->out, " S=");
	put_quoted(&b->out, o->sudo);
	text_str(&b->out, " W=");
	put_quoted(&b->out, o->path);
	text_char(&b->out, '\n');
	text_put(&b->out, o->script);
}

size_t
boot_script_size(const struct boot *b)
{
	return b->out.n;
}

struct span
boot_unsent(const struct boot *b)
{
	struct span s = b->sends_image ? b->options->image : text_span(&b->out);

	span_take(&s, b->sent);
	return s;
}

void
boot_note_sent(struct boot *b, size_t n)
{
	b->sent += n;
}

static void
begin_step(struct boot *b)
{
	text_init(&b->out, b->mem, sizeof(b->mem));
	b->sent = 0;
}

static struct span
take_word(struct span *rest)
{
	return span_split(rest, ' ');
}

static bool
is_digits(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0 && s.n <= 5;
}

static bool
is_address(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdefABCDEF:.", s.p[i]))
			return false;
	return s.n > 0 && s.n < 46;
}

/* The client's address and port, then the host's, as in SSH_CONNECTION of ssh(1). */
static void
take_connection(struct boot *b, struct span rest)
{
	struct span client = take_word(&rest);
	struct span port = take_word(&rest);
	struct span host = take_word(&rest);
	bool is_ipv6;
	struct text t;

	client.n = span_find(client, '%');
	host.n = span_find(host, '%');
	is_ipv6 = span_find(client, ':') < client.n;
	if (!is_address(client) || !is_digits(port) || !is_address(host) ||
	    !is_digits(rest))
		return;
	text_init(&t, b->peer, sizeof(b->peer));
	text_str(&t, is_ipv6 ? "[" : "");
	text_put(&t, client);
	text_str(&t, is_ipv6 ? "]:" : ":");
	text_put(&t, port);
	text_cstr(&t);
	text_init(&t, b->tunnel, sizeof(b->tunnel));
	text_str(&t, "not (tcp and host ");
	text_put(&t, client);
	text_str(&t, " and port ");
	text_put(&t, port);
	text_str(&t, " and host ");
	text_put(&t, host);
	text_str(&t, " and port ");
	text_put(&t, rest);
	text_str(&t, ")");
	text_cstr(&t);
}

static void
take_program(struct boot_program *p, struct span rest)
{
	p->is_there = true;
	keep(p->root, sizeof(p->root), take_word(&rest));
	keep(p->path, sizeof(p->path), take_word(&rest));
}

static unsigned
hex(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10) & 15;
}

static unsigned
elf_byte(const struct boot *b, unsigned at)
{
	return hex(b->elf[2 * at]) << 4 | hex(b->elf[2 * at + 1]);
}

/* Its name is all there is to go by where /proc is missing. */
static bool
is_named(const struct boot *b, unsigned machine)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {{62, "x86_64"}, {183, "aarch64"}, {243, "riscv64"}, {22, "s390x"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].machine == machine)
			return strcmp(b->machine, names[i].name) == 0;
	return false;
}

/* Whether our worker is a program of that machine. */
static bool
runs_there(const struct boot *b)
{
	static const unsigned at[] = {ELF_CLASS, ELF_CLASS + 1, ELF_MACHINE,
				      ELF_MACHINE + 1};
	const struct span image = b->options->image;

	if (image.n < ELF_MACHINE + 2)
		return false;
	if (strlen(b->elf) < 2 * (ELF_MACHINE + 2))
		return is_named(b, image.p[ELF_MACHINE] | image.p[ELF_MACHINE + 1]);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		if (elf_byte(b, at[i]) != image.p[at[i]])
			return false;
	return true;
}

static bool
may_capture(const char *root)
{
	return root[0] != '\0' && strcmp(root, "none") != 0;
}

static void
tell(struct boot *b, const char *what, struct span detail, const char *root)
{
	struct text t;

	text_init(&t, b->how, sizeof(b->how));
	text_str(&t, what);
	text_escape(&t, detail);
	if (may_capture(root) && strcmp(root, "is") != 0) {
		text_str(&t, ", by ");
		text_escape(&t, span_str(root));
	}
	text_cstr(&t);
}

static void
put_verb(struct boot *b, const char *verb, size_t n, const char *root)
{
	begin_step(b);
	text_str(&b->out, verb);
	text_char(&b->out, ' ');
	text_u64(&b->out, n);
	text_char(&b->out, ' ');
	text_str(&b->out, root[0] != '\0' ? root : "none");
}

static void
run_worker(struct boot *b)
{
	put_verb(b, "run", 0, b->worker.root);
	text_char(&b->out, '\n');
	tell(b, "runs ", span_str(b->worker.path), b->worker.root);
}

static void
run_tcpdump(struct boot *b)
{
	const struct boot_options *o = b->options;
	bool has_both = b->tunnel[0] != '\0' && o->filter.n > 0;
	size_t n =
	    strlen(b->tunnel) + o->filter.n + (has_both ? sizeof(" and ()") - 1 : 0);

	put_verb(b, "dump", n, b->tcpdump.root);
	text_char(&b->out, ' ');
	text_put(&b->out, o->arguments);
	text_char(&b->out, '\n');
	text_str(&b->out, b->tunnel);
	text_str(&b->out, has_both ? " and (" : "");
	text_put(&b->out, o->filter);
	text_str(&b->out, has_both ? ")" : "");
	tell(b, "no worker runs there: order and loss are known less well; runs ",
	     span_str(b->tcpdump.path), b->tcpdump.root);
}

static enum boot_result
refuse_all(struct boot *b)
{
	const struct boot_options *o = b->options;

	if (!b->is_root && (b->tcpdump.is_there || runs_there(b)))
		return refuse(
		    b, "this user may not capture there, and no worker is installed",
		    span_str(""),
		    span_eq(o->sudo, span_str("no"))
			? "log in as root, or give --sudo auto"
			: "sudo or doas must ask no password: NOPASSWD: "
			  "/usr/sbin/ddump-worker in sudoers, and a worker there");
	if (b->tcpdump.is_there && o->no_dump && o->via != BOOT_WORKER)
		return refuse(b, o->no_dump, span_str(""), "install ddump-worker there");
	return refuse(b, "no worker for its machine, and no tcpdump there: ",
		      span_str(b->machine), "install ddump-worker there");
}

static enum boot_result
choose(struct boot *b)
{
	const struct boot_options *o = b->options;
	bool is_asked = o->via == BOOT_TCPDUMP;

	if (!is_asked && b->worker.is_there) {
		run_worker(b);
	} else if (!is_asked && runs_there(b) && (b->is_root || may_capture(b->any))) {
		put_verb(b, "put", o->image.n, b->any);
		text_char(&b->out, '\n');
	} else if (o->via != BOOT_WORKER && b->tcpdump.is_there && !o->no_dump &&
		   (b->is_root || is_asked || may_capture(b->tcpdump.root))) {
		run_tcpdump(b);
	} else {
		return refuse_all(b);
	}
	return BOOT_MORE;
}

static void
put_image(struct boot *b, struct span folder)
{
	char mem[128];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	text_str(&t, "no worker there: runs ours (");
	text_u64(&t, b->options->image.n / 1024);
	text_str(&t, " KiB), removed at once from ");
	text_cstr(&t);
	b->sent = 0;
	b->sends_image = true;
	tell(b, mem, folder, b->any);
}

static enum boot_result
take_fact(struct boot *b, struct span rest)
{
	struct span key = take_word(&rest);

	b->is_known = true;
	if (span_eq(key, span_str("host"))) {
		b->is_root = span_eq(take_word(&rest), span_str("0"));
		take_word(&rest);
		keep(b->machine, sizeof(b->machine), take_word(&rest));
		take_connection(b, rest);
	} else if (span_eq(key, span_str("elf"))) {
		keep(b->elf, sizeof(b->elf), rest);
	} else if (span_eq(key, span_str("worker"))) {
		take_program(&b->worker, rest);
	} else if (span_eq(key, span_str("tcpdump"))) {
		take_program(&b->tcpdump, rest);
	} else if (span_eq(key, span_str("any"))) {
		keep(b->any, sizeof(b->any), rest);
	} else if (span_eq(key, span_str("ask"))) {
		return choose(b);
	} else if (span_eq(key, span_str("put"))) {
		put_image(b, rest);
	} else if (span_eq(key, span_str("fail"))) {
		return refuse(b, "", rest, NULL);
	} else if (span_eq(key, span_str("start"))) {
		return span_starts(text_span(&b->out), span_str("dump ")) ? BOOT_DUMP
									  : BOOT_HTTP;
	}
	return BOOT_MORE;
}

static enum boot_result
take_line(struct boot *b)
{
	struct span line = span_of(b->line, b->n_line);
	struct span rest = line;
	bool is_ours = span_eq(take_word(&rest), span_str("DDUMP1")) &&
		       span_eq(take_word(&rest), span_str(b->options->nonce));

	b->n_line = 0;
	if (is_ours)
		return take_fact(b, rest);
	if (line.n > 0)
		keep(b->noise, sizeof(b->noise), line);
	return BOOT_MORE;
}

enum boot_result
boot_feed(struct boot *b, char c)
{
	if (++b->n_noise > BOOT_NOISE_MAX)
		return refuse(b, "the login prints without end: ", span_str(b->noise),
			      NULL);
	if (c == '\n')
		return take_line(b);
	if (b->n_line < sizeof(b->line) && c != '\r')
		b->line[b->n_line++] = c;
	return BOOT_MORE;
}
