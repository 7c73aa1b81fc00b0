#ifndef WORKER_CAPTURE_STREAM_H
#define WORKER_CAPTURE_STREAM_H

#include "base/buf.h"
#include "pcap/savefile.h"

/*
 * What goes to one client: packets become a capture file (classic pcap or pcapng), the
 * file becomes chunks of an HTTP body, and all of it waits in one queue of fixed size.
 * Pure: bytes in, bytes to send out.
 *
 *   stream_begin, then records, interfaces and statistics, then stream_commit: one chunk
 */
#define STREAM_QUEUE_BYTES (1024u * 1024)
#define STREAM_CHUNK_TAIL  2
/* What the largest packet can need with its framing, and interface and statistics blocks
 * with it: room for this is kept, so that a batch can always finish. */
#define STREAM_RESERVE	      (SAVEFILE_SNAPLEN_MAX + 20480u)
#define STREAM_INTERFACES_MAX 1024
#define STREAM_NAME_SIZE      16 /* IFNAMSIZ: a name and its terminator */

struct stream_options {
	bool is_chunked;
	bool is_ng;
	bool is_nano; /* classic pcap; pcapng always is */
	uint32_t linktype;
	uint32_t payload_max; /* told in each interface block; CAPTURE_PAYLOAD_ALL: not */
};

struct stream {
	struct stream_options options;
	struct buf queue;
	size_t chunk_at; /* where the open chunk's head stands, relative to queue.head */
	bool is_open;
	uint32_t n_interfaces;
	uint32_t last; /* id of the interface of the last packet */
	uint32_t ifindex[STREAM_INTERFACES_MAX]; /* by interface id; 0: all of them */
	bool is_renamed[STREAM_INTERFACES_MAX];	 /* since: no packet goes there */
	uint64_t packets[STREAM_INTERFACES_MAX];
	char names[STREAM_INTERFACES_MAX][STREAM_NAME_SIZE];
	uint8_t mem[STREAM_QUEUE_BYTES + STREAM_RESERVE];
};

void stream_init(struct stream *s, const struct stream_options *options);

/* Puts bytes that are no part of the body (the response head). */
void stream_put_head(struct stream *s, struct span head);

/* Whether there is room for one more batch; false: send first, packets wait in the ring. */
bool stream_has_room(const struct stream *s);

/* Room within a batch: for one more record. */
bool stream_may_continue(const struct stream *s);

/* Opens a chunk; needs stream_has_room. */
void stream_begin(struct stream *s);

/* The file's first bytes: header or section, of a host's capture, and the first interface,
 * named name: that of ifindex, or all of them (0). */
void stream_put_file_head(struct stream *s, struct span host, uint32_t ifindex,
			  struct span name, struct span filter, struct span os,
			  struct span userappl);

/*
 * The interface id of ifindex (pcapng), or UINT32_MAX when it has no block yet: then
 * stream_put_interface first. Classic pcap, and a table that is full: 0.
 */
uint32_t stream_interface(struct stream *s, uint32_t ifindex);
uint32_t stream_put_interface(struct stream *s, uint32_t ifindex, struct span name);

/* The interface with this id (not that of all) is called name now: if that is another name
 * than its block has, its next packet finds no block (see above). */
void stream_note_name(struct stream *s, uint32_t id, struct span name);

void stream_put_record(struct stream *s, struct savefile_record *record,
		       const uint8_t *data);

/* pcapng only. */
void stream_put_statistics(struct stream *s,
			   const struct savefile_statistics *statistics);

/* Closes the chunk; one without bytes vanishes. */
void stream_commit(struct stream *s);

/* The last chunk; nothing follows. */
void stream_put_end(struct stream *s);

#endif
