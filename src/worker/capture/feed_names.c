/* What the interfaces in a stream are called, now. */
#include "worker/capture/feed_names.h"

#include <string.h>

#include "pcap/linktype.h"

uint32_t
feed_names_of(const struct feed *f, const struct savefile_record *record,
	      const uint8_t *data)
{
	uint32_t index =
	    linktype_ifindex(capture_linktype(f->task->capture), data, record->caplen);
	char name[CAPTURE_NAME_SIZE];
	uint32_t id;
	struct text t;

	if (index == 0)
		index = f->task->stream->ifindex[0]; /* a capture of one */
	id = stream_interface(f->task->stream, index);
	if (id != UINT32_MAX)
		return id;
	text_init(&t, name, sizeof(name));
	if (capture_interface_name(f->task->capture, index, name)) {
		t.n = strlen(name);
	} else {
		text_str(&t, "if");
		text_u64(&t, index);
	}
	return stream_put_interface(f->task->stream, index, text_span(&t));
}

void
feed_names_look(const struct feed *f)
{
	const struct stream *s = f->task->stream;
	uint32_t n =
	    s->n_interfaces < FEED_NAMES_LOOKS ? s->n_interfaces : FEED_NAMES_LOOKS;
	uint64_t tick = f->next_tick_real_ns / f->tick_ns;
	char name[CAPTURE_NAME_SIZE];

	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = (uint32_t)((tick * n + i) % s->n_interfaces);

		if (!s->is_renamed[id] &&
		    capture_interface_name(f->task->capture, s->ifindex[id], name))
			stream_note_name(f->task->stream, id, span_str(name));
	}
}
