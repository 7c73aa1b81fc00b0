#ifndef SYS_PRIV_H
#define SYS_PRIV_H

#include <stdbool.h>

/*
 * Identity and capabilities of the worker's processes (design.md section 3). Each call
 * logs once what the machine does not give, and goes on.
 */
#define PRIV_NOBODY 65534 /* uid and gid of nobody; no user database is read */

/* Whether the permitted set has CAP_NET_RAW: a capture could start. */
bool priv_has_net_raw(void);

/*
 * Whether a packet socket can be opened: 0 or -errno. The capability may be there and not
 * count, as in a user namespace that the network does not belong to. A child does it, for
 * the caller to reap some time: closing one takes the kernel 10 ms and more.
 */
int priv_try_packet_socket(void);

/*
 * For the launcher: from root to nobody, with CAP_NET_RAW permitted and effective where it
 * was permitted, and nothing else; bounding and ambient sets emptied as far as allowed.
 * Then no_new_privs, not dumpable, no core files. 0, or -errno when a right could not be
 * given up: then the caller must not go on.
 */
int priv_become_launcher(void);

/* For front and capture: no capability in any set, for ever. 0 or -errno. */
int priv_drop_all(void);

/* No further process or thread can be made (it counts per uid: not for the launcher). */
void priv_forbid_fork(void);

/* This process is killed when its parent dies; false when the parent is gone already. */
bool priv_die_with_parent(int parent_pid);

#endif
