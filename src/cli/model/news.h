#ifndef CLI_MODEL_NEWS_H
#define CLI_MODEL_NEWS_H

#include "base/text.h"

/* What happened to many targets at once, as one line for all of which the same is said. */
#define NEWS_GROUPS_MAX 16
#define NEWS_NAMED_MAX	5	   /* of a group; the others are counted */
#define NEWS_NAMES_MAX	512	   /* bytes of these, more than one name has */
#define NEWS_WORDS_MAX	1024	   /* bytes; longer ones are cut */
#define NEWS_WAIT_NS	300000000u /* for others of which the same will be said */

struct news {
	unsigned n;
	uint64_t due_ns; /* when it is to be told; UINT64_MAX: there is none */
	struct news_group {
		uint32_t n;
		uint32_t n_named;
		size_t names_size;
		size_t words_size;
		char names[NEWS_NAMES_MAX];
		char words[NEWS_WORDS_MAX];
	} groups[NEWS_GROUPS_MAX];
};

/* None; also when all was told. */
void news_clear(struct news *news);

/* name and words are escaped already. False: no room for more groups. */
bool news_add(struct news *news, const char *name, struct span words, uint64_t now_ns);

/* "db1, db2 and db3", "db1, db2, db3, db4, db5 and 4 more". */
void news_put_names(const struct news_group *g, struct text *line);

/* "db1: words", "3 targets (db1, db2 and db3): words". */
void news_put(const struct news_group *g, struct text *line);

#endif
