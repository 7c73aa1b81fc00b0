/*
 * Serves captures as HTTP/1.1 streams on loopback, as fast as they are read:
 *
 *   serve_tool SOURCES PACKETS      prints its port; ends when all were served
 *
 * Source i is asked for as /i. Classic pcap, SLL, 100-byte packets at random among the
 * sources, in chunks of 64 KiB.
 * Bodies begin when all sources are asked for. For benchmarks only.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pcap/classic_write.h"

#define PACKET	100u
#define RECORD	(CLASSIC_RECORD_HEADER + PACKET)
#define CHUNK	65536u
#define FRAMING 9u /* "\r\n10000\r\n" */
#define GAP_NS	1000u
#define QUANTUM (256u * 1024)
#define REQUEST 8192

struct stream {
	int fd;
	uint8_t *bytes; /* the body, framed */
	size_t n, at;
};

static uint64_t random_state = 88172645463325252u;

static uint64_t
next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint8_t *
make_body(uint32_t n_packets, uint32_t n_sources, size_t *size)
{
	uint8_t *body = malloc(CLASSIC_FILE_HEADER + (size_t)n_packets * RECORD);
	struct savefile_record r = {
	    .time_ns = 1700000000000000000u, .caplen = PACKET, .origlen = PACKET};
	uint8_t *p = body + CLASSIC_FILE_HEADER;

	classic_write_file_header(body, false, SAVEFILE_LINKTYPE_SLL, 65535);
	for (uint32_t i = 0; i < n_packets; i++, p += RECORD) {
		r.time_ns += next_random() % (2 * GAP_NS) * n_sources;
		classic_write_record_header(p, false, &r);
		memset(p + CLASSIC_RECORD_HEADER, (int)i, PACKET);
	}
	*size = (size_t)(p - body);
	return body;
}

static void
make_stream(struct stream *s, uint32_t n_packets, uint32_t n_sources)
{
	static const char head[] =
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	size_t size;
	uint8_t *body = make_body(n_packets, n_sources, &size);
	uint8_t *p = s->bytes =
	    malloc(size + (size / CHUNK + 2) * FRAMING + sizeof(head));

	p += sprintf((char *)p, "%s", head);
	for (size_t at = 0; at < size; at += CHUNK) {
		size_t n = size - at < CHUNK ? size - at : CHUNK;

		p += sprintf((char *)p, "%s%05zx\r\n", at > 0 ? "\r\n" : "", n);
		memcpy(p, body + at, n);
		p += n;
	}
	p += sprintf((char *)p, "\r\n00000\r\n\r\n");
	s->n = (size_t)(p - s->bytes);
	free(body);
}

static int
listen_anywhere(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(fd, 4096) < 0 || getsockname(fd, (struct sockaddr *)&at, &n) < 0) {
		perror("serve_tool");
		exit(1);
	}
	printf("%u\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

/* Returns which stream is asked for: "GET /7 ". */
static uint32_t
take_request(int fd)
{
	char request[REQUEST + 1];
	size_t n = 0;

	do {
		ssize_t got = recv(fd, request + n, REQUEST - n, 0);

		if (got <= 0)
			exit(1);
		n += (size_t)got;
		request[n] = '\0';
	} while (strstr(request, "\r\n\r\n") == NULL);
	return (uint32_t)strtoul(request + 5, NULL, 10);
}

static void
push(struct stream *s, struct pollfd *p)
{
	size_t n = s->n - s->at < QUANTUM ? s->n - s->at : QUANTUM;
	ssize_t sent = send(s->fd, s->bytes + s->at, n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent > 0)
		s->at += (size_t)sent;
	if (s->at == s->n) {
		close(s->fd);
		p->fd = -1;
	}
}

int
main(int argc, char **argv)
{
	uint32_t k = argc == 3 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	uint32_t n = k > 0 ? (uint32_t)strtoul(argv[2], NULL, 10) / k : 0;
	struct stream *streams = calloc(k + 1, sizeof(*streams));
	struct pollfd *polls = calloc(k + 1, sizeof(*polls));
	uint32_t left = k;
	int fd;

	if (n == 0)
		return 2;
	for (uint32_t i = 0; i < k; i++)
		make_stream(&streams[i], n, k);
	fd = listen_anywhere();
	for (uint32_t i = 0; i < k; i++)
		polls[i].fd = accept(fd, NULL, NULL);
	for (uint32_t i = 0; i < k; i++)
		streams[take_request(polls[i].fd) % k].fd = polls[i].fd;
	for (uint32_t i = 0; i < k; i++)
		polls[i] = (struct pollfd){streams[i].fd, POLLOUT, 0};
	while (left > 0) {
		poll(polls, k, -1);
		left = 0;
		for (uint32_t i = 0; i < k; i++) {
			if (polls[i].revents != 0)
				push(&streams[i], &polls[i]);
			left += polls[i].fd >= 0;
		}
	}
	return 0;
}
