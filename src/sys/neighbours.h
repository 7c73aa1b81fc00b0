#ifndef SYS_NEIGHBOURS_H
#define SYS_NEIGHBOURS_H

/*
 * Who else writes to our terminal: in "ddump db1 | tcpdump -r -" tcpdump prints to the one
 * that standard error is, too. The other processes of our process group are looked at, in
 * /proc: the one that reads the pipe must be among them, and none may have a terminal of
 * that number, or /dev/tty, as its standard output.
 */
enum neighbours {
	NEIGHBOURS_QUIET,
	NEIGHBOURS_LOUD,
	NEIGHBOURS_UNKNOWN /* no /proc, another user's process, or no reader (yet) */
};

enum neighbours neighbours_look(int terminal_fd, int pipe_fd);

#endif
