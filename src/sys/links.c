/* Two rtnetlink dumps into two tables. The kernel is trusted with its own lengths no more
 * than the macros of rtnetlink(3) check them. */
#include "sys/links.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define BATCH_BYTES 32768 /* the kernel sends at most this at once (netlink(7)) */

typedef void message_fn(struct links *l, const struct nlmsghdr *h);

int
links_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct timeval patience = {.tv_sec = 1}; /* a dump never waits for anything */

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static int
ask(int fd, uint16_t type)
{
	struct {
		struct nlmsghdr h;
		struct rtgenmsg g;
	} request = {.h = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = type,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		     .g = {.rtgen_family = AF_UNSPEC}};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	return sendto(fd, &request, sizeof(request), 0, (struct sockaddr *)&kernel,
		      sizeof(kernel)) < 0
		   ? -errno
		   : 0;
}

static const struct rtattr *
next(const struct rtattr *a, int *left)
{
	int size = (int)RTA_ALIGN(a->rta_len);

	*left -= size;
	return (const struct rtattr *)((const char *)a + size);
}

static void
read_stats(struct link *link, const struct rtattr *a)
{
	struct rtnl_link_stats64 stats = {0};
	size_t n = RTA_PAYLOAD(a);

	memcpy(&stats, RTA_DATA(a), n < sizeof(stats) ? n : sizeof(stats));
	link->rx_dropped = stats.rx_dropped;
}

static void
on_link(struct links *l, const struct nlmsghdr *h)
{
	const struct ifinfomsg *info = NLMSG_DATA(h);
	int left = (int)IFLA_PAYLOAD(h);
	struct link *link = &l->list[l->n];

	if (h->nlmsg_type != RTM_NEWLINK || l->n == LINKS_MAX)
		return;
	l->n++;
	memset(link, 0, sizeof(*link));
	link->index = (uint32_t)info->ifi_index;
	link->hatype = info->ifi_type;
	link->is_up = (info->ifi_flags & IFF_UP) != 0;
	link->has_carrier = (info->ifi_flags & IFF_RUNNING) != 0;
	for (const struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left);
	     a = next(a, &left)) {
		size_t n = RTA_PAYLOAD(a);

		if (a->rta_type == IFLA_IFNAME)
			memcpy(link->name, RTA_DATA(a),
			       n < sizeof(link->name) ? n : sizeof(link->name) - 1);
		else if (a->rta_type == IFLA_MTU && n == sizeof(link->mtu))
			memcpy(&link->mtu, RTA_DATA(a), n);
		else if (a->rta_type == IFLA_STATS64)
			read_stats(link, a);
	}
}

static void
set_address(struct net_address *out, int family, const void *bytes, size_t n)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&out->sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->sa;

	memset(out, 0, sizeof(*out));
	if (family == AF_INET && n == sizeof(v4->sin_addr)) {
		v4->sin_family = AF_INET;
		memcpy(&v4->sin_addr, bytes, n);
		out->size = sizeof(*v4);
	} else if (family == AF_INET6 && n == sizeof(v6->sin6_addr)) {
		v6->sin6_family = AF_INET6;
		memcpy(&v6->sin6_addr, bytes, n);
		out->size = sizeof(*v6);
	}
}

/* IFA_LOCAL is the interface's own address where the two differ (point to point). */
static void
on_address(struct links *l, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *info = NLMSG_DATA(h);
	int left = (int)IFA_PAYLOAD(h);
	struct link_address *address = &l->addresses[l->n_addresses];
	bool has_local = false;

	if (h->nlmsg_type != RTM_NEWADDR || l->n_addresses == LINKS_ADDRESSES_MAX)
		return;
	memset(address, 0, sizeof(*address));
	address->index = info->ifa_index;
	address->prefix = info->ifa_prefixlen;
	for (const struct rtattr *a = IFA_RTA(info); RTA_OK(a, left);
	     a = next(a, &left)) {
		if (a->rta_type != IFA_LOCAL && (a->rta_type != IFA_ADDRESS || has_local))
			continue;
		has_local = a->rta_type == IFA_LOCAL;
		set_address(&address->address, info->ifa_family, RTA_DATA(a),
			    RTA_PAYLOAD(a));
	}
	if (address->address.size > 0)
		l->n_addresses++;
}

static int
receive(int fd, struct links *l, message_fn *fn)
{
	static _Alignas(struct nlmsghdr) char batch[BATCH_BYTES];

	for (;;) {
		ssize_t n = recv(fd, batch, sizeof(batch), 0);
		struct nlmsghdr *h = (struct nlmsghdr *)batch;
		size_t left = n > 0 ? (size_t)n : 0;

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR)
				return -EIO;
			fn(l, h);
		}
	}
}

int
links_read(int fd, struct links *l)
{
	int rc;

	l->n = 0;
	l->n_addresses = 0;
	rc = ask(fd, RTM_GETLINK);
	if (rc == 0)
		rc = receive(fd, l, on_link);
	if (rc == 0)
		rc = ask(fd, RTM_GETADDR);
	return rc == 0 ? receive(fd, l, on_address) : rc;
}

void
links_put_names(struct text *out)
{
	struct if_nameindex *list = if_nameindex();
	unsigned n = 0;

	for (; list && list[n].if_index != 0; n++) {
		if (n >= LINKS_NAMED_MAX)
			continue;
		text_str(out, n > 0 ? ", " : "");
		text_escape(out, span_str(list[n].if_name));
	}
	if (n == 0)
		text_str(out, "none");
	if (n > LINKS_NAMED_MAX) {
		text_str(out, " and ");
		text_u64(out, n - LINKS_NAMED_MAX);
		text_str(out, " more");
	}
	if (list)
		if_freenameindex(list);
}
