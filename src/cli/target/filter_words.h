#ifndef CLI_TARGET_FILTER_WORDS_H
#define CLI_TARGET_FILTER_WORDS_H

#include "base/span.h"

/* Targets that read as a filter, as tcpdump takes one behind its flags. Pure. */

/*
 * How many of the n words in list, from the first on, read as a pcap-filter(7) expression
 * together; 0: the first is no word of one. Digits alone count as such a word.
 */
size_t filter_words_count(const char *const *list, size_t n);

#endif
