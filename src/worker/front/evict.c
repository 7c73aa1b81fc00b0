/* Who leaves when the table is full. It knows no connection and no clock; each choice costs
 * a few walks over the seats, whoever attacks. */
#include "worker/front/evict.h"

#include <netinet/in.h>
#include <string.h>

#define HEAVY_MAX (EVICT_SHARE - 1) /* so many can have more than 1/EVICT_SHARE */
#define NEVER	  UINT64_MAX

struct host_count {
	struct evict_host host;
	size_t n;
};

/* Those who may be asked to leave: all, or those of some addresses. */
struct circle {
	bool is_all;
	size_t n;
	struct evict_host hosts[HEAVY_MAX];
};

struct evict_host
evict_host_of(const struct net_address *peer)
{
	struct evict_host h = {.is_counted = !net_is_loopback(peer)};

	if (peer->sa.ss_family == AF_INET) {
		const struct sockaddr_in *a = (const struct sockaddr_in *)&peer->sa;

		h.prefix = a->sin_addr.s_addr;
	} else if (peer->sa.ss_family == AF_INET6) {
		const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)&peer->sa;

		h.is_v6 = true;
		memcpy(&h.prefix, &a->sin6_addr, sizeof(h.prefix));
	}
	return h;
}

static bool
is_same(struct evict_host a, struct evict_host b)
{
	return a.is_counted && b.is_counted && a.is_v6 == b.is_v6 && a.prefix == b.prefix;
}

static bool
is_in(const struct circle *c, struct evict_host host)
{
	bool found = c->is_all;

	for (size_t i = 0; i < c->n && !found; i++)
		found = is_same(c->hosts[i], host);
	return found;
}

static size_t
count_taken(const struct evict_seat *seats, size_t n)
{
	size_t taken = 0;

	for (size_t i = 0; i < n; i++)
		taken += seats[i].kind != EVICT_FREE;
	return taken;
}

static size_t
count_host(const struct evict_seat *seats, size_t n, struct evict_host host)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += seats[i].kind != EVICT_FREE && is_same(seats[i].host, host);
	return count;
}

/* One more of host: a count of its own, or one less of each (Misra and Gries). */
static void
note(struct host_count counts[static HEAVY_MAX], struct evict_host host)
{
	struct host_count *free_one = NULL;

	for (size_t i = 0; i < HEAVY_MAX; i++) {
		if (counts[i].n > 0 && is_same(counts[i].host, host)) {
			counts[i].n++;
			return;
		}
		if (counts[i].n == 0)
			free_one = &counts[i];
	}
	if (free_one) {
		*free_one = (struct host_count){host, 1};
		return;
	}
	for (size_t i = 0; i < HEAVY_MAX; i++)
		counts[i].n--;
}

/* The addresses that have more than their share: whoever has is among the counted. */
static void
find_heavy(const struct evict_seat *seats, size_t n, size_t share, struct circle *heavy)
{
	struct host_count counts[HEAVY_MAX] = {0};

	for (size_t i = 0; i < n; i++)
		if (seats[i].kind != EVICT_FREE && seats[i].host.is_counted)
			note(counts, seats[i].host);
	for (size_t i = 0; i < HEAVY_MAX; i++)
		if (counts[i].n > 0 && count_host(seats, n, counts[i].host) > share)
			heavy->hosts[heavy->n++] = counts[i].host;
}

/* The lower, the sooner it leaves. Answers that nobody takes count against an address that
 * has too many of them, and against no other. */
static uint64_t
rank(const struct evict_seat *s, bool is_over_share, uint64_t now_ns)
{
	bool is_past_grace = now_ns - s->since_ns >= EVICT_GRACE_NS;

	switch (s->kind) {
	case EVICT_UNFINISHED:
		return is_past_grace ? 0 : 3;
	case EVICT_IDLE:
		return 1;
	case EVICT_ANSWERED:
		return 2;
	case EVICT_ANSWERING:
		return is_over_share && is_past_grace ? 4 : NEVER;
	case EVICT_FREE:
	case EVICT_KEPT:
		break;
	}
	return NEVER;
}

static bool
is_older(const struct evict_seat *a, const struct evict_seat *b)
{
	return a->since_ns < b->since_ns ||
	       (a->since_ns == b->since_ns && a->serial < b->serial);
}

static size_t
first_to_leave(const struct evict_seat *seats, size_t n, const struct circle *circle,
	       uint64_t now_ns)
{
	size_t found = n;
	uint64_t lowest = NEVER;

	for (size_t i = 0; i < n; i++) {
		uint64_t r = rank(&seats[i], !circle->is_all, now_ns);

		if (r == NEVER || r > lowest || !is_in(circle, seats[i].host))
			continue;
		if (r == lowest && !is_older(&seats[i], &seats[found]))
			continue;
		lowest = r;
		found = i;
	}
	return found;
}

size_t
evict_choose(const struct evict_seat *seats, size_t n, struct evict_host newcomer,
	     uint64_t now_ns)
{
	static const struct circle all = {.is_all = true};
	struct circle heavy = {.n = 0};
	size_t share = count_taken(seats, n) / EVICT_SHARE;
	size_t found = n;

	if (share == 0)
		share = 1;
	if (count_host(seats, n, newcomer) >= share) {
		heavy = (struct circle){.n = 1, .hosts = {newcomer}};
		return first_to_leave(seats, n, &heavy, now_ns);
	}
	find_heavy(seats, n, share, &heavy);
	if (heavy.n > 0)
		found = first_to_leave(seats, n, &heavy, now_ns);
	return found < n ? found : first_to_leave(seats, n, &all, now_ns);
}
