#ifndef CLI_TARGET_NETRC_H
#define CLI_TARGET_NETRC_H

#include "base/span.h"

/*
 * Reads the text of a .netrc file, as curl does: words with space between them, "machine
 * NAME" or "default", then "login", "password" and "account" with a word each; "macdef"
 * reaches to the next empty line; a word that begins with # starts a comment; words in
 * double quotes hold space, and \n, \r, \t, \" and \\; unknown words do not count. Pure.
 */
#define NETRC_WORD_MAX 1024 /* as long as credentials are sent at most */

struct netrc_word {
	size_t n;
	uint8_t bytes[NETRC_WORD_MAX];
};

struct netrc_entry {
	bool is_default; /* for every machine: no other entry follows */
	bool has_login;
	bool has_password;
	struct netrc_word machine;
	struct netrc_word login;
	struct netrc_word password;
};

struct netrc {
	struct span rest; /* borrowed */
	size_t line;	  /* of what comes next, from 1 */
	bool has_pending; /* "machine" or "default" was read */
	bool is_default;
	const char *reason; /* of BAD: a static phrase about the line */
};

enum netrc_result { NETRC_ENTRY, NETRC_END, NETRC_BAD };

void netrc_init(struct netrc *r, struct span text);
enum netrc_result netrc_next(struct netrc *r, struct netrc_entry *e);

/* Whether the entry is for this host; ASCII case makes no difference. */
bool netrc_is_for(const struct netrc_entry *e, struct span host);

#endif
