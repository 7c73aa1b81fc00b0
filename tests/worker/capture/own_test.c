/* Which connections are a capture's own when a tunnel carries them. */
#include "worker/capture/own.h"
#include "support/check.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define LINK 14

/* A frame with what `tunnel` makes of an inner TCP packet; *n is its length. */
enum tunnel {
	PLAIN,
	VXLAN,
	VXLAN_8472,
	GENEVE,
	GRE,
	GRE_TEB,
	IP4_IN_4,
	IP6_IN_4,
	IP4_IN_6,
	IP6_IN_6,
	TUNNELS
};

static uint32_t
put_ip(uint8_t *p, int version, uint8_t protocol, const char *from, const char *to)
{
	memset(p, 0, 40);
	p[0] = version == 4 ? 0x45 : 0x60;
	p[version == 4 ? 9 : 6] = protocol;
	assert_int_equal(inet_pton(version == 4 ? AF_INET : AF_INET6, from,
				   p + (version == 4 ? 12 : 8)),
			 1);
	assert_int_equal(inet_pton(version == 4 ? AF_INET : AF_INET6, to,
				   p + (version == 4 ? 16 : 24)),
			 1);
	return version == 4 ? 20 : 40;
}

static uint32_t
put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return 2;
}

static uint32_t
put_udp(uint8_t *p, uint16_t port, uint16_t type, uint32_t options)
{
	memset(p, 0, 16 + options * 4);
	put_u16(p, 40000);
	put_u16(p + 2, port);
	p[8] = (uint8_t)options;
	put_u16(p + 10, type);
	return 16 + options * 4;
}

static uint32_t
put_ethernet(uint8_t *p, uint16_t type)
{
	memset(p, 0, LINK);
	put_u16(p + 12, type);
	return LINK;
}

static uint32_t
frame(uint8_t *p, enum tunnel tunnel, uint16_t from, uint16_t to)
{
	bool is_outer_6 = tunnel == IP4_IN_6 || tunnel == IP6_IN_6;
	bool is_6 = tunnel == IP6_IN_4 || tunnel == IP6_IN_6;
	static const uint8_t protocols[] = {6, 17, 17, 17, 47, 47, 4, 41, 4, 41};
	uint32_t n = put_ethernet(p, is_outer_6 ? 0x86dd : 0x0800);

	if (tunnel != PLAIN)
		n += is_outer_6
			 ? put_ip(p + n, 6, protocols[tunnel], "fd00::1", "fd00::2")
			 : put_ip(p + n, 4, protocols[tunnel], "192.0.2.1", "192.0.2.2");
	if (tunnel == VXLAN || tunnel == VXLAN_8472)
		n += put_udp(p + n, tunnel == VXLAN ? 4789 : 8472, 0, 0);
	if (tunnel == GENEVE)
		n += put_udp(p + n, 6081, 0x6558, 2);
	if (tunnel == GRE || tunnel == GRE_TEB) {
		memset(p + n, 0, 8);
		p[n] = 0x20; /* with a key */
		put_u16(p + n + 2, tunnel == GRE ? 0x0800 : 0x6558);
		n += 8;
	}
	if (tunnel == VXLAN || tunnel == VXLAN_8472 || tunnel == GENEVE ||
	    tunnel == GRE_TEB)
		n += put_ethernet(p + n, 0x0800);
	n += is_6 ? put_ip(p + n, 6, 6, "2001:db8::1", "2001:db8::2")
		  : put_ip(p + n, 4, 6, "10.0.0.1", "10.0.0.2");
	n += put_u16(p + n, from);
	n += put_u16(p + n, to);
	return n;
}

static void
set(struct net_address *a, const char *host, uint16_t port)
{
	memset(a, 0, sizeof(*a));
	if (strchr(host, ':')) {
		struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
					  .sin6_port = htons(port)};

		inet_pton(AF_INET6, host, &v6.sin6_addr);
		memcpy(&a->sa, &v6, sizeof(v6));
		a->size = sizeof(v6);
	} else {
		struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};

		inet_pton(AF_INET, host, &v4.sin_addr);
		memcpy(&a->sa, &v4, sizeof(v4));
		a->size = sizeof(v4);
	}
}

static bool
is_own(const struct request *r, enum tunnel tunnel, uint16_t from, uint16_t to,
       uint32_t cut)
{
	uint8_t *data = calloc(1, 256);
	uint32_t n = frame(data, tunnel, from, to) - cut;
	uint8_t *exact = malloc(n); /* whoever reads behind it is caught */
	struct savefile_record record = {.caplen = n, .origlen = n};
	struct own o;
	bool result;

	memcpy(exact, data, n);
	own_init(&o, r, SAVEFILE_LINKTYPE_ETHERNET);
	result = own_is_tunnelled(&o, &record, exact);
	free(data);
	free(exact);
	return result;
}

static void
the_captures_own_connection_is_known_in_a_tunnel(void **state)
{
	static struct request r;

	(void)state;
	for (enum tunnel t = PLAIN; t < TUNNELS; t++) {
		bool is_6 = t == IP6_IN_4 || t == IP6_IN_6;

		set(&r.peer, is_6 ? "2001:db8::1" : "10.0.0.1", 50000);
		set(&r.local, is_6 ? "2001:db8::2" : "10.0.0.2", 8475);
		assert_int_equal(is_own(&r, t, 50000, 8475, 0), t != PLAIN);
		assert_false(is_own(&r, t, 50001, 8475, 0));
		assert_false(is_own(&r, t, 8475, 50000, 0)); /* the other's ports */
		for (uint32_t cut = 1; cut < 30; cut++)
			assert_false(is_own(&r, t, 50000, 8475, cut));
	}
}

/* A listener at any address is known by the one that the client reached. */
static void
a_listener_is_known_by_its_reached_address(void **state)
{
	static struct request r;

	(void)state;
	set(&r.listener, "0.0.0.0", 8475);
	set(&r.peer, "10.0.0.9", 50000);
	set(&r.local, "10.0.0.2", 8475);
	assert_true(is_own(&r, VXLAN, 1234, 8475, 0));
	assert_false(is_own(&r, VXLAN, 8475, 1234, 0));
	set(&r.local, "10.0.0.3", 8475);
	assert_false(is_own(&r, VXLAN, 1234, 8475, 0)); /* another network's */
}

static void
sibling_streams_are_known_by_their_ports(void **state)
{
	static struct request r;

	(void)state;
	set(&r.peer, "10.0.0.1", 50000);
	set(&r.local, "10.0.0.7", 8475);
	r.hints.n_remote = 1;
	r.hints.remote[0] = 443;
	r.hints.local_first = 50000;
	r.hints.local_last = 50255;
	assert_true(is_own(&r, GENEVE, 50255, 443, 0));
	assert_false(is_own(&r, GENEVE, 50256, 443, 0));
	assert_false(is_own(&r, GENEVE, 50255, 444, 0));
	set(&r.peer, "10.0.0.3", 50000);
	assert_false(is_own(&r, GENEVE, 50255, 443, 0));
}

static void
the_outer_connection_is_known_by_its_client(void **state)
{
	static struct request r;

	(void)state;
	set(&r.hints.client, "10.0.0.1", 50000);
	assert_true(is_own(&r, GRE, 50000, 443, 0));
	assert_false(is_own(&r, GRE, 50001, 443, 0));
	set(&r.hints.client, "10.0.0.1", 0);
	assert_false(is_own(&r, GRE, 50000, 443, 0));
	r.hints.proxy_port = 443;
	assert_true(is_own(&r, GRE, 50000, 443, 0));
	assert_false(is_own(&r, GRE, 443, 50000, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_captures_own_connection_is_known_in_a_tunnel),
	    cmocka_unit_test(a_listener_is_known_by_its_reached_address),
	    cmocka_unit_test(sibling_streams_are_known_by_their_ports),
	    cmocka_unit_test(the_outer_connection_is_known_by_its_client),
	};

	return cmocka_run_group_tests_name("worker/own", tests, NULL, NULL);
}
