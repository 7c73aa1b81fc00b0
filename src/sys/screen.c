/* Drawing on a terminal. What the lines say is not known here. */
#include "sys/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

#define ERASE_LINE  "\x1b[K"
#define ERASE_BELOW "\x1b[J"

#define FLAGS (O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static bool
knows_sequences(const char *term)
{
	return term && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

/* Another user's terminal (after su) cannot be opened by its name, but as our own. */
int
screen_open(struct screen *s)
{
	s->fd = -1;
	s->is_shown = false;
	s->sent = 0;
	s->n = 0;
	if (isatty(STDERR_FILENO) != 1 || !knows_sequences(getenv("TERM")))
		return -ENOTTY;
	s->fd = open("/proc/self/fd/2", FLAGS);
	if (s->fd < 0 && tcgetpgrp(STDERR_FILENO) > 0)
		s->fd = open("/dev/tty", FLAGS);
	return s->fd < 0 ? -errno : 0;
}

enum screen_place
screen_place(const struct screen *s)
{
	pid_t foreground = tcgetpgrp(s->fd);

	if (foreground < 0)
		return SCREEN_FOREIGN;
	return foreground == getpgrp() ? SCREEN_FOREGROUND : SCREEN_BACKGROUND;
}

void
screen_size(const struct screen *s, unsigned *width, unsigned *height)
{
	struct winsize size = {0};

	if (ioctl(s->fd, TIOCGWINSZ, &size) < 0)
		size = (struct winsize){0};
	*width = size.ws_col > 0 ? size.ws_col : 80;
	*height = size.ws_row > 0 ? size.ws_row : 24;
}

/* Whether nothing is left: what was begun has to be finished before anything else. */
static bool
flush(struct screen *s)
{
	while (s->sent < s->n) {
		ssize_t rc = write(s->fd, s->mem + s->sent, s->n - s->sent);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0 && errno != EAGAIN)
			s->sent = s->n;
		if (rc <= 0)
			break;
		s->sent += (size_t)rc;
	}
	return s->sent == s->n;
}

static void
put_up(struct text *t, unsigned lines)
{
	if (lines == 0)
		return;
	text_str(t, "\x1b[");
	text_u64(t, lines);
	text_char(t, 'A');
}

void
screen_draw(struct screen *s, struct span lines)
{
	unsigned below = 0;
	struct text t;

	if (s->fd < 0 || !flush(s))
		return;
	text_init(&t, s->mem, sizeof(s->mem));
	text_char(&t, '\r');
	for (;;) {
		text_put(&t, span_split(&lines, '\n'));
		text_str(&t, ERASE_LINE);
		if (lines.n == 0)
			break;
		text_str(&t, "\r\n");
		below++;
	}
	text_str(&t, ERASE_BELOW "\r");
	put_up(&t, below);
	if (t.is_cut)
		return;
	s->sent = 0;
	s->n = t.n;
	s->is_shown = true;
	flush(s);
}

void
screen_erase(struct screen *s)
{
	static const char sequence[] = "\r" ERASE_BELOW;

	if (s->fd < 0 || !s->is_shown || !flush(s))
		return;
	s->is_shown = false;
	memcpy(s->mem, sequence, sizeof(sequence) - 1);
	s->sent = 0;
	s->n = sizeof(sequence) - 1;
	flush(s);
}

void
screen_forget(struct screen *s)
{
	s->is_shown = false;
	s->sent = s->n;
}

static void
wait_until_writable(const struct screen *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLOUT};

	poll(&p, 1, SCREEN_END_MS);
}

void
screen_close(struct screen *s)
{
	if (s->fd < 0)
		return;
	if (!flush(s))
		wait_until_writable(s);
	screen_erase(s);
	if (!flush(s))
		wait_until_writable(s);
	flush(s);
	close(s->fd);
	s->fd = -1;
}
