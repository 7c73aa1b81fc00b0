#ifndef CLI_OPTIONS_OPTIONS_H
#define CLI_OPTIONS_OPTIONS_H

#include "base/flag.h"
#include "pcap/format.h"
#include "print/print.h"
#include "sys/tls/tls.h"

/* What the command line asks for. Strings are borrowed from argv. */
#define OPTIONS_BUFFER_MIN	(1024u * 1024)
#define OPTIONS_BUFFER_DEFAULT	(64u * 1024 * 1024)
#define OPTIONS_ROTATE_MIN	4096u /* more than what stands before the packets */
#define OPTIONS_RETRY_S_DEFAULT 300   /* s that a lost target is tried again */
#define OPTIONS_HEAD_S_DEFAULT	10    /* s until a target must have answered */
#define OPTIONS_HEADERS_MAX	32    /* a worker takes 64 fields in a request */
#define OPTIONS_KEEP_MAX	65535 /* files of --rotate-keep: 8 bytes each */

/* The link type of the output. */
enum options_linktype {
	OPTIONS_LINKTYPE_AUTO, /* NATIVE if all sources are files and agree, else SLL */
	OPTIONS_LINKTYPE_SLL,
	OPTIONS_LINKTYPE_SLL2,
	OPTIONS_LINKTYPE_NATIVE,
	OPTIONS_LINKTYPE_MIXED /* each interface of pcapng keeps its own */
};

enum options_progress {
	OPTIONS_PROGRESS_AUTO, /* where it disturbs nobody */
	OPTIONS_PROGRESS_ALWAYS,
	OPTIONS_PROGRESS_NEVER
};

enum options_color {
	OPTIONS_COLOR_AUTO, /* on a terminal, unless NO_COLOR is set */
	OPTIONS_COLOR_ALWAYS,
	OPTIONS_COLOR_NEVER
};

/* -P and the flags that say how; some are counted. */
struct options_print {
	bool is_wanted;
	enum options_color color;
	uint8_t time; /* enum print_time */
	uint8_t hex;  /* 2: with the link header; likewise the next two */
	uint8_t both;
	uint8_t text;
	bool has_link;
	bool is_absolute;
};

/* --path and its flags. */
struct options_path {
	bool is_wanted;
	const char *json;   /* file, "-": standard output; NULL: none */
	const char *expect; /* targets' names with commas; NULL: none */
	uint64_t wait_ns;
	uint64_t memory_bytes;
};

/* many fields: one a flag of the command line */
struct options {
	const char *write_path; /* NULL: standard output */
	struct options_print print;
	struct options_path path;
	uint64_t count;	      /* 0: no end */
	uint64_t duration_ns; /* 0: no end */
	uint64_t hold_back_ns;
	bool is_hold_back_auto;
	uint64_t slack_ns;
	uint64_t buffer_bytes;
	uint64_t retry_ns; /* how long a lost target is tried again; 0: never */
	uint64_t wait_ns;  /* how long one that cannot be reached at first is; 0: once */
	uint64_t connect_ns;	 /* bound on connecting, and on the answer's head */
	struct flag_query query; /* for targets whose URL does not set a parameter */
	struct tls_options tls;
	enum options_linktype linktype;
	const struct format *format; /* of the output */
	bool is_nano;
	uint64_t rotate_bytes; /* a new file when one has so many; 0: never */
	uint64_t rotate_ns;    /* or is so old; 0: never */
	uint64_t rotate_keep;  /* files that stay; 0: all */
	bool aligns_clocks;
	bool requires_all;
	const char
	    *stats_path; /* of the summary as JSON, "-": standard output; NULL: no */
	enum options_progress progress;
	bool is_quiet;
	bool is_verbose;
	const char *proxy; /* URL; "": none at all; NULL: what the environment says */
	const char *user;  /* USER[:PASSWORD] for targets that name none; NULL: none */
	const char *headers[OPTIONS_HEADERS_MAX]; /* "Name: value", or @FILE of such */
	size_t n_headers;
	const char *filter_path; /* the filter is in this file; NULL: no */
	const char *names_path;	 /* of addresses; NULL: none */
	bool lists_interfaces;	 /* instead of a capture */
	bool is_ignored;	 /* flags that ask for what is done anyway */
	const char *netrc;	 /* file, "": ~/.netrc; NULL: none */
	const char *ssh;	 /* the command, with its own options */
	uint64_t ssh_jobs;	 /* logins at once */
	const char *sudo; /* how to become root on a host: no, auto, or a command */
	bool is_ipv4;	  /* no other addresses of names; not both */
	bool is_ipv6;
	const char *targets_path; /* more of them; NULL: none */
	const char **targets;	  /* the memory given to options_parse */
	size_t n_targets;
};

/*
 * Reads argv[1] to argv[argc - 1] (flag_parse). targets has room for argc pointers; what -r
 * names is a copy among them that is kept. BAD: why is one sentence; exit status 2.
 */
enum flag_result options_parse(struct options *o, int argc, char **argv,
			       const char **targets, struct text *why);

/* As -f; borrowed, not empty. */
void options_set_filter(struct options *o, const char *filter);

/* The fields of all requests instead of what -H says; at most OPTIONS_HEADERS_MAX. */
void options_set_headers(struct options *o, const char *const *list, size_t n);

/* Packets that would go to a terminal are printed. */
void options_use_terminal(struct options *o, bool is_terminal);

/* What -t, -e, -x and the like ask for; where several of a kind are given the longest. */
struct print_options options_of_print(const struct options *o);

/* At most HELP_MAX bytes. */
void options_put_help(struct text *out);

#endif
