/* One check of the front's whole message. It must not use a field that it has not checked. */
#include "worker/common/request_fault.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

/* Read as bytes: a bool that is neither 0 nor 1 is undefined as a bool. */
static bool
is_bool(const bool *flag)
{
	uint8_t byte;

	memcpy(&byte, flag, 1);
	return byte <= 1;
}

static const char *
fault_of_flags(const struct request *r)
{
	const struct {
		const bool *flag;
		const char *name;
	} flags[] = {
	    {&r->has_id, "has_id"},
	    {&r->is_validation, "is_validation"},
	    {&r->is_chunked, "is_chunked"},
	    {&r->may_resolve, "may_resolve"},
	    {&r->wants_any, "wants_any"},
	    {&r->has_implied_interfaces, "has_implied_interfaces"},
	    {&r->is_duration_limit, "is_duration_limit"},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!is_bool(flags[i].flag))
			return flags[i].name;
	return NULL;
}

static bool
is_duration_sound(const struct request *r, const struct request_limits *limits)
{
	uint64_t max_ns = limits->duration_max_ns;

	if (max_ns == 0)
		return r->duration_ns <= REQUEST_DURATION_MAX_NS && !r->is_duration_limit;
	return r->duration_ns > 0 && r->duration_ns <= max_ns &&
	       (!r->is_duration_limit || r->duration_ns == max_ns);
}

static const char *
fault_of_numbers(const struct request *r, const struct config *config)
{
	const struct request_limits *limits = &config->limits;

	if (r->slot >= SLOTS_MAX)
		return "slot";
	if (r->may_resolve != config->may_resolve)
		return "may_resolve";
	if (r->snaplen == 0 || r->snaplen > limits->snaplen_max)
		return "snaplen";
	if (r->payload_max > limits->payload_max)
		return "payload_max";
	if (r->ring_bytes < CAPTURE_RING_MIN || r->ring_bytes > limits->ring_max)
		return "ring_bytes";
	if (!is_duration_sound(r, limits))
		return "duration_ns";
	return request_find_fault(r);
}

static bool
is_terminated(const char *s, size_t size)
{
	return memchr(s, '\0', size) != NULL;
}

static const char *
fault_of_interfaces(const struct request *r, struct span allowed)
{
	if (r->n_interfaces > REQUEST_INTERFACES_MAX)
		return "n_interfaces";
	for (uint32_t i = 0; i < r->n_interfaces; i++) {
		const char *name = r->interfaces[i];

		if (!is_terminated(name, CAPTURE_NAME_SIZE) || name[0] == '\0' ||
		    strcmp(name, "any") == 0)
			return "interfaces";
		if (allowed.n > 0 && !request_is_listed(allowed, span_str(name)))
			return "interfaces (not among those of -interfaces)";
	}
	/* none stands for all of them */
	if (r->n_interfaces == 0 && allowed.n > 0)
		return "interfaces (none, in spite of -interfaces)";
	if (r->has_implied_interfaces && allowed.n == 0)
		return "has_implied_interfaces";
	if (r->linktype == REQUEST_NATIVE && r->n_interfaces != 1)
		return "linktype (native without one interface)";
	if (r->is_promiscuous && r->linktype != REQUEST_NATIVE)
		return "is_promiscuous";
	return NULL;
}

static bool
is_address(const struct net_address *a, bool may_be_unix)
{
	switch (a->sa.ss_family) {
	case AF_UNSPEC:
		return a->size == 0;
	case AF_INET:
		return a->size == sizeof(struct sockaddr_in);
	case AF_INET6:
		return a->size == sizeof(struct sockaddr_in6);
	case AF_UNIX:
		return may_be_unix && a->size >= sizeof(sa_family_t) &&
		       a->size <= sizeof(struct sockaddr_un);
	default:
		return false;
	}
}

static bool
is_same_address(const struct net_address *a, const struct net_address *b)
{
	return a->size == b->size && memcmp(&a->sa, &b->sa, a->size) == 0;
}

static const char *
fault_of_hints(const struct request_hints *h)
{
	if (!is_address(&h->client, false))
		return "hints.client";
	if (h->n_remote > REQUEST_REMOTE_MAX)
		return "hints.n_remote";
	for (uint32_t i = 0; i < h->n_remote; i++)
		if (h->remote[i] == 0)
			return "hints.remote";
	if (h->local_first > h->local_last ||
	    (h->local_first == 0) != (h->local_last == 0))
		return "hints.local_first";
	return NULL;
}

static const char *
fault_of_addresses(const struct request *r, const struct config *config)
{
	/* the size first: it says how many bytes are compared */
	if (!is_address(&r->listener, true) ||
	    !is_same_address(&r->listener, &config->listener))
		return "listener";
	if (!is_address(&r->local, true))
		return "local";
	if (!is_address(&r->peer, true))
		return "peer";
	return fault_of_hints(&r->hints);
}

const char *
request_fault(const struct request *r, const struct config *config)
{
	const char *fault = fault_of_flags(r);

	if (!fault)
		fault = fault_of_numbers(r, config);
	if (!fault)
		fault = fault_of_interfaces(r, config->interfaces);
	if (!fault && !is_terminated(r->filter, sizeof(r->filter)))
		fault = "filter";
	return fault ? fault : fault_of_addresses(r, config);
}
