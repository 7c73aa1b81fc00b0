/* The table of formats; files of our writers, cut at every byte. */
#include "pcap/format.h"

#include <stdlib.h>
#include <string.h>

#include "pcap/classic_write.h"
#include "pcap/ng_write.h"
#include "support/check.h"

#define UNITS_MAX 8

/* A file, and where its units end. */
struct file {
	uint8_t bytes[16384];
	size_t n;
	size_t ends[UNITS_MAX];
	uint64_t packets[UNITS_MAX]; /* up to there */
	size_t n_ends;
};

static void
end_unit(struct file *f, size_t size, bool is_packet)
{
	uint64_t before = f->n_ends > 0 ? f->packets[f->n_ends - 1] : 0;

	f->n += size;
	f->ends[f->n_ends] = f->n;
	f->packets[f->n_ends++] = before + is_packet;
}

static void
put_classic(struct file *f, uint32_t caplen)
{
	struct savefile_record r = {.time_ns = 1, .caplen = caplen, .origlen = caplen};

	classic_write_record_header(f->bytes + f->n, true, &r);
	memset(f->bytes + f->n + CLASSIC_RECORD_HEADER, 6, caplen);
	end_unit(f, CLASSIC_RECORD_HEADER + caplen, true);
}

static void
put_ng(struct file *f, uint32_t caplen)
{
	struct savefile_record r = {
	    .time_ns = 1, .caplen = caplen, .origlen = caplen, .flags = 1};
	size_t size = NG_PACKET_HEAD + caplen;

	ng_write_packet_head(f->bytes + f->n, &r, NULL);
	memset(f->bytes + f->n + NG_PACKET_HEAD, 6, caplen);
	size += ng_write_packet_tail(f->bytes + f->n + size, &r, NULL);
	end_unit(f, size, true);
}

static size_t
next_end(const struct file *f, size_t at)
{
	size_t i = 0;

	while (f->ends[i] < at)
		i++;
	return f->ends[i];
}

static void
check_every_cut(const struct file *f, const char *name, bool is_head)
{
	const struct format *format = format_find(span_str(name));

	assert_non_null(format);
	for (size_t cut = 0; cut <= f->n; cut++) {
		uint8_t *copy = malloc(cut + 1); /* ends where the file does */
		size_t want = 0;
		uint64_t want_packets = 0;
		uint64_t n_packets;

		assert_non_null(copy);
		memcpy(copy + 1, f->bytes, cut);
		for (size_t i = 0; i < f->n_ends && f->ends[i] <= cut; i++) {
			want = f->ends[i];
			want_packets = f->packets[i];
		}
		assert_int_equal(
		    format_whole(format, is_head, span_of(copy + 1, cut), &n_packets),
		    want);
		assert_int_equal(n_packets, want_packets);
		assert_int_equal(
		    format_rest(format, is_head, span_of(f->bytes, f->n), cut),
		    cut == want ? 0 : next_end(f, cut) - cut);
		free(copy);
	}
}

static void
a_classic_file_is_whole_at_each_record(void **state)
{
	static struct file f;

	(void)state;
	classic_write_file_header(f.bytes, true, 113, 262144);
	end_unit(&f, CLASSIC_FILE_HEADER, false);
	put_classic(&f, 0);
	put_classic(&f, 61);
	put_classic(&f, 1);
	check_every_cut(&f, "pcap", true);
}

static void
records_without_a_head_are_counted(void **state)
{
	static struct file f;

	(void)state;
	put_classic(&f, 40);
	put_classic(&f, 0);
	check_every_cut(&f, "pcap", false);
}

static void
a_pcapng_file_is_whole_at_each_block(void **state)
{
	static struct file f;
	struct savefile_interface i = {.linktype = 113, .name = span_str("db1/eth0")};
	struct savefile_statistics s = {.time_ns = 5, .has = SAVEFILE_HAS_USRDELIV};

	(void)state;
	end_unit(&f, ng_write_section(f.bytes, span_str(""), span_str(""), span_str("x")),
		 false);
	end_unit(&f, ng_write_interface(f.bytes + f.n, &i), false);
	put_ng(&f, 61);
	put_ng(&f, 0);
	end_unit(&f, ng_write_statistics(f.bytes + f.n, &s), false);
	check_every_cut(&f, "pcapng", true);
}

static void
the_name_of_a_file_decides_its_format(void **state)
{
	static const struct {
		const char *path;
		const char *format;
	} rows[] = {
	    {NULL, "pcap"},	      {"x", "pcap"},	      {"x.pcap", "pcap"},
	    {"x.pcapng", "pcapng"},   {"x.PcapNG", "pcapng"}, {"x.pcapng.gz", "pcap"},
	    {"dir.pcapng/x", "pcap"}, {"pcapng", "pcap"},     {"xpcapng", "pcap"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		assert_string_equal(format_of_path(rows[i].path)->name, rows[i].format);
	assert_null(format_find(span_str("pcapn")));
	assert_non_null(strstr(format_names(), "pcapng"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_classic_file_is_whole_at_each_record),
	    cmocka_unit_test(records_without_a_head_are_counted),
	    cmocka_unit_test(a_pcapng_file_is_whole_at_each_block),
	    cmocka_unit_test(the_name_of_a_file_decides_its_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
