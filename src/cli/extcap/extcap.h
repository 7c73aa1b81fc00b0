#ifndef CLI_EXTCAP_EXTCAP_H
#define CLI_EXTCAP_EXTCAP_H

#include "base/text.h"

/*
 * Wireshark's and tshark's way to call a capture program (doc/README.extcap of Wireshark): a
 * command line of theirs becomes a text to print, or a command line of ours. No I/O.
 */
enum extcap_call {
	EXTCAP_NONE,   /* called by somebody else */
	EXTCAP_TEXT,   /* out is the answer; exit status 0 */
	EXTCAP_BAD,    /* out is why, one sentence; exit status 2 */
	EXTCAP_CAPTURE /* args is the command line to go on with */
};

#define EXTCAP_TEXT_MAX 2048

/* How many pointers args of extcap_read needs. */
size_t extcap_args_max(int argc, char **argv);

/*
 * args: args[0] is argv[0], *n pointers are stored, into argv, whose targets are cut into
 * words in place. A capture says nothing on standard error but errors, which Wireshark shows.
 * A filter that is only to be checked gets no answer, which means a good one: it is the
 * workers that compile it, and they are not known then. exec: targets are BAD: a preference,
 * which may come with somebody else's profile, runs no command.
 */
enum extcap_call extcap_read(int argc, char **argv, char **args, int *n,
			     struct text *out);

#endif
