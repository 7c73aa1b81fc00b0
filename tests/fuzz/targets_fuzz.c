/*
 * Any bytes as a file of targets (src/cli/target/list.c), and each of them as a target
 * (src/cli/target/target.c, src/cli/target/label.c, src/cli/target/request.c): the list,
 * written as a file, reads the same; a refused file leaves no part of a line; names are
 * plain; and a request that is made for one is one request, whatever stands in it.
 */
#include "cli/target/list.h"

#include "cli/target/target.h"
#include "fuzz/fuzz.h"
#include "http/head.h"

static const char **list;
static struct options options;
static char mem[HTTP_HEAD_MAX];

static void
forget(void)
{
	for (size_t i = 0; i < options.n_targets; i++)
		free((void *)(uintptr_t)options.targets[i]);
	options.n_targets = 0;
}

static void
check_request(const struct target *t, bool is_side)
{
	static struct http_request_head head;
	struct text out;
	size_t seen = 0, size;

	text_init(&out, mem, sizeof(mem));
	if (is_side ? !target_side_request(t, "clock", &out)
		    : !target_request(t, &options, "remote=1; local=2-3", "", &out))
		return;
	require(http_head_parse_request(text_span(&out), &seen, &head, &size) ==
		    HTTP_HEAD_OK &&
		size == out.n && head.method == HTTP_METHOD_GET &&
		head.fields.n == (is_side ? 2u : 6u) + t->url.has_user);
}

static void
check_target(const char *text)
{
	static struct target t;
	const char *wrong = target_parse(&t, text);
	struct text out;

	require(t.name[0] != '\0' && fuzz_is_plain(span_str(t.name)));
	if (wrong)
		return;
	text_init(&out, mem, sizeof(mem));
	target_put_text(&t, &out);
	require(!out.is_cut && fuzz_is_plain(text_span(&out)));
	require(target_is_same(&t, &t));
	if (!t.ops->is_http)
		return;
	check_request(&t, false);
	check_request(&t, true);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char file[2048], why_mem[256];
	struct text t, why;
	size_t n;

	text_init(&t, file, sizeof(file));
	text_init(&why, why_mem, sizeof(why_mem));
	if (!target_list_take(&options, &list, span_of(data, size), &why)) {
		require(why.n > 0 && options.n_targets == 0);
		return 0;
	}
	n = options.n_targets;
	for (size_t i = 0; i < n; i++) {
		check_target(options.targets[i]);
		text_str(&t, options.targets[i]);
		text_str(&t, "\r\n");
	}
	if (!t.is_cut) {
		require(target_list_take(&options, &list, text_span(&t), &why) &&
			options.n_targets == 2 * n);
		for (size_t i = 0; i < n; i++)
			require(strcmp(options.targets[i], options.targets[n + i]) == 0);
	}
	forget();
	return 0;
}
