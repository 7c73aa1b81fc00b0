#ifndef SYS_LINKS_H
#define SYS_LINKS_H

#include "sys/net.h"

/* The host's network interfaces, by route netlink (rtnetlink(7)): no file, no privilege. */
#define LINKS_MAX	    1024 /* interfaces that are told of */
#define LINKS_ADDRESSES_MAX 4096
#define LINKS_NAME_SIZE	    16

struct link {
	uint32_t index;
	uint16_t hatype; /* ARPHRD_ value */
	bool is_up;
	bool has_carrier;
	uint32_t mtu;
	uint64_t rx_dropped;
	char name[LINKS_NAME_SIZE];
};

struct link_address {
	uint32_t index; /* of its interface */
	uint8_t prefix;
	struct net_address address;
};

struct links {
	size_t n;
	size_t n_addresses;
	struct link list[LINKS_MAX];
	struct link_address addresses[LINKS_ADDRESSES_MAX];
};

/* A netlink socket to keep, or -errno. */
int links_open(void);

/* Asks for all; what passes the bounds is left out. 0 or -errno. */
int links_read(int fd, struct links *l);

/* Their names for a message, escaped: "lo, eth0 and 3 more"; "none". */
#define LINKS_NAMED_MAX 16
void links_put_names(struct text *out);

#endif
