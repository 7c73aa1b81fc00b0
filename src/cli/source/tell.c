/* News as lines of the log. */
#include "cli/source/tell.h"

#include "sys/log.h"

void
tell_now(struct news *news)
{
	for (unsigned i = 0; i < news->n; i++) {
		char mem[LOG_LINE_MAX];
		struct text line;

		text_init(&line, mem, sizeof(mem));
		news_put(&news->groups[i], &line);
		log_text(LOG_ERROR, &line);
	}
	news_clear(news);
}

void
tell_later(struct news *news, const char *name, const struct text *words, uint64_t now_ns)
{
	if (news_add(news, name, text_span(words), now_ns))
		return;
	tell_now(news);
	news_add(news, name, text_span(words), now_ns);
}

void
tell_uncounted(const char *name, const struct tally *t, bool is_first)
{
	log_line(is_first ? LOG_WARNING : LOG_DEBUG,
		 "%s: losses are known as \"at least\" only: GET /captures/ID: %s%s",
		 name, t->why,
		 is_first && t->has_refused
		     ? "; the worker was restarted, or a proxy passes only /capture, or "
		       "passes it to another worker"
		     : "");
}
