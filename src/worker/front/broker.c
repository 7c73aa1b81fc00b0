/*
 * Between connections and capture processes. It knows slots and the launcher's socket, and
 * neither HTTP nor what a capture does.
 */
#include "worker/front/broker.h"

#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "sys/clock.h"
#include "sys/log.h"
#include "worker/common/compile_limits.h"
#include "worker/common/messages.h"

#define NOBODY (-1)

void
broker_init(struct broker *b, const struct config *config, int launcher_fd,
	    struct metrics *metrics)
{
	memset(b, 0, sizeof(*b));
	b->config = config;
	b->launcher_fd = launcher_fd;
	b->metrics = metrics;
	for (size_t i = 0; i < SLOTS_MAX; i++)
		b->asker[i] = NOBODY;
}

void
broker_close(struct broker *b)
{
	b->is_closed = true;
}

static size_t
count_used(const struct broker *b, bool is_validation)
{
	size_t n = 0;

	for (size_t i = 0; i < SLOTS_MAX; i++)
		n += b->is_used[i] && b->is_validation[i] == is_validation;
	return n;
}

static bool
pass_on(const struct broker *b, int fd, struct request *r)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = r, .iov_len = sizeof(*r)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(int));
	return sendmsg(b->launcher_fd, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(*r);
}

/* Without an ID nobody can ask for the counts: on a kernel without getrandom. */
static void
identify(struct request *r, uint32_t slot)
{
	uint8_t id[REQUEST_ID_SIZE];
	bool has_id =
	    !r->is_validation && getrandom(id, sizeof(id), 0) == (ssize_t)sizeof(id);

	request_identify(r, slot, has_id ? id : NULL);
}

static void
log_record(const struct record *r, uint32_t slot, const char *event)
{
	static char line[LOG_EVENT_MAX];
	struct text t;

	text_init(&t, line, sizeof(line));
	if (log_is_json())
		record_put_json(&t, slot, r, event);
	else if (r->ended_real_ns == 0)
		record_put_start_line(&t, slot, r);
	else
		record_put_end_line(&t, slot, r);
	log_event(&t);
}

static void
remember(struct broker *b, const struct broker_asker *asker, const struct request *q)
{
	struct record *r = &b->records[q->slot];

	memset(r, 0, sizeof(*r));
	r->request = *q;
	r->has_uid = asker->has_uid;
	r->uid = asker->uid;
	r->started_real_ns = clock_realtime_ns();
	log_record(r, q->slot, "start");
}

enum broker_start
broker_start(struct broker *b, const struct broker_asker *asker, struct request *r)
{
	uint32_t slot = 0;

	if (b->is_closed)
		return BROKER_BROKEN;
	if (r->is_validation && !broker_has_place(b))
		return BROKER_WAITS;
	if (!r->is_validation && broker_is_full(b))
		return BROKER_FULL;
	while (slot < SLOTS_MAX && b->is_used[slot])
		slot++;
	if (slot == SLOTS_MAX)
		return BROKER_FULL;
	identify(r, slot);
	slots_take(&b->config->slots->slot[slot]);
	if (!pass_on(b, asker->fd, r))
		return BROKER_BROKEN;
	b->is_used[slot] = true;
	b->is_validation[slot] = r->is_validation;
	b->is_stopped[slot] = false;
	b->asker[slot] = asker->number;
	metrics_add_start(b->metrics, r->is_validation);
	if (!r->is_validation)
		remember(b, asker, r);
	return BROKER_STARTED;
}

/* A process that died while libpcap compiled ran into a limit, or into a bug of libpcap:
 * either way it was the filter. */
static void
read_death(const struct broker *b, const struct slot *s, struct broker_event *e)
{
	e->outcome = BROKER_FAILED;
	e->status = 500;
	e->why = span_str("the capture process died");
	if (s->state != SLOT_COMPILING || !WIFSIGNALED(s->wait_status))
		return;
	e->status = 400;
	e->why = span_str(
	    compile_limits_killed(WTERMSIG(s->wait_status), b->config->may_resolve));
}

static void
read_failure(const struct slot *s, struct broker_event *e)
{
	unsigned status = s->status;

	e->why = span_of(s->why, strnlen(s->why, SLOTS_WHY_SIZE));
	e->status = status >= 400 && status <= 599 ? status : 500;
	e->outcome = BROKER_FAILED;
	if (status == 200 && s->end == SLOT_END_VALIDATED)
		e->outcome = BROKER_VALID;
	else if (s->problem == SLOT_PROBLEM_NO_INTERFACE)
		e->outcome = BROKER_NO_INTERFACE;
}

/* What the slot's asker is waiting for; false: it has to wait on. */
static bool
read_outcome(const struct broker *b, const struct slot *s, struct broker_event *e)
{
	bool has_exited = s->has_exited; /* looked at first: the state is then the last */
	uint32_t state = s->state;

	e->outcome = BROKER_COMMITTED;
	e->status = 0;
	e->why = span_of(NULL, 0);
	if (state == SLOT_COMMITTED)
		return true;
	if (state == SLOT_FAILED)
		read_failure(s, e);
	else if (has_exited)
		read_death(b, s, e);
	else
		return false;
	return true;
}

/* The capture's last word: in the log, in /captures and in the sums. */
static void
close_record(struct broker *b, uint32_t i, uint64_t now_ns)
{
	struct record *r = &b->records[i];

	record_update(r, &b->config->slots->slot[i]);
	r->ended_real_ns = clock_realtime_ns();
	log_record(r, i, "end");
	metrics_add_end(b->metrics, r);
	b->past[b->n_past++ % BROKER_PAST_MAX] = *r;
	tally_add(&b->tallies, r, now_ns);
}

static bool
is_running(const struct broker *b, uint32_t i)
{
	return b->is_used[i] && !b->is_validation[i];
}

/* The slot of the capture that runs, or SLOTS_MAX. */
static uint32_t
find_running(const struct broker *b, const uint8_t id[static REQUEST_ID_SIZE])
{
	uint32_t found = SLOTS_MAX;

	for (uint32_t i = 0; i < SLOTS_MAX; i++)
		if (is_running(b, i) && b->records[i].request.has_id &&
		    tally_is_id(b->records[i].request.id, id))
			found = i;
	return found;
}

/* Idempotent. One that cannot be sent is sent again with the next question. */
static void
stop_capture(struct broker *b, uint32_t slot)
{
	struct message_stop stop = {.slot = slot};

	if (!b->is_stopped[slot])
		b->is_stopped[slot] = send(b->launcher_fd, &stop, sizeof(stop),
					   MSG_NOSIGNAL) == (ssize_t)sizeof(stop);
}

enum broker_count
broker_count(struct broker *b, const uint8_t id[static REQUEST_ID_SIZE], bool is_stop,
	     uint64_t now_ns, struct tally *tally)
{
	const struct tally *kept = tally_find(&b->tallies, id, now_ns);
	uint32_t slot = find_running(b, id);

	if (kept) {
		*tally = *kept;
		return BROKER_COUNTED;
	}
	if (slot == SLOTS_MAX)
		return BROKER_UNKNOWN;
	record_update(&b->records[slot], &b->config->slots->slot[slot]);
	*tally = tally_of(&b->records[slot]);
	if (!is_stop || tally->is_exact)
		return BROKER_COUNTED;
	stop_capture(b, slot);
	return BROKER_COUNT_WAITS;
}

void
broker_refresh(struct broker *b)
{
	for (uint32_t i = 0; i < SLOTS_MAX; i++)
		if (is_running(b, i))
			record_update(&b->records[i], &b->config->slots->slot[i]);
}

size_t
broker_sum_running(const struct broker *b, struct metrics *sum)
{
	size_t n = 0;

	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < SLOTS_MAX; i++) {
		if (!is_running(b, i))
			continue;
		metrics_add_end(sum, &b->records[i]);
		n++;
	}
	return n;
}

void
broker_put_captures(const struct broker *b, struct text *t)
{
	uint64_t first = b->n_past > BROKER_PAST_MAX ? b->n_past - BROKER_PAST_MAX : 0;
	const char *comma = "";

	text_str(t, "{\"running\":[");
	for (uint32_t i = 0; i < SLOTS_MAX; i++) {
		if (!is_running(b, i))
			continue;
		text_str(t, comma);
		record_put_json(t, i, &b->records[i], NULL);
		comma = ",\n";
	}
	text_str(t, "],\n\"ended\":[");
	comma = "";
	for (uint64_t i = first; i < b->n_past; i++) {
		const struct record *r = &b->past[i % BROKER_PAST_MAX];

		text_str(t, comma);
		record_put_json(t, r->request.slot, r, NULL);
		comma = ",\n";
	}
	text_str(t, "]}\n");
}

bool
broker_has_place(const struct broker *b)
{
	return !b->is_closed && count_used(b, true) < SLOTS_VALIDATIONS_MAX;
}

bool
broker_is_full(const struct broker *b)
{
	return b->is_closed || count_used(b, false) >= b->config->max_captures;
}

bool
broker_is_busy(const struct broker *b)
{
	return count_used(b, false) + count_used(b, true) > 0;
}

void
broker_forget(struct broker *b, uint32_t number)
{
	for (size_t i = 0; i < SLOTS_MAX; i++)
		if (b->asker[i] == number)
			b->asker[i] = NOBODY;
}

/* Nothing disappears from a capture without a word. */
static void
tell_left(struct broker *b, uint32_t i)
{
	struct record *r = &b->records[i];
	static char line[LOG_LINE_MAX];
	struct text t;

	record_update(r, &b->config->slots->slot[i]);
	text_init(&t, line, sizeof(line));
	while (record_put_left_line(&t, i, r)) {
		log_text(LOG_WARNING, &t);
		text_init(&t, line, sizeof(line));
	}
}

bool
broker_next_event(struct broker *b, uint64_t now_ns, struct broker_event *e)
{
	for (uint32_t i = 0; i < SLOTS_MAX; i++) {
		struct slot *s = &b->config->slots->slot[i];

		if (is_running(b, i))
			tell_left(b, i);
		if (b->is_used[i] && b->asker[i] != NOBODY && read_outcome(b, s, e)) {
			e->number = (uint32_t)b->asker[i];
			b->asker[i] = NOBODY;
			return true;
		}
		if (!b->is_used[i] || b->asker[i] != NOBODY || !s->has_exited)
			continue;
		if (!b->is_validation[i])
			close_record(b, i, now_ns);
		slots_advance(s, SLOT_FREE);
		b->is_used[i] = false;
	}
	return false;
}
