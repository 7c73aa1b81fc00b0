/* A capture on the loopback interface of a network of its own. */
#include "pcap/capture.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/check.h"
#include "support/child.h"

#define CAPTURES 40

static unsigned n_packets;

static bool
count(void *arg, const struct savefile_record *record, const uint8_t *data)
{
	(void)arg;
	(void)record;
	(void)data;
	n_packets++;
	return true;
}

/* Sends without end, so that packets come between a socket's birth and its filter. */
static pid_t
start_flood(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	alarm(20);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (;;)
		sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
}

static void
what_came_before_the_filter_is_nobodys_however_late_it_is_read(void **state)
{
	static const struct capture_options options = {.interface = "lo",
						       .linktype = UINT32_MAX,
						       .snaplen = SAVEFILE_SNAPLEN_MAX,
						       .payload_max = CAPTURE_PAYLOAD_ALL,
						       .ring_bytes = CAPTURE_RING_MIN};
	struct splice_insn insn = {.code = 0x06}; /* ret 0 */
	const struct splice_program nothing = {&insn, 1};
	const struct timespec late = {.tv_nsec = 200000000};
	struct capture *captures[CAPTURES];
	char mem[256];
	struct text why;
	bool is_empty;
	pid_t flood;

	(void)state;
	if (!child_enter_network())
		skip();
	flood = start_flood();
	text_init(&why, mem, sizeof(mem));
	for (int i = 0; i < CAPTURES; i++) {
		assert_int_equal(capture_open(&captures[i], &options, &why), CAPTURE_OK);
		assert_int_equal(capture_arm(captures[i], &nothing, &why), CAPTURE_OK);
	}
	nanosleep(&late, NULL);
	for (int i = 0; i < CAPTURES; i++) {
		assert_int_equal(capture_read(captures[i], count, NULL, &is_empty, &why),
				 CAPTURE_OK);
		capture_close(captures[i]);
	}
	kill(flood, SIGKILL);
	waitpid(flood, NULL, 0);
	assert_int_equal(n_packets, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		what_came_before_the_filter_is_nobodys_however_late_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
