/*
 * What sys/tls/tls.h says of one server: tls_probe ADDRESS PORT [name=value ...]
 *   host ca cert key pass   as in struct tls_options; host: what the certificate is for
 *   max=1.2 insecure=1      the same
 *   send=TEXT write=N       after the handshake: TEXT, or N bytes of 0x55
 *   read=N                  then reads until N bytes (to stdout) or the end; -1: no limit
 *   step=N                  bytes asked for at once
 *   sessions=N              opens N and says what one of them takes of memory
 * On stderr, a line each: "config: ...", "handshake: ...", "write: N result", "read: N
 * result", "waits: in N out N pending N". Exit status: 0, or 1 when something failed; 2 for the harness itself.
 */
#include "sys/tls/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define PATIENCE_MS 30000
#define SESSIONS    1000

static uint8_t mem[256 * 1024];
static char **values;
static long waits_in, waits_out, pending;

static const char *
value(const char *name)
{
	size_t n = strlen(name);

	for (char **v = values; *v != NULL; v++)
		if (strncmp(*v, name, n) == 0 && (*v)[n] == '=')
			return *v + n + 1;
	return NULL;
}

static void
die(const char *what)
{
	fprintf(stderr, "tls_probe: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int
dial(const char *address, const char *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	in.sin_port = htons((uint16_t)atoi(port));
	if (inet_pton(AF_INET, address, &in.sin_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&in, sizeof in) < 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		die("connect");
	return fd;
}

/* True: wait is over, call again. */
static bool
wait_for(int fd, enum tls_result result)
{
	struct pollfd p = {.fd = fd,
			   .events = result == TLS_WANTS_OUT ? POLLOUT : POLLIN};

	if (result != TLS_WANTS_IN && result != TLS_WANTS_OUT)
		return false;
	waits_in += result == TLS_WANTS_IN;
	waits_out += result == TLS_WANTS_OUT;
	if (poll(&p, 1, PATIENCE_MS) <= 0) {
		fprintf(stderr, "tls_probe: nothing within %d ms\n", PATIENCE_MS);
		exit(2);
	}
	return true;
}

static const char *
cause_name(enum tls_cause cause)
{
	static const char *const names[] = {
	    [TLS_CAUSE_NONE] = "none",		 [TLS_CAUSE_CERTIFICATE] = "certificate",
	    [TLS_CAUSE_OFFER] = "offer",	 [TLS_CAUSE_ALERT] = "alert",
	    [TLS_CAUSE_TRUNCATED] = "truncated", [TLS_CAUSE_KEY_UPDATE] = "key-update",
	    [TLS_CAUSE_SOCKET] = "socket",	 [TLS_CAUSE_PROTOCOL] = "protocol",
	};

	return names[cause];
}

static bool
say(const char *what, long n, struct tls *t, enum tls_result result)
{
	fprintf(stderr, "%s: %ld ", what, n);
	if (result == TLS_FAILED)
		fprintf(stderr, "FAILED %s: %s\n", cause_name(tls_cause(t)),
			tls_reason(t));
	else
		fprintf(stderr, "%s\n", result == TLS_END ? "END" : "DONE");
	return result != TLS_FAILED;
}

static bool
handshake(struct tls *t, int fd)
{
	char text_mem[128];
	struct text text;
	enum tls_result result;

	do
		result = tls_handshake(t);
	while (wait_for(fd, result));
	if (result != TLS_DONE) {
		fprintf(stderr, "handshake: FAILED %s: %s\n", cause_name(tls_cause(t)),
			tls_reason(t));
		return false;
	}
	text_init(&text, text_mem, sizeof text_mem);
	tls_describe(t, &text);
	fprintf(stderr, "handshake: %s\n", text_cstr(&text));
	return true;
}

static bool
write_all(struct tls *t, int fd, const char *text, long count)
{
	long done = 0, all = text != NULL ? (long)strlen(text) : count;
	enum tls_result result = TLS_DONE;
	size_t n, at;
	int error;

	memset(mem, 0x55, sizeof mem);
	while (result == TLS_DONE && done < all) {
		at =
		    (size_t)(all - done) < sizeof mem ? (size_t)(all - done) : sizeof mem;
		do
			result = tls_write(
			    t, text != NULL ? (const uint8_t *)text + done : mem, at, &n,
			    &error);
		while (wait_for(fd, result));
		done += (long)n;
	}
	return say("write", done, t, result);
}

static bool
read_all(struct tls *t, int fd, long count, size_t step)
{
	enum tls_result result = TLS_DONE;
	long done = 0;
	size_t n, want;
	int error;

	while (result == TLS_DONE && (count < 0 || done < count)) {
		want = step;
		if (count >= 0 && (size_t)(count - done) < want)
			want = (size_t)(count - done);
		do {
			result = tls_read(t, mem, want, &n, &error);
			if (result == TLS_WANTS_IN && tls_has_pending(t))
				die("waits with bytes pending");
		} while (wait_for(fd, result));
		pending += tls_has_pending(t);
		for (size_t at = 0; at < n;) {
			ssize_t rc = write(1, mem + at, n - at);

			if (rc < 0)
				die("stdout");
			at += (size_t)rc;
		}
		done += (long)n;
	}
	return say("read", done, t, result);
}

static long
resident_kib(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL || fscanf(f, "%*d %ld", &pages) != 1)
		die("statm");
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int
many(const struct tls_config *c, char **argv, const char *host, int count)
{
	static struct tls *list[SESSIONS];
	static int fds[SESSIONS];
	struct timespec a, b;
	long before = 0;

	for (int i = 0; i < count && i < SESSIONS; i++) {
		fds[i] = dial(argv[1], argv[2]);
		list[i] = tls_open(c, fds[i], host);
		if (list[i] == NULL || !handshake(list[i], fds[i]))
			return 1;
		if (i > 0)
			continue;
		before = resident_kib();
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	fprintf(stderr, "session: %ld KiB, %ld us\n",
		(resident_kib() - before) / (count - 1),
		((b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000) /
		    (count - 1));
	for (int i = 0; i < count; i++)
		tls_close(list[i]);
	return 0;
}

static int
talk(struct tls *t, int fd)
{
	size_t step = value("step") != NULL ? (size_t)atol(value("step")) : sizeof mem;

	if (!handshake(t, fd))
		return 1;
	if (value("send") != NULL && !write_all(t, fd, value("send"), 0))
		return 1;
	if (value("write") != NULL && !write_all(t, fd, NULL, atol(value("write"))))
		return 1;
	return value("read") == NULL || read_all(t, fd, atol(value("read")), step) ? 0
										   : 1;
}

/* Closing with tickets unread would reset the connection, and lose what was written. */
static void
hang_up(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	shutdown(fd, SHUT_WR);
	while (poll(&p, 1, PATIENCE_MS) > 0 && read(fd, mem, sizeof mem) > 0)
		;
	close(fd);
}

int
main(int argc, char **argv)
{
	struct tls_options o = {0};
	char why_mem[1024];
	struct text why;
	struct tls_config *c;
	struct tls *t;
	int fd, status;

	if (argc < 3)
		return 2;
	values = argv + 3;
	o.ca = value("ca");
	o.cert_file = value("cert");
	o.key_file = value("key");
	o.key_pass_file = value("pass");
	o.is_insecure = value("insecure") != NULL;
	o.max = value("max") != NULL ? TLS_MAX_1_2 : TLS_MAX_1_3;
	text_init(&why, why_mem, sizeof why_mem);
	c = tls_config_new(&o, &why);
	if (c == NULL) {
		fprintf(stderr, "config: %s\n", text_cstr(&why));
		return 1;
	}
	if (value("sessions") != NULL) {
		status = many(c, argv, value("host"), atoi(value("sessions")));
		tls_config_free(c);
		return status;
	}
	fd = dial(argv[1], argv[2]);
	t = tls_open(c, fd, value("host"));
	if (t == NULL)
		die("tls_open");
	status = talk(t, fd);
	fprintf(stderr, "waits: in %ld out %ld pending %ld\n", waits_in, waits_out,
		pending);
	tls_close(t);
	hang_up(fd);
	tls_config_free(c);
	return status;
}
