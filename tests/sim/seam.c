/* The output, look-ups and signals of a simulated run. */
#include "sim/seam.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "sys/resolve.h"
#include "sys/sink.h"

struct sim_output sim_output;

static struct resolve_request *asked;
static struct resolve_request *answered;
static int signal_number;

/* What the reader of a pipe has taken by now. */
static void
take(void)
{
	struct sim_output *o = &sim_output;
	uint64_t now_ns = sim_now();
	uint64_t n = o->n - o->taken;

	if (now_ns >= o->stall_ns && now_ns < o->resume_ns) {
		o->taken_ns = now_ns;
		return;
	}
	if (o->bytes_s > 0 && n > (now_ns - o->taken_ns) * o->bytes_s / SIM_SECOND)
		n = (now_ns - o->taken_ns) * o->bytes_s / SIM_SECOND;
	if (n == 0 && o->n > o->taken)
		return;
	o->taken += n;
	o->taken_ns = now_ns;
}

static bool
is_gone(void)
{
	return sim_output.gone_ns > 0 && sim_now() >= sim_output.gone_ns;
}

static bool
is_writable(void)
{
	take();
	return is_gone() ||
	       sim_output.room_max - (sim_output.n - sim_output.taken) >= 4096;
}

/* The reader is looked at now and then: room comes without anybody's doing. */
static void
on_reader(void *arg)
{
	take();
	sim_at(sim_now() + 20 * SIM_MS, on_reader, arg);
}

int
sim_sink_open(struct sink *s)
{
	static const struct sim_fd_ops ops = {.is_out = is_writable, .is_gone = is_gone};

	s->kind = sim_output.is_pipe ? SINK_PIPE : SINK_FILE;
	s->fd = sim_fd_new(&ops);
	sim_output.taken_ns = sim_now();
	if (sim_output.is_pipe)
		on_reader(NULL);
	return 0;
}

static void
note_write(size_t end)
{
	struct sim_output *o = &sim_output;

	if (o->n_writes == o->cap_writes) {
		o->cap_writes = 2 * o->cap_writes + 64;
		o->writes = realloc(o->writes, o->cap_writes * sizeof(*o->writes));
	}
	o->writes[o->n_writes++] = (struct sim_write){end, sim_now()};
}

long
sim_sink_write(const uint8_t *p, size_t n)
{
	struct sim_output *o = &sim_output;
	size_t room;

	take();
	room = o->room_max - (o->n - o->taken);
	if (is_gone())
		return -EPIPE;
	if (o->is_pipe && n > room)
		n = room;
	if (n == 0)
		return 0;
	if (sim_chance(10))
		n = 1 + sim_below(n);
	if (o->cap - o->n < n) {
		o->cap = 2 * o->cap + n;
		o->bytes = realloc(o->bytes, o->cap);
	}
	memcpy(o->bytes + o->n, p, n);
	o->n += n;
	note_write(o->n);
	return (long)n;
}

static bool
has_answer(void)
{
	return answered != NULL;
}

int
sim_resolve_init(struct resolve *r)
{
	static const struct sim_fd_ops ops = {.is_in = has_answer};

	memset(r, 0, sizeof(*r));
	r->fd = sim_fd_new(&ops);
	return 0;
}

/* The oldest question has its answer. */
static void
on_answer(void *arg)
{
	struct resolve_request *q = asked;

	(void)arg;
	asked = q->next;
	q->next = answered;
	answered = q;
}

/* Addresses as they are written; a name there is not. */
int
sim_resolve_start(struct resolve *r, struct span host, uint16_t port, uint32_t id)
{
	struct resolve_request *q = calloc(1, sizeof(*q));
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct resolve_request **last = &asked;

	(void)r;
	q->id = id;
	q->port = port;
	memcpy(q->host, host.p, host.n);
	if (inet_pton(AF_INET, q->host, &a.sin_addr) == 1) {
		q->n = 1;
		q->list = calloc(1, sizeof(*q->list));
		memcpy(&q->list->sa, &a, sizeof(a));
		q->list->size = sizeof(a);
	} else {
		q->reason = "no such host";
	}
	while (*last)
		last = &(*last)->next;
	*last = q;
	sim_at(sim_now() + sim_below(5 * SIM_MS), on_answer, NULL);
	return 0;
}

struct resolve_request *
sim_resolve_take(struct resolve *r)
{
	struct resolve_request *q = answered;

	(void)r;
	if (q)
		answered = q->next;
	return q;
}

void
sim_resolve_free(struct resolve_request *q)
{
	if (q)
		free(q->list);
	free(q);
}

static bool
has_signal(void)
{
	return signal_number != 0;
}

static long
read_signal(void *p, size_t n)
{
	struct signalfd_siginfo *info = p;

	if (signal_number == 0 || n < sizeof(*info)) {
		errno = EAGAIN;
		return -1;
	}
	*info = (struct signalfd_siginfo){.ssi_signo = (uint32_t)signal_number};
	signal_number = 0;
	return sizeof(*info);
}

int
sim_signal_open(void)
{
	static const struct sim_fd_ops ops = {.is_in = has_signal, .read = read_signal};

	return sim_fd_new(&ops);
}

void
sim_signal_raise(int number)
{
	sim_note("signal %d", number);
	signal_number = number;
}

/* Both ends of a connection look alike: nobody but the request tells them. */
int
sim_address(int fd, void *address, unsigned *size)
{
	memcpy(address, sim_peer(fd), sizeof(struct sockaddr_in));
	*size = sizeof(struct sockaddr_in);
	return 0;
}
