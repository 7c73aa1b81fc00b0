#ifndef CLI_LINK_BOOT_H
#define CLI_LINK_BOOT_H

#include "base/text.h"

/*
 * The talk with boot.sh on a host, up to the first byte of a worker's or of tcpdump's. Pure:
 * lines come in, what is to be sent goes out.
 *
 *   script --> facts, "ask" --> run | put, image | dump, filter --> "start"
 *
 * A line counts only behind "DDUMP1" and the nonce: a login may print what it likes.
 */
#define BOOT_NONCE     16	   /* hex digits */
#define BOOT_LINE_MAX  512	   /* the rest of a line is cut */
#define BOOT_NOISE_MAX 65536	   /* bytes of other lines */
#define BOOT_TEXT_MAX  (16 * 1024) /* of what is sent, but for the image */

enum boot_via { BOOT_AUTO, BOOT_WORKER, BOOT_TCPDUMP };

struct boot_options { /* borrowed as long as the talk lasts */
	char nonce[BOOT_NONCE + 1];
	struct span script;
	struct span image; /* a worker's program */
	struct span sudo;  /* how to become root: no, auto, a command */
	struct span path;  /* of a worker there; empty: it is looked for */
	enum boot_via via;
	struct span filter;    /* for tcpdump */
	struct span arguments; /* likewise */
	const char *no_dump;   /* why tcpdump will not do; NULL: it will */
};

struct boot_program {
	bool is_there;
	char root[64]; /* is, none, or the command; "_" for blanks */
	char path[128];
};

struct boot {
	const struct boot_options *options;
	struct text out; /* all that is or was to be sent, but for the image */
	size_t sent;
	bool sends_image;
	bool is_known; /* a line of ours came */
	bool is_root;
	struct boot_program worker;
	struct boot_program tcpdump;
	char any[64]; /* root for any program */
	char machine[32];
	char elf[41]; /* hex digits of an ELF header; or empty */
	char peer
	    [64]; /* "ADDRESS:PORT" of the client's end, as the host sees it; or empty */
	char tunnel[256]; /* a pcap filter for that connection; or empty */
	char how[192];	  /* what was started, for people; escaped */
	char reason[320]; /* of REFUSED; escaped */
	const char *advice;
	size_t n_noise;
	size_t n_line;
	char line[BOOT_LINE_MAX];
	char noise[160]; /* the last other line */
	char mem[BOOT_TEXT_MAX];
};

enum boot_result {
	BOOT_MORE,
	BOOT_HTTP,   /* what follows is a worker's */
	BOOT_DUMP,   /* what follows is a capture */
	BOOT_REFUSED /* b->reason, b->advice */
};

/* The script with its variables is to be sent. */
void boot_init(struct boot *b, const struct boot_options *o);

/* How many bytes the shell has to read first: for its command line. */
size_t boot_script_size(const struct boot *b);

/* To be sent now. */
struct span boot_unsent(const struct boot *b);
void boot_note_sent(struct boot *b, size_t n);

/* One byte came: behind "start" no further one is taken. */
enum boot_result boot_feed(struct boot *b, char c);

#endif
