/* The same words of many targets. It knows no target, no clock and no log. */
#include "cli/model/news.h"

#include <string.h>

static struct span
words_of(const struct news_group *g)
{
	return span_of(g->words, g->words_size);
}

static struct news_group *
find(struct news *news, struct span words)
{
	for (unsigned i = 0; i < news->n; i++)
		if (span_eq(words_of(&news->groups[i]), words))
			return &news->groups[i];
	return NULL;
}

static struct news_group *
begin(struct news *news, struct span words)
{
	struct news_group *g;

	if (news->n == NEWS_GROUPS_MAX)
		return NULL;
	g = &news->groups[news->n++];
	g->n = 0;
	g->n_named = 0;
	g->names_size = 0;
	g->words_size = words.n;
	if (words.n > 0)
		memcpy(g->words, words.p, words.n);
	return g;
}

/* Names are kept one behind the other, each with its end. */
static void
add_name(struct news_group *g, struct span name)
{
	size_t size = name.n + 1;

	g->n++;
	if (g->n_named + 1 < g->n || g->n_named == NEWS_NAMED_MAX ||
	    size > NEWS_NAMES_MAX - g->names_size)
		return;
	memcpy(g->names + g->names_size, name.p, name.n);
	g->names[g->names_size + name.n] = '\n';
	g->names_size += size;
	g->n_named++;
}

void
news_clear(struct news *news)
{
	news->n = 0;
	news->due_ns = UINT64_MAX;
}

bool
news_add(struct news *news, const char *name, struct span words, uint64_t now_ns)
{
	struct span kept = span_take(&words, NEWS_WORDS_MAX);
	struct news_group *g = find(news, kept);

	if (!g)
		g = begin(news, kept);
	if (!g)
		return false;
	add_name(g, span_str(name));
	if (news->due_ns == UINT64_MAX)
		news->due_ns = now_ns + NEWS_WAIT_NS;
	return true;
}

void
news_put_names(const struct news_group *g, struct text *line)
{
	struct span rest = span_of(g->names, g->names_size);
	uint32_t n_more = g->n - g->n_named;

	for (uint32_t i = 0; i < g->n_named; i++) {
		bool is_last = n_more == 0 && i + 1 == g->n_named;

		if (i > 0)
			text_str(line, is_last ? " and " : ", ");
		text_put(line, span_split(&rest, '\n'));
	}
	if (n_more > 0) {
		text_str(line, " and ");
		text_u64(line, n_more);
		text_str(line, " more");
	}
}

void
news_put(const struct news_group *g, struct text *line)
{
	if (g->n > 1) {
		text_u64(line, g->n);
		text_str(line, " targets (");
	}
	news_put_names(g, line);
	text_str(line, g->n > 1 ? "): " : ": ");
	text_put(line, words_of(g));
}
