/*
 * Any bytes as the front's message to the launcher (src/worker/common/request_fault.c):
 * what passes the check is used as a capture process uses it, and reads or writes nothing
 * outside. The bytes change a sound message (pairs of a place and a value), since chance
 * hits none.
 */
#include "worker/common/exclude.h"
#include "worker/common/request_fault.h"
#include "fuzz/fuzz.h"

#define EDIT_SIZE 4 /* two bytes of place, a width, a value that fills it */

static struct config config;

static void
make_sound(struct request *r)
{
	request_init(r, &config.limits);
	r->n_interfaces = 2;
	strcpy(r->interfaces[0], "eth0");
	strcpy(r->interfaces[1], "eth1");
	r->listener = config.listener;
	r->local = config.listener;
	r->peer = config.listener;
	r->hints.client = config.listener;
	r->hints.n_remote = 1;
	r->hints.remote[0] = 443;
	r->hints.local_first = 1;
	r->hints.local_last = 65535;
}

/* As exclude, compile and find_interfaces do. */
static void
use(const struct request *r)
{
	static struct exclude e;
	size_t n = strlen(r->filter);

	exclude_build(&e, r);
	for (size_t i = 0; i < e.n; i++)
		n += strlen(e.texts[i]);
	for (uint32_t i = 0; i < r->n_interfaces; i++) {
		require(strlen(r->interfaces[i]) < CAPTURE_NAME_SIZE);
		require(request_is_listed(config.interfaces, span_str(r->interfaces[i])));
	}
	require(n <= sizeof(*r) + sizeof(e) && r->slot < SLOTS_MAX &&
		r->n_interfaces > 0 && UINT64_C(1000000) / r->heartbeat_ms > 0 &&
		r->ring_bytes <= config.limits.ring_max && !r->may_resolve &&
		r->duration_ns <= config.limits.duration_max_ns);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* on the heap: what stands behind it is out of bounds */
	static struct request *r, *sound;
	struct span in = span_of(data, size);

	if (!r) {
		require(
		    !net_parse_listen(span_str("[2001:db8::1]:8475"), &config.listener));
		config.limits =
		    (struct request_limits){8u << 20, 1000, 64, UINT64_C(60000000000)};
		config.interfaces = span_str("eth0,eth1");
		r = malloc(sizeof(*r));
		make_sound(sound = malloc(sizeof(*r)));
		require(request_fault(sound, &config) == NULL);
	}
	memcpy(r, sound, sizeof(*r));
	while (in.n >= EDIT_SIZE) {
		struct span edit = span_take(&in, EDIT_SIZE);
		size_t at = (edit.p[0] | (size_t)edit.p[1] << 8) % sizeof(*r);
		size_t n = edit.p[2] < sizeof(*r) - at ? edit.p[2] : sizeof(*r) - at;

		memset((uint8_t *)r + at, edit.p[3], n);
	}
	if (request_fault(r, &config) == NULL)
		use(r);
	return 0;
}
