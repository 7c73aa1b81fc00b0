#ifndef CLI_TARGET_TARGET_H
#define CLI_TARGET_TARGET_H

#include "base/text.h"
#include "cli/options/options.h"
#include "http/url.h"

/* One argument that names a source of packets, and the request that is made for it. */
#define TARGET_NAME_MAX	   288 /* a host name of 253 bytes, a port, a number */
#define TARGET_ADDRESS_MAX 48  /* INET6_ADDRSTRLEN */

/* What is done first to reach it. */
enum target_way {
	TARGET_OPEN,	/* by ops->open: capture file or fifo */
	TARGET_COMMAND, /* a command is run: link/command.h */
	TARGET_SOCKET,	/* the path of a unix socket */
	TARGET_LOOK_UP	/* a host's name or address */
};

struct transport;

/* One row a transport; the rest of the program asks these, not schemes. */
struct target_ops {
	enum target_way way;
	bool is_http;		/* it answers requests; else it is the capture */
	bool is_tls;		/* over TLS */
	uint16_t port;		/* where none is given */
	const char *place;	/* what the description of the place begins with; of OPEN
				   and COMMAND, the argument too */
	const char *unanswered; /* advice where nobody listens, or nothing is opened */

	/* Of OPEN: gives bytes to read, as transport_open_file does. text is all that was
	 * typed, is_regular false of what is not always readable. 0 or -errno. */
	int (*open)(struct transport *t, const char *text, bool *is_regular);
};

struct target {
	struct span label; /* empty: none */
	const char *text;  /* as typed, without label, borrowed; it may hold a password */
	const struct target_ops *ops;
	bool is_left_out;    /* another one is the same */
	struct http_url url; /* of is_http: spans borrowed from text */
	uint16_t port;	     /* with the default filled in */
	uint64_t device;     /* of a file that is there, with inode; else 0 */
	uint64_t inode;
	char address[TARGET_ADDRESS_MAX]; /* of dns+, one that the name has; or empty */
	const struct options *options;	  /* whose fields its requests have; NULL: none */
	const char *reason; /* why it cannot be started: a static phrase; or NULL */
	char name[TARGET_NAME_MAX]; /* for people: escaped, without credentials */
};

/*
 * Reads [LABEL=]TARGET. NULL, or what is wrong: a static phrase; the name is then good
 * enough for the message. A path begins with "/" or ".", or ends in .pcap, .pcapng or .cap.
 */
const char *target_parse(struct target *t, const char *text);

/*
 * Looks for the file that a target without a scheme may name: one with a slash, if there is
 * one; a regular one without, if a capture begins in it. True: there is such a word, and it
 * is a file's from now on.
 */
bool target_find_file(struct target *t);

/* What to connect to: a name or an address, without brackets. */
static inline struct span
target_host(const struct target *t)
{
	return t->address[0] != '\0' ? span_str(t->address) : t->url.host;
}

/* dns+http[s]://, before its addresses are known. */
static inline bool
target_is_all(const struct target *t)
{
	return t->url.is_all_addresses && t->address[0] == '\0';
}

static inline bool
target_is_https(const struct target *t)
{
	return t->ops->is_tls;
}

/* t, of dns+, as a target of its own for one address that the name has. */
struct target target_at_address(const struct target *t, struct span address);

/*
 * The worker at list[i], of dns+ without a label, says what its host is called: then so is
 * the target, if no other one in the list has that name. host: what a server sent.
 */
void target_take_host(struct target *list, size_t n, size_t i, struct span host);

/*
 * What is captured is the same: scheme, host, port, path and query, or the file; upper
 * case of names, defaults and whose password it is make no difference.
 */
bool target_is_same(const struct target *a, const struct target *b);

/* Sorts pointers so that the same ones stand side by side, in the order of the list that
 * they point into. */
void target_sort(struct target **pointers, size_t n);

/* The argument as typed, escaped, without user and password. */
void target_put_text(const struct target *t, struct text *out);

/*
 * Names targets by their label (dns+: LABEL#ADDRESS), the others by the shortest unique one
 * of host, host:port, host:port#N (N counts from 1 among the targets of this host and port),
 * files by file name, path, path#N, commands by their program, program#N. scratch has room for n pointers. NULL, or a target with
 * a label whose name is another target's too.
 */
const struct target *target_name_all(struct target *list, size_t n,
				     struct target **scratch);

/* Of exec: and exec+sh:, what is run, by a shell. */
const char *target_command(const struct target *t);

/* Whether a command leads there: a login is one connection, and what is asked of the worker
 * is asked before the capture. */
static inline bool
target_is_command(const struct target *t)
{
	return t->ops->way == TARGET_COMMAND;
}

static inline bool
target_is_ssh(const struct target *t)
{
	return t->url.scheme == HTTP_SCHEME_SSH;
}

/* What the query of an ssh one says for ddump itself (sudo, worker, via): decoded to out.
 * False: nothing. */
bool target_put_setting(const struct target *t, const char *name, struct text *out);

/* What is asked for, in tcpdump's words: its filter, and its other arguments. NULL, or why
 * tcpdump will not do. */
const char *target_put_dump(const struct target *t, const struct options *o,
			    struct text *filter, struct text *arguments);

/* Whether it may give more after it was lost: no file's is there twice. */
static inline bool
target_is_live(const struct target *t)
{
	return t->ops->way != TARGET_OPEN;
}
/* Whether the user gives this field of its requests (-H). */
bool target_has_field(const struct target *t, const char *name);

/* Whether its requests have a password or a token. */
bool target_has_secret(const struct target *t);

/* Whether it is reached over TCP. */
static inline bool
target_is_remote(const struct target *t)
{
	return t->ops->way == TARGET_LOOK_UP;
}

/* Where it is, for a description: without user, password and query, as UTF-8; of dns+ with
 * its address. */
void target_put_place(const struct target *t, struct text *out);

/* The path of the request, in two parts; *leaf is "/capture" where none is named, or only the
 * folder of it: no path, or one that ends in a slash; else it is empty. */
struct span target_path(const struct target *t, const char **leaf);

/* "host:port" of a remote one, IPv6 in brackets and without its zone. */
void target_put_authority(const struct target *t, struct text *out);

/*
 * The request for a target of the network, with its empty line: the target's own query,
 * then what o gives and the query does not say. ports: of target_put_ports, or NULL.
 * own_address: ours, where the worker cannot see it, with the port where a command leads
 * there, or empty. False when it does not fit.
 */
bool target_request(const struct target *t, const struct options *o, const char *ports,
		    const char *own_address, struct text *out);

/* The request for what lies beside the capture: /x/capture has /x/clock. Nothing of the
 * target's query goes with it. False when it does not fit. */
bool target_side_request(const struct target *t, const char *name, struct text *out);

/* Whether the worker is asked to end the capture by itself: count or duration. */
bool target_is_bounded(const struct target *t);

/* Whether its query, not ddump, says how often the worker is heard of. */
bool target_has_heartbeat(const struct target *t);

/* Whether it captures some interfaces, or one direction, only. */
bool target_is_partial(const struct target *t, const struct flag_query *given);

/* Likewise the format of the capture. */
bool target_has_format(const struct target *t);

/*
 * The value of Ddump-Ports: the ports that all targets' connections go to (proxy_port
 * first, unless 0), and the range they come from (design.md section 7). Empty when there
 * is no range or no network target.
 */
#define TARGET_PORTS_MAX       64 /* remote ports; the worker takes no more */
#define TARGET_PORTS_FIELD_MAX (TARGET_PORTS_MAX * 6 + 40)

struct ports;
void target_put_ports(struct text *out, const struct target *list, size_t n,
		      const struct ports *local, uint16_t proxy_port);

#endif
