#ifndef SYS_DNS_ASK_H
#define SYS_DNS_ASK_H

#include "sys/dns_answer.h"
#include "sys/net.h"

/*
 * Asks name servers for records of one name, all questions at the same time. The answer to
 * one question is used even if the other question fails. Blocks; for threads. (The C library's
 * getaddrinfo fails as a whole when one of its two questions does.)
 */
#define DNS_ASK_SERVERS_MAX 3
#define DNS_ASK_QUERY_MAX   280 /* a head, a name of 255 bytes, type and class */

/* How long after the first addresses the other family is waited for, where that family
 * alone will do: RFC 8305 section 3 waits 50 ms, on networks where servers answer. */
#define DNS_ASK_REST_NS 1000000000u

enum dns_ask_verdict { /* of several, the last says most */
		       DNS_ASK_NO_NAME,
		       DNS_ASK_ANSWERED, /* maybe without a record of the type */
		       DNS_ASK_REFUSED, /* by every server: SERVFAIL, REFUSED and others */
		       DNS_ASK_SILENT
};

struct dns_ask_servers {
	struct net_address list[DNS_ASK_SERVERS_MAX];
	unsigned n;
	unsigned attempts;   /* of each, in equal parts of the timeout */
	uint64_t timeout_ns; /* in all */
};

struct dns_question {
	uint16_t type; /* DNS_TYPE_A or DNS_TYPE_AAAA; the caller's */
	enum dns_ask_verdict verdict;
	size_t n; /* of the answer: for dns_answer_init */
	uint8_t answer[DNS_ANSWER_MAX];
	/* the rest is dns_ask's */
	uint8_t query[DNS_ASK_QUERY_MAX];
	size_t query_n;
	unsigned failed; /* servers that failed it this time; a bit each */
	unsigned rounds; /* in which all did */
	bool is_done;
	bool is_refused;
	bool is_cut; /* TCP is to be asked */
};

/* Asks for name (without a search list) each of n questions, at most 2. is_all: waits for
 * all of them until the timeout, else for DNS_ASK_REST_NS once one has addresses. */
void dns_ask(const struct dns_ask_servers *servers, const char *name,
	     struct dns_question *list, size_t n, bool is_all);

#endif
