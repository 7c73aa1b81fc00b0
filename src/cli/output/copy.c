/* Printed lines beside a capture file. Whole lines, in order, or none. */
#include "cli/output/copy.h"

#define WAIT_ONCE_MS 100

int
copy_open(struct copy *c, const struct print_options *options, bool has_color)
{
	printer_init(&c->printer, options, has_color);
	return sink_open(&c->sink, NULL);
}

static bool
has_room(const struct copy *c)
{
	return COPY_BYTES - c->n >= PRINT_MAX && c->n_packets < COPY_PACKETS_MAX;
}

/* Nothing moves: room comes back when all is written. */
void
copy_flush(struct copy *c)
{
	while (c->written < c->n && !c->is_gone) {
		long n = sink_write(&c->sink, c->mem + c->written, c->n - c->written);

		if (n == 0)
			return;
		c->is_gone = n < 0;
		c->written += n > 0 ? (size_t)n : 0;
	}
	if (c->is_gone)
		return;
	c->n = 0;
	c->written = 0;
	c->n_packets = 0;
}

void
copy_put(struct copy *c, const struct interfaces *all,
	 const struct savefile_record *record, const uint8_t *data)
{
	if (!has_room(c))
		copy_flush(c);
	if (c->is_gone || !has_room(c)) {
		c->n_left_out++;
		return;
	}
	c->n += printer_put(&c->printer, all, record, data, c->mem + c->n);
	c->ends[c->n_packets++] = (uint32_t)c->n;
}

void
copy_close(struct copy *c)
{
	copy_flush(c);
	for (int ms = 0; c->n > 0 && !c->is_gone && ms < COPY_WAIT_MS;
	     ms += WAIT_ONCE_MS) {
		sink_wait(&c->sink, WAIT_ONCE_MS);
		copy_flush(c);
	}
	for (uint32_t i = 0; i < c->n_packets; i++)
		c->n_left_out += c->ends[i] > c->written;
	sink_close(&c->sink);
}
