/* Which formats there are, and a walk over their units. */
#include "pcap/format.h"

extern const struct format format_classic;
extern const struct format format_ng;

static const struct format *const table[] = {&format_classic, &format_ng};

static size_t
put_no_head(uint8_t *out, const struct format_file *file)
{
	(void)out;
	(void)file;
	return 0;
}

const struct format format_text = {
    .name = "text", .time_max_ns = SAVEFILE_TIME_MAX - 1, .put_head = put_no_head};

const char *
format_names(void)
{
	return "pcap or pcapng";
}

const struct format *
format_find(struct span name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (span_eq(name, span_str(table[i]->name)))
			return table[i];
	return NULL;
}

const struct format *
format_of_path(const char *path)
{
	for (size_t i = 0; path && i < sizeof(table) / sizeof(table[0]); i++) {
		struct span name = span_str(table[i]->name);
		struct span rest = span_str(path);

		if (rest.n <= name.n || !span_ends_ci(rest, name))
			continue;
		rest.n -= name.n;
		if (rest.p[rest.n - 1] == '.')
			return table[i];
	}
	return table[0];
}

size_t
format_whole(const struct format *f, bool is_head, struct span bytes, uint64_t *n_records)
{
	struct span rest = bytes;

	*n_records = 0;
	while (rest.n > 0) {
		bool is_record;
		size_t size = f->unit(rest, is_head, &is_record);

		if (size > rest.n || size == 0)
			break;
		span_take(&rest, size);
		*n_records += is_record;
		is_head = false;
	}
	return bytes.n - rest.n;
}

size_t
format_rest(const struct format *f, bool is_head, struct span bytes, size_t at)
{
	uint64_t n_records;
	size_t begin = format_whole(f, is_head, span_of(bytes.p, at), &n_records);
	bool is_record;

	span_take(&bytes, begin);
	return at == begin
		   ? 0
		   : f->unit(bytes, is_head && begin == 0, &is_record) - (at - begin);
}
