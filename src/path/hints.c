/* A table that forgets: one place for each key. */
#include "path/hints.h"

#include <string.h>

#include "base/siphash.h"

static struct path_hint *
hint_at(const struct path *p, uint16_t from, const struct path_tuple *tuple,
	uint64_t *key)
{
	uint64_t words[3] = {0, 0, from};

	if (tuple) {
		memcpy(words, tuple->address[1], 16);
		words[2] |= (uint64_t)tuple->version << 16;
	}
	*key = siphash_words(p->options.seed, words, 3);
	return &p->hints[*key & (PATH_HINTS - 1)];
}

static void
put(struct path *p, uint16_t from, uint16_t to, const struct path_tuple *tuple)
{
	uint64_t key;
	struct path_hint *hint = hint_at(p, from, tuple, &key);

	*hint = (struct path_hint){.key = key, .to = to, .is_set = true};
}

void
path_hints_put(struct path *p, uint16_t from, uint16_t to, const struct path_tuple *tuple)
{
	put(p, from, to, tuple);
	put(p, from, to, NULL);
}

uint16_t
path_hints_get(const struct path *p, uint16_t from, const struct path_tuple *tuple)
{
	uint64_t key;
	const struct path_hint *hint = hint_at(p, from, tuple, &key);

	return hint->key == key && hint->is_set ? hint->to : PATH_NO_CLASS;
}
