#ifndef SUPPORT_TRANSCRIPT_H
#define SUPPORT_TRANSCRIPT_H

#include <stddef.h>

#include "base/span.h"

/*
 * What a capture file reads as, in words, the events apart by "; ":
 *
 *   classic | ng | ddump              the start; ddump: pcapng from our own worker
 *   if LINKTYPE SNAPLEN [name=N] [description=D] [filter=F] [os=O]
 *   rec TIME CAPLEN/ORIGLEN @INTERFACE BYTES [flags=F] [comment=C]...
 *   stat TIME @INTERFACE [recv=N] [ifdrop=N] [osdrop=N] [deliv=N]
 *   bad OFFSET REASON
 *   end | end REASON                  what savefile_reader_eof says
 */
#define TRANSCRIPT_MAX 131072

void transcript_make(char out[static TRANSCRIPT_MAX], const struct span *pieces,
		     size_t n);

/*
 * Fails the test unless the n bytes at p read as want: whole, byte by byte, and cut in
 * two anywhere.
 */
void check_transcript(const char *file, int line, const void *p, size_t n,
		      const char *want);

#endif
