/* How much of a body may be read now. */
#include "cli/source/body.h"

#define HEADER_BYTES 16 /* of a classic record, the smaller of the two formats' */
#define QUEUED_EXTRA 32 /* bytes a record takes more in a queue than it has with this */
#define ALL_ROOM     64 /* a header that needs no more room in the queue */

static bool
has_bytes(const struct body *b)
{
	return b->is_parked || b->data.n > 0 || b->raw.n > 0;
}

/* The room for records as large as the mean of this connection's so far: if they are
 * smaller, the rest goes to the stash. */
size_t
body_room(const struct body *b)
{
	uint64_t room = merge_read_size(b->options.merge, b->options.id, ALL_ROOM);
	uint64_t n = body_received(b);
	uint64_t mean = n > 0 ? b->reader.offset / n : HEADER_BYTES;

	if (has_bytes(b))
		return 0;
	room = room * mean / (mean + QUEUED_EXTRA);
	if (room < b->open)
		room = b->open;
	return room < BODY_READ_MAX ? (size_t)room : BODY_READ_MAX;
}
