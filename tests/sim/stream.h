#ifndef SIM_STREAM_H
#define SIM_STREAM_H

#include "sim/worker.h"

/* What a worker sends: blocks or records, as one chunk. */
#define STREAM_MAX (4u << 20)

struct stream {
	enum sim_way way;
	size_t n;
};

void sim_stream_begin(struct stream *s, enum sim_way way);
size_t sim_stream_size(const struct stream *s);

/* What stands at the beginning of a stream. */
void sim_stream_put_head(struct stream *s);

/* The bytes of a packet with its link header, size in all. */
size_t sim_stream_packet(const struct stream *s, uint8_t *out, size_t size, uint32_t host,
			 uint64_t number);

/* is_first: its interface has not been described yet. */
void sim_stream_put_packet(struct stream *s, bool is_first, uint64_t time_ns,
			   const uint8_t *data, size_t n);
void sim_stream_put_statistics(struct stream *s, const struct sim_capture *k,
			       uint64_t time_ns, const char *comment);
void sim_stream_put_own(struct stream *s, uint64_t delivered, uint64_t time_ns);

/* Nothing, if nothing was put. */
void sim_stream_send(struct stream *s, struct sim_conn *c);

#endif
