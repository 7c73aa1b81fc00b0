#ifndef PCAP_SURVEY_H
#define PCAP_SURVEY_H

#include "pcap/ng_reader.h"

/*
 * Which link types the packets of a capture file have, without reading the packets: of classic
 * pcap its own, if it has one packet; of pcapng those of the interfaces that packets name.
 */
enum survey_state { SURVEY_MAGIC, SURVEY_CLASSIC, SURVEY_NG, SURVEY_OVER };

struct survey {
	enum survey_state state;
	bool is_big_endian;
	uint32_t linktype; /* found last; UINT32_MAX: none */
	uint32_t skip;	   /* bytes of the present block that are not looked at */
	uint32_t kept_size;
	uint8_t kept[40]; /* a classic file's and record's headers */
	uint32_t n_linktypes;
	uint32_t section_first;
	uint16_t linktypes[NG_INTERFACES_MAX]; /* by interface */
};

enum survey_result {
	SURVEY_MORE,  /* in is used up */
	SURVEY_FOUND, /* *linktype: packets have it, too; call again */
	SURVEY_END    /* there is nothing more to find, or what follows is damaged */
};

void survey_init(struct survey *s);

/* Takes bytes off *in. */
enum survey_result survey_feed(struct survey *s, struct span *in, uint32_t *linktype);

#endif
