/* The file of --names. It knows no packets. */
#include "cli/output/names_file.h"

#include <stdlib.h>
#include <string.h>

#include "pcap/ng_names.h"
#include "sys/log.h"
#include "sys/tls/name.h"
#include "sys/trust.h"

#define BODY_MAX (64u * 1024) /* of one block */
#define WORD_MAX 64	      /* of an address */

/* NULL, or what is wrong with the line. */
static const char *
read_line(struct span line, struct print_name *to)
{
	struct span address = span_take_word(&line);
	char text[WORD_MAX];

	to->name = span_take_word(&line);
	if (address.n >= sizeof(text))
		return "not an address";
	memcpy(text, address.p, address.n);
	text[address.n] = '\0';
	to->size = (uint8_t)tls_name_address(text, to->address);
	if (to->size == 0)
		return "not an address";
	if (to->name.n == 0)
		return "an address without a name";
	return to->name.n > NG_NAMES_NAME_MAX ? "a name of more than 255 bytes" : NULL;
}

/* Equal addresses keep the order of the file: the first stands first. */
static int
compare(const void *one, const void *other)
{
	const struct print_name *a = one;
	const struct print_name *b = other;
	int c = print_names_compare(a, b);

	return c != 0 ? c : (a->name.p > b->name.p) - (a->name.p < b->name.p);
}

static void
sort(struct names_file *f)
{
	size_t n = 0;

	qsort(f->list, f->names.n, sizeof(*f->list), compare);
	for (size_t i = 0; i < f->names.n; i++)
		if (n == 0 || print_names_compare(&f->list[n - 1], &f->list[i]) != 0)
			f->list[n++] = f->list[i];
	f->names.n = n;
	f->names.list = f->list;
}

static size_t
count_lines(struct span text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

static bool
fail(struct names_file *f, size_t line, const char *what, struct text *why)
{
	names_file_fini(f);
	text_str(why, "--names: line ");
	text_u64(why, line);
	text_str(why, ": ");
	text_str(why, what);
	return false;
}

bool
names_file_parse(struct names_file *f, struct span text, struct text *why)
{
	*f = (struct names_file){.list = calloc(count_lines(text), sizeof(*f->list))};
	if (!f->list)
		return fail(f, 0, "out of memory", why);
	for (size_t number = 1; text.n > 0; number++) {
		struct span line = span_split(&text, '\n');
		struct span look;
		const char *what;

		line.n = span_find(line, '#');
		look = line;
		if (span_take_word(&look).n == 0)
			continue;
		what = read_line(line, &f->list[f->names.n++]);
		if (what)
			return fail(f, number, what, why);
	}
	sort(f);
	return true;
}

bool
names_file_read(struct names_file *f, const char *path)
{
	char mem[LOG_LINE_MAX];
	struct text why;
	char *bytes;
	size_t n;

	text_init(&why, mem, sizeof(mem));
	if (!path || (trust_read("--names", path, &bytes, &n, &why) &&
		      names_file_parse(f, span_of(bytes, n), &why)))
		return true;
	log_text(LOG_ERROR, &why);
	return false;
}

void
names_file_put(const struct names_file *f, struct interfaces *all)
{
	uint8_t *body = f->names.n > 0 ? malloc(BODY_MAX) : NULL;
	size_t n = 0;

	for (size_t i = 0; body && i < f->names.n; i++) {
		const struct print_name *name = &f->list[i];
		struct savefile_block block;

		n += ng_names_put(body + n, name->address, name->size, name->name);
		if (i + 1 < f->names.n && n + NG_NAMES_RECORD_MAX <= BODY_MAX)
			continue;
		block = ng_names_block((uint32_t)n);
		interfaces_add_block(all, &block, span_of(body, n));
		n = 0;
	}
	free(body);
}

void
names_file_fini(struct names_file *f)
{
	free(f->list);
	*f = (struct names_file){.list = NULL};
}
