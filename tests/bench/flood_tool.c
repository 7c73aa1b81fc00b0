/*
 * Sends UDP frames as fast as it can, or at a rate, out of one interface after the other:
 *
 *   flood_tool COUNT RATE SIZE INTERFACE...      RATE 0: no limit; SIZE: of the frame
 *
 * Prints how many it sent and how long that took. For benchmarks only.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH	   64
#define INTERFACES 16
#define FRAME_MAX  1514
#define FRAME_MIN  60

static uint8_t frame[FRAME_MAX];
static struct mmsghdr messages[BATCH];
static struct iovec part;

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int
open_on(const char *name)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || to.sll_ifindex == 0 ||
	    bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

/* To nobody's hardware address: the other end counts it and passes it no further. */
static void
make_frame(size_t size)
{
	static const uint8_t head[] = {2,  0,	 0,  0,	 0,    0x99, 2,	   0,	0, 0,
				       0,  0x98, 8,  0,	 0x45, 0,    0,	   0,	0, 0,
				       64, 0,	 64, 17, 0,    0,    10,   9,	0, 1,
				       10, 9,	 0,  2,	 0x27, 0x0f, 0x27, 0x0f};

	memcpy(frame, head, sizeof(head));
	frame[16] = (uint8_t)((size - 14) >> 8);
	frame[17] = (uint8_t)(size - 14);
	frame[38] = (uint8_t)((size - 34) >> 8);
	frame[39] = (uint8_t)(size - 34);
	part = (struct iovec){frame, size};
	for (int i = 0; i < BATCH; i++)
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
}

int
main(int argc, char **argv)
{
	int fds[INTERFACES];
	int n_fds = argc - 4;
	uint64_t count, sent = 0;
	double rate, begin;
	size_t size;

	if (n_fds < 1 || n_fds > INTERFACES)
		return 2;
	count = strtoull(argv[1], NULL, 10);
	rate = strtod(argv[2], NULL);
	size = strtoul(argv[3], NULL, 10);
	if (size < FRAME_MIN || size > FRAME_MAX)
		return 2;
	for (int i = 0; i < n_fds; i++)
		fds[i] = open_on(argv[4 + i]);
	make_frame(size);
	begin = now();
	for (int i = 0; sent < count; i = (i + 1) % n_fds) {
		unsigned n = count - sent < BATCH ? (unsigned)(count - sent) : BATCH;
		int done = sendmmsg(fds[i], messages, n, 0);

		sent += done > 0 ? (uint64_t)done : 0;
		while (rate > 0 && (double)sent / rate > now() - begin) {
			struct timespec pause = {0, 200000};

			nanosleep(&pause, NULL);
		}
	}
	printf("%llu %.6f\n", (unsigned long long)sent, now() - begin);
	return 0;
}
