/* Who leaves when the table is full: rows of seats, and attacks played against the rule. */
#include "worker/front/evict.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/rng.h"

#define SEATS_MAX 1024
#define NOW	  UINT64_C(100000000000)
#define MS	  UINT64_C(1000000)

static struct evict_host
host(const char *text)
{
	struct net_address a;

	assert_null(net_parse_listen(span_str(text), &a));
	return evict_host_of(&a);
}

/* "u" unfinished, "i" idle, "a" answered, "w" answering, "k" kept, "." free; the host, a
 * letter ("P": a proxy); the age in units of 100 ms. "uA20 iB5" */
static size_t
read_seats(const char *text, struct evict_seat *seats)
{
	size_t n = 0;
	char kind;
	char name;
	unsigned age;
	int used;

	while (sscanf(text, " %c%c%u%n", &kind, &name, &age, &used) == 3) {
		char address[32];

		snprintf(address, sizeof(address), "10.0.0.%d:1", name);
		seats[n] = (struct evict_seat){
		    .kind = kind == 'u'	  ? EVICT_UNFINISHED
			    : kind == 'i' ? EVICT_IDLE
			    : kind == 'a' ? EVICT_ANSWERED
			    : kind == 'w' ? EVICT_ANSWERING
			    : kind == 'k' ? EVICT_KEPT
					  : EVICT_FREE,
		    .host = host(name == 'P' ? "127.0.0.1:1" : address),
		    .since_ns = NOW - age * 100 * MS,
		    .serial = n,
		};
		text += used;
		n++;
	}
	return n;
}

static void
the_oldest_past_its_grace_leaves_first(void **state)
{
	static const struct {
		int line;
		const char *seats;
		const char *newcomer;
		size_t leaves; /* the number of the seat; 99: nobody */
	} rows[] = {
	    /* past the grace the oldest goes first, whether it has sent a byte or not */
	    {__LINE__, "uB11 uC30 uD20 uE12", "10.0.0.1:1", 1},
	    /* a newcomer stays while anybody else can go */
	    {__LINE__, "uB2 uC3 uD10 uE1", "10.0.0.1:1", 2},
	    {__LINE__, "uB2 iC0 uD9 uE1", "10.0.0.1:1", 1},
	    {__LINE__, "uB2 aC0 uD9 uE1", "10.0.0.1:1", 1},
	    {__LINE__, "uB10 iC600 aD9 uE1", "10.0.0.1:1", 0},
	    {__LINE__, "uB9 iC600 aD600 uE1", "10.0.0.1:1", 1},
	    {__LINE__, "uB9 iC5 iD6 uE1", "10.0.0.1:1", 2},
	    /* nothing but newcomers: the oldest of them */
	    {__LINE__, "uB2 uC3 uD9 uE1", "10.0.0.1:1", 2},
	    {__LINE__, "uB5 uC5 uD5 uE5", "10.0.0.1:1", 0},
	    /* who takes an answer, or starts a capture, stays */
	    {__LINE__, "wB90 kC90 wD90 kE90", "10.0.0.1:1", 99},
	    {__LINE__, "wB90 kC90 wD90 uE0", "10.0.0.1:1", 3},
	    {__LINE__, "wP90 wP90 wP90 wP90", "10.0.0.1:1", 99},
	    /* who has its share pays for its own newcomers */
	    {__LINE__, "uB90 uC80 uD70 uE60", "10.0.0.68:1", 2},
	    {__LINE__, "uB90 uC80 kD70 uE60", "10.0.0.68:1", 99},
	    {__LINE__, "uB90 uC80 wD70 uE60", "10.0.0.68:1", 2},
	    {__LINE__, "uB90 uC80 wD9 uE60", "10.0.0.68:1", 99},
	    /* and one that has more than it for everybody's */
	    {__LINE__, "uB90 uD11 uD12 uE60", "10.0.0.1:1", 2},
	    {__LINE__, "uB90 uD1 iD1 uE60", "10.0.0.1:1", 2},
	    {__LINE__, "uB90 wD90 wD91 uE60", "10.0.0.1:1", 2},
	    {__LINE__, "uB90 uD1 wD91 uE60", "10.0.0.1:1", 1},
	    {__LINE__, "uB90 kD90 kD91 uE60", "10.0.0.1:1", 0},
	    {__LINE__, "uB90 uD15 uD14 uE16 uE17 uC99 uF99 uG99", "10.0.0.1:1", 5},
	    {__LINE__, "uB90 uD15 uD14 uD13 uE16 uE17 uE18 uG99", "10.0.0.1:1", 6},
	    /* proxies have no share */
	    {__LINE__, "uB90 uP91 uP92 uP93", "10.0.0.1:1", 3},
	    {__LINE__, "uB90 uP80 uP80 uP80", "127.0.0.1:1", 0},
	    {__LINE__, "uB90 uP80 uP80 uP80", "unix:/x", 0},
	    /* out of descriptors: free seats are nobody's */
	    {__LINE__, ".B0 .B0 .B0 uD11 iE90", "127.0.0.1:1", 3},
	    {__LINE__, ".B0 .B0", "10.0.0.1:1", 99},
	    {__LINE__, "", "10.0.0.1:1", 99},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct evict_seat seats[16];
		size_t n = read_seats(rows[i].seats, seats);
		size_t got = evict_choose(seats, n, host(rows[i].newcomer), NOW);

		check_u64(__FILE__, rows[i].line, span_str(rows[i].seats),
			  got == n ? 99 : got, rows[i].leaves, "leaves");
	}
}

static void
a_host_is_an_address_or_a_network(void **state)
{
	static const struct {
		int line;
		const char *a;
		const char *b;
		bool is_same;
	} rows[] = {
	    {__LINE__, "192.0.2.1:1", "192.0.2.1:2", true},
	    {__LINE__, "192.0.2.1:1", "192.0.2.2:1", false},
	    {__LINE__, "[2001:db8::1]:1", "[2001:db8::ffff:1]:1", true},
	    {__LINE__, "[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", false},
	    {__LINE__, "[::102:304]:1", "1.2.3.4:1", false},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		/* two of one host are more than its share, if they are of one host */
		struct evict_seat seats[] = {
		    {EVICT_UNFINISHED, host("127.0.0.1:1"), 1, 1},
		    {EVICT_UNFINISHED, host(rows[i].a), 2, 2},
		    {EVICT_UNFINISHED, host(rows[i].b), 3, 3},
		};

		check_u64(__FILE__, rows[i].line, span_str(rows[i].b),
			  evict_choose(seats, 3, host("unix:/x"), NOW),
			  rows[i].is_same ? 1 : 0, "leaves");
	}
	assert_false(host("127.1.2.3:1").is_counted);
	assert_false(host("[::1]:1").is_counted);
	assert_false(host("unix:/x").is_counted);
	assert_true(host("192.0.2.1:1").is_counted);
}

static struct evict_seat seats[SEATS_MAX];
static uint64_t n_ever;

static size_t
enter(const char *from, uint64_t now_ns)
{
	struct evict_host h = host(from);
	size_t i = 0;

	while (i < SEATS_MAX && seats[i].kind != EVICT_FREE)
		i++;
	if (i == SEATS_MAX)
		i = evict_choose(seats, SEATS_MAX, h, now_ns);
	if (i < SEATS_MAX)
		seats[i] = (struct evict_seat){EVICT_UNFINISHED, h, now_ns, n_ever++};
	return i;
}

/* A client that sends its request round_trip behind its connection, 60 times; attackers
 * come per_s times a second and never finish. How often it was served. */
static unsigned
play(const char *attacker, unsigned per_s, uint64_t round_trip_ns)
{
	uint64_t now_ns = NOW;
	unsigned n_served = 0;

	memset(seats, 0, sizeof(seats));
	n_ever = 0;
	for (unsigned i = 0; i < 1100; i++)
		enter(attacker, now_ns);
	for (unsigned i = 0; i < 60; i++) {
		size_t mine;
		uint64_t serial;

		now_ns += 50 * MS;
		mine = enter("192.0.2.9:1", now_ns);
		if (mine == SEATS_MAX)
			continue;
		serial = seats[mine].serial;
		for (unsigned k = 0; k < per_s * (round_trip_ns / MS) / 1000; k++)
			enter(attacker, now_ns + k * UINT64_C(1000000000) / per_s);
		now_ns += round_trip_ns;
		n_served += seats[mine].serial == serial;
		if (seats[mine].serial == serial)
			seats[mine].kind = EVICT_FREE;
	}
	return n_served;
}

static void
an_attack_locks_nobody_out(void **state)
{
	static const struct {
		const char *attacker;
		unsigned per_s;
		uint64_t round_trip_ns;
	} rows[] = {
	    {"10.0.0.1:1", 50, 20 * MS},   {"127.0.0.1:1", 50, 20 * MS},
	    {"10.0.0.1:1", 5000, 20 * MS}, {"127.0.0.1:1", 5000, 20 * MS},
	    {"10.0.0.1:1", 50, 800 * MS},  {"127.0.0.1:1", 1000, 800 * MS},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		check_u64(__FILE__, __LINE__, span_str(rows[i].attacker),
			  play(rows[i].attacker, rows[i].per_s, rows[i].round_trip_ns),
			  60, "served");
}

/* Beside the obvious way to find who has more than a quarter, on any mix of hosts. */
static void
nobody_keeps_more_than_its_share_while_others_leave(void **state)
{
	uint64_t rng = rng_seed("evict");

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct evict_seat s[40];
		size_t n = 1 + rng_below(&rng, CHECK_COUNT(s));
		size_t share = n / EVICT_SHARE > 0 ? n / EVICT_SHARE : 1;
		size_t per_host[8] = {0};
		size_t got;
		bool is_any_heavy = false;

		for (size_t i = 0; i < n; i++) {
			/* low numbers are more frequent */
			uint64_t who = rng_below(&rng, 1 + rng_below(&rng, 8));

			per_host[who]++;
			s[i] = (struct evict_seat){.kind = EVICT_UNFINISHED,
						   .host = {true, false, who},
						   .since_ns = rng_below(&rng, NOW),
						   .serial = i};
		}
		for (size_t i = 0; i < 8; i++)
			is_any_heavy |= per_host[i] > share;
		got = evict_choose(s, n, (struct evict_host){true, false, 99}, NOW);
		assert_true(got < n);
		assert_true(!is_any_heavy || per_host[s[got].host.prefix] > share);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_oldest_past_its_grace_leaves_first),
	    cmocka_unit_test(a_host_is_an_address_or_a_network),
	    cmocka_unit_test(an_attack_locks_nobody_out),
	    cmocka_unit_test(nobody_keeps_more_than_its_share_while_others_leave),
	};

	return cmocka_run_group_tests_name("worker/evict", tests, NULL, NULL);
}
