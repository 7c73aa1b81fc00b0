#ifndef WORKER_COMMON_REQUEST_H
#define WORKER_COMMON_REQUEST_H

#include "base/flag.h"
#include "http/target.h"
#include "pcap/capture_limits.h"
#include "pcap/savefile.h"
#include "sys/net.h"

/*
 * What one capture is to be: read from a query by the front, carried to the capture
 * process as it lies in memory (fixed size, numbers and bounded C strings), never parsed
 * on the way.
 */
#define REQUEST_FILTER_MAX	     8192 /* bytes of filter text */
#define REQUEST_INTERFACES_MAX	     32
#define REQUEST_REMOTE_MAX	     64 /* ports in Ddump-Ports; more are not looked at */
#define REQUEST_HEARTBEAT_MS_DEFAULT 50
#define REQUEST_HEARTBEAT_MS_MIN     10
#define REQUEST_HEARTBEAT_MS_MAX     60000
#define REQUEST_RING_DEFAULT	     (16u << 20)
#define REQUEST_DURATION_MAX_NS	     (UINT64_C(366) * 24 * 3600 * 1000000000)

enum request_format { REQUEST_PCAP, REQUEST_PCAPNG };
enum request_linktype { REQUEST_SLL, REQUEST_SLL2, REQUEST_NATIVE };
enum request_direction { REQUEST_BOTH, REQUEST_IN, REQUEST_OUT };

/* Who else is on the wire because of this capture, as headers tell: untrusted numbers. */
struct request_hints {
	struct net_address client; /* of the outer connection; its port may be 0 */
	uint16_t proxy_port;	   /* where it came in; 0: unknown */
	uint32_t n_remote;	   /* ports of the client's sibling streams */
	uint16_t remote[REQUEST_REMOTE_MAX];
	uint16_t local_first; /* the client's own ports for them; 0: not told */
	uint16_t local_last;
};

#define REQUEST_ID_SIZE 16 /* random: who knows it is the capture's client */

/* many fields: one a parameter of the query; it crosses processes as it lies in memory */
struct request {
	uint32_t slot;
	bool has_id;
	uint8_t id[REQUEST_ID_SIZE]; /* for Ddump-Capture: told to the client alone */
	bool is_validation;	     /* ends after the compile; nothing is captured */
	bool is_chunked;
	bool is_nano;
	bool is_promiscuous;
	bool may_resolve;
	bool wants_any; /* interface=any: no other name may stand beside it */
	bool has_implied_interfaces; /* the operator's list: absent ones do not matter */
	enum request_format format;
	enum request_linktype linktype;
	enum request_direction direction;
	uint32_t snaplen;
	uint32_t payload_max; /* behind the headers; CAPTURE_PAYLOAD_ALL */
	uint32_t ring_bytes;
	uint32_t heartbeat_ms;
	uint64_t count;		/* 0: no end */
	uint64_t duration_ns;	/* 0: no end */
	bool is_duration_limit; /* it is the operator's, who allows no more */
	uint32_t n_interfaces;
	char interfaces[REQUEST_INTERFACES_MAX][CAPTURE_NAME_SIZE];
	char filter[REQUEST_FILTER_MAX + 1];
	struct net_address listener; /* (1) of design.md section 7 */
	struct net_address local;    /* (2): the client's connection */
	struct net_address peer;
	struct request_hints hints; /* (3) and (5) */
};

/* The operator's bounds on what a request may ask. */
struct request_limits {
	uint32_t ring_max;
	uint32_t snaplen_max;
	uint32_t payload_max;	  /* CAPTURE_PAYLOAD_ALL: no limit */
	uint64_t duration_max_ns; /* 0: none */
};

/* The slot it runs in; id: REQUEST_ID_SIZE random bytes, or NULL for none. */
void request_identify(struct request *r, uint32_t slot, const uint8_t *id);

/* Everything as a client gets it that asks for nothing. */
void request_init(struct request *r, const struct request_limits *limits);

/*
 * Reads the query of /capture (RFC 3986 query, form-encoded) into r. False: why has one
 * sentence for the 400 answer, made of trusted text and escaped bytes.
 */
bool request_parse_query(struct request *r, struct span query,
			 const struct request_limits *limits, struct text *why);

/*
 * Reads what the CLI asks by header: "name=value, name=value", the query's names. What
 * is unknown or malformed is ignored, as an older or newer CLI may send it; false says
 * that something was malformed.
 */
bool request_parse_options(struct request *r, struct span value,
			   const struct request_limits *limits);

/* A line for each parameter of the query. */
void request_put_help(struct text *out);

/* The parameter whose value is none that a query can give (of those that no limit of the
 * operator concerns), or NULL. */
const char *request_find_fault(const struct request *r);

/* Whether a comma list has this very name. */
bool request_is_listed(struct span list, struct span name);

/*
 * Holds the request to the operator's comma list of interfaces (empty: no list): without
 * interfaces of its own it gets all of the list. False as above.
 */
bool request_restrict(struct request *r, struct span allowed, struct text *why);

/* What only the whole of it can tell: combinations that cannot be captured. */
bool request_check(const struct request *r, struct text *why);

#endif
