/*
 * The least that a merge of serve_tool's streams costs in one thread: receive into place,
 * find the records, a tournament, one copy, write. It checks nothing, waits for nobody,
 * and knows its server.
 *
 *   floor_tool PORT SOURCES >OUT
 *
 * For benchmarks only: what ddump's processor time is compared with.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/tourney.h"

#define ROOM	  (256u * 1024)
#define OUT	  (256u * 1024)
#define LEAST	  4096u /* a read of less is not worth its call */
#define FRAMING	  9u	/* "\r\n10000\r\n" */
#define HEADER	  16u
#define FILE_HEAD 24u
#define AHEAD	  448 /* bytes */

struct stream {
	uint8_t *bytes;
	size_t head, tail;
	size_t left; /* of the chunk */
	int fd;
	bool is_over;
	size_t n_framing;
	char framing[FRAMING + 1];
};

static struct stream *streams;
static uint32_t k;
static uint8_t out[OUT];
static size_t n_out;

static void
require(bool is_so, const char *what)
{
	if (is_so)
		return;
	perror(what);
	exit(1);
}

static void
begin_chunk(struct stream *s)
{
	if (s->left > 0 || s->n_framing < FRAMING)
		return;
	s->left = strtoul(s->framing + 2, NULL, 16);
	s->is_over = s->left == 0;
	s->n_framing = 0;
}

/* Whether bytes came. */
static bool
fill(struct stream *s, int flags)
{
	struct iovec parts[2];
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	size_t used = s->tail - s->head;
	size_t room, in_place;
	ssize_t n;

	if (s->is_over)
		return false;
	if (s->head >= ROOM / 2 || used < LEAST) {
		memmove(s->bytes, s->bytes + s->head, used);
		s->head = 0;
		s->tail = used;
	}
	room = ROOM - s->tail;
	in_place = s->left < room ? s->left : room;
	if (room < LEAST)
		return false;
	parts[0] = (struct iovec){s->bytes + s->tail, in_place};
	parts[1] = (struct iovec){s->framing + s->n_framing,
				  in_place == s->left ? FRAMING - s->n_framing : 0};
	n = recvmsg(s->fd, &message, flags);
	if (n <= 0)
		return false;
	in_place = (size_t)n < in_place ? (size_t)n : in_place;
	s->tail += in_place;
	s->left -= in_place;
	s->n_framing += (size_t)n - in_place;
	begin_chunk(s);
	return true;
}

/* The size of the next record, 0 when it is not all there. */
static size_t
next_size(const struct stream *s)
{
	size_t n = s->tail - s->head;
	size_t size;

	if (n < HEADER)
		return 0;
	size = HEADER + bytes_le32(s->bytes + s->head + 8);
	return n < size ? 0 : size;
}

static uint64_t
next_key(uint32_t i)
{
	struct stream *s = &streams[i];
	const uint8_t *p;

	if (next_size(s) == 0) {
		for (uint32_t j = 0; j < k; j++)
			if (streams[j].tail - streams[j].head < ROOM / 2)
				fill(&streams[j], MSG_DONTWAIT);
		while (next_size(s) == 0 && !s->is_over)
			fill(s, 0);
		if (next_size(s) == 0)
			return TOURNEY_NONE;
	}
	p = s->bytes + s->head;
	return (uint64_t)bytes_le32(p) * 1000000 + bytes_le32(p + 4);
}

static void
flush(void)
{
	require(write(1, out, n_out) == (ssize_t)n_out, "write");
	n_out = 0;
}

static void
start(struct stream *s, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char request[64];
	ssize_t n = sprintf(request, "GET /%u HTTP/1.1\r\nHost: localhost\r\n\r\n",
			    (unsigned)(s - streams));

	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	s->bytes = malloc(ROOM);
	s->n_framing = 2; /* the first chunk has no line end before it */
	require(connect(s->fd, (struct sockaddr *)&at, sizeof(at)) == 0, "connect");
	require(write(s->fd, request, (size_t)n) == n, "request");
}

static void
skip_head(struct stream *s)
{
	uint32_t last = 0;
	uint8_t c;

	while (last != 0x0d0a0d0a) {
		require(recv(s->fd, &c, 1, 0) == 1, "head");
		last = last << 8 | c;
	}
	while (s->tail < FILE_HEAD)
		fill(s, 0);
	s->head = FILE_HEAD;
}

static void
merge(struct tourney *t)
{
	for (struct tourney_node top = tourney_top(t); top.key != TOURNEY_NONE;
	     top = tourney_top(t)) {
		struct stream *s = &streams[top.leaf];
		size_t size = next_size(s);

		if (n_out + size > OUT)
			flush();
		memcpy(out + n_out, s->bytes + s->head, size);
		n_out += size;
		s->head += size;
		__builtin_prefetch(s->bytes + s->head + AHEAD);
		tourney_set(t, top.leaf, next_key(top.leaf));
	}
}

int
main(int argc, char **argv)
{
	struct tourney t;

	if (argc != 3)
		return 2;
	k = (uint32_t)strtoul(argv[2], NULL, 10);
	streams = calloc(k, sizeof(*streams));
	for (uint32_t i = 0; i < k; i++)
		start(&streams[i], (uint16_t)strtoul(argv[1], NULL, 10));
	for (uint32_t i = 0; i < k; i++)
		skip_head(&streams[i]);
	memcpy(out, streams[0].bytes, FILE_HEAD);
	n_out = FILE_HEAD;
	tourney_init(&t, k, malloc(tourney_bytes(k)));
	for (uint32_t i = 0; i < k; i++)
		tourney_set(&t, i, next_key(i));
	merge(&t);
	flush();
	return 0;
}
