/* Names to addresses. The order of addresses within a family is the file's or the server's. */
#include "sys/names.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/dns_ask.h"
#include "sys/name_files.h"

#define NS_PER_S 1000000000u
#define DNS_PORT 53

bool
names_literal(const char *text, uint16_t port, struct net_address *a)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	struct addrinfo *list = NULL;

	memset(a, 0, sizeof(*a));
	if (getaddrinfo(text, NULL, &hints, &list) != 0)
		return false;
	memcpy(&a->sa, list->ai_addr, list->ai_addrlen);
	a->size = list->ai_addrlen;
	freeaddrinfo(list);
	net_set_port(a, port);
	return true;
}

static bool
literal(struct span s, uint16_t port, struct net_address *a)
{
	char mem[NAMES_HOST_MAX + 1];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	text_put(&t, s);
	return names_literal(text_cstr(&t), port, a);
}

/* The file's first bytes, for free(); empty when it cannot be read. */
static struct span
read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *mem = NULL;
	size_t cap = 0;
	size_t n = 0;
	ssize_t got = fd < 0 ? 0 : 1;

	while (got > 0 && n < NAMES_FILE_MAX) {
		if (n == cap) {
			uint8_t *more = realloc(mem, cap += 16384);

			if (!more)
				break;
			mem = more;
		}
		got = read(fd, mem + n, cap - n);
		n += got > 0 ? (size_t)got : 0;
	}
	if (fd >= 0)
		close(fd);
	return span_of(mem, n);
}

static bool
is_wanted(const struct names *n, const struct net_address *a)
{
	return n->family == AF_UNSPEC || n->family == a->sa.ss_family;
}

static bool
find_in_hosts(struct names *n, struct span host)
{
	struct span file = read_file("/etc/hosts");
	struct span rest = file;
	struct net_address a;
	struct span text;
	bool has_some = false;

	while (name_files_next(&rest, host, &text)) {
		if (!literal(text, n->port, &a) || !is_wanted(n, &a))
			continue;
		has_some = true;
		if (!n->put(n->owner, &a))
			break;
	}
	free((void *)(uintptr_t)file.p);
	return has_some;
}

bool
names_find_in_hosts(struct names *n)
{
	return find_in_hosts(n, span_str(n->host));
}

static void
servers_of(const struct name_files_conf *conf, struct dns_ask_servers *to)
{
	memset(to, 0, sizeof(*to));
	to->attempts = conf->attempts;
	to->timeout_ns = (uint64_t)conf->timeout_s * NS_PER_S;
	for (unsigned i = 0; i < conf->n_servers; i++)
		if (literal(conf->servers[i], DNS_PORT, &to->list[to->n]))
			to->n++;
}

static bool
put_record(struct names *n, struct span address)
{
	struct net_address a = {.size = 0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a.sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a.sa;

	if (address.n == sizeof(v4->sin_addr)) {
		v4->sin_family = AF_INET;
		memcpy(&v4->sin_addr, address.p, address.n);
		a.size = sizeof(*v4);
	} else {
		v6->sin6_family = AF_INET6;
		memcpy(&v6->sin6_addr, address.p, address.n);
		a.size = sizeof(*v6);
	}
	net_set_port(&a, n->port);
	return n->put(n->owner, &a);
}

/* Whether q has addresses. */
static bool
put_answer(struct names *n, const struct dns_question *q)
{
	struct dns_answer answer;
	struct span address;
	bool has_some = false;

	if (!dns_answer_init(&answer, span_of(q->answer, q->n), q->type))
		return false;
	while (dns_answer_next(&answer, &address)) {
		has_some = true;
		if (!put_record(n, address))
			break;
	}
	return has_some;
}

static const char *
missing_of(const struct dns_question *q)
{
	bool is_v6 = q->type == DNS_TYPE_AAAA;

	if (q->verdict == DNS_ASK_SILENT)
		return is_v6 ? "no answer about IPv6 addresses"
			     : "no answer about IPv4 addresses";
	if (q->verdict == DNS_ASK_REFUSED)
		return is_v6 ? "the name server refused to tell IPv6 addresses"
			     : "the name server refused to tell IPv4 addresses";
	return NULL;
}

/* Whether the full name has addresses; else *worst is what says most about why not, and
 * *is_silent whether nobody answered anything. */
static bool
ask(struct names *n, const struct dns_ask_servers *servers, const char *name,
    struct dns_question *q, enum dns_ask_verdict *worst, bool *is_silent)
{
	size_t count = 0;
	bool has_some = false;

	if (n->family != AF_INET)
		q[count++].type = DNS_TYPE_AAAA;
	if (n->family != AF_INET6)
		q[count++].type = DNS_TYPE_A;
	dns_ask(servers, name, q, count, n->is_all);
	*is_silent = true;
	for (size_t i = 0; i < count; i++) {
		has_some |= put_answer(n, &q[i]);
		if (q[i].verdict > *worst)
			*worst = q[i].verdict;
		*is_silent &= q[i].verdict == DNS_ASK_SILENT;
		if (!n->missing)
			n->missing = missing_of(&q[i]);
	}
	return has_some;
}

static const char *
reason_of(enum dns_ask_verdict verdict)
{
	switch (verdict) {
	case DNS_ASK_NO_NAME:
		return "no such host";
	case DNS_ASK_ANSWERED:
		return "the name has no such address";
	case DNS_ASK_REFUSED:
		return "the name server refused to answer";
	case DNS_ASK_SILENT:
		break;
	}
	return "the name server does not answer (/etc/resolv.conf)";
}

/* Along the search list, until a name has addresses, or nobody answers. */
static const char *
search(struct names *n, const struct name_files_conf *conf, struct dns_question *q)
{
	enum dns_ask_verdict worst = DNS_ASK_NO_NAME;
	struct dns_ask_servers servers;
	char mem[NAMES_HOST_MAX + 1];
	struct text name;
	bool is_silent = false;

	servers_of(conf, &servers);
	for (unsigned i = 0; !is_silent; i++) {
		text_init(&name, mem, sizeof(mem));
		if (!name_files_candidate(conf, span_str(n->host), i, &name))
			break;
		n->missing = NULL;
		if (name.is_cut)
			continue;
		if (ask(n, &servers, text_cstr(&name), q, &worst, &is_silent))
			return NULL;
	}
	return reason_of(worst);
}

const char *
names_find(struct names *n)
{
	struct span host = span_str(n->host);
	struct dns_question *q;
	struct name_files_conf conf;
	struct span text;
	const char *reason;

	if (find_in_hosts(n, host))
		return NULL;
	q = calloc(2, sizeof(*q));
	if (!q)
		return "out of memory";
	text = read_file("/etc/resolv.conf");
	name_files_conf(&conf, text);
	reason = search(n, &conf, q);
	free((void *)(uintptr_t)text.p);
	free(q);
	/* A full name that no server knows may stand in the file without its last dot. */
	if (reason && host.n > 1 && host.p[host.n - 1] == '.' &&
	    find_in_hosts(n, span_of(host.p, host.n - 1)))
		return NULL;
	return reason;
}
