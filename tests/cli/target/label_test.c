/* Which targets begin with a label. */
#include "cli/target/label.h"

#include <string.h>

#include "support/check.h"

#define N63 "n23456789012345678901234567890123456789012345678901234567890123"

static const struct row {
	int line;
	const char *text;
	const char *label; /* "": none; NULL: a bad one */
} rows[] = {
    {__LINE__, "web=db1", "web"},
    {__LINE__, "web1=10.78.0.3", "web1"},
    {__LINE__, "web=db1:80", "web"},
    {__LINE__, "web=[::1]:80", "web"},
    {__LINE__, "web=db1/x?filter=icmp", "web"},
    {__LINE__, "web=db1?filter=a@b", "web"},
    {__LINE__, "web=http://u:p=q@db1?x=y", "web"},
    {__LINE__, "web=dns+https://db1", "web"},
    {__LINE__, "web=unix:/run/x", "web"},
    {__LINE__, "web=exec:ssh db1 'tcpdump -w -'", "web"},
    {__LINE__, "web=/x.pcap", "web"},
    {__LINE__, "web=./x=y.pcap", "web"},
    {__LINE__, "web=../fifo", "web"},
    {__LINE__, "in=-", "in"},
    {__LINE__, "x.pcap=-", "x.pcap"},
    {__LINE__, "_9.a-B=db1", "_9.a-B"},
    {__LINE__, N63 "=db1", N63},
    {__LINE__, "", ""},
    {__LINE__, "db1", ""},
    {__LINE__, "a=b.pcap", ""},
    {__LINE__, "a=b/c.PCAPNG", ""},
    {__LINE__, "a=b.cap", ""},
    {__LINE__, "a=", ""},
    {__LINE__, "user=x@db1", ""},
    {__LINE__, "user=x:pw@db1:80/x", ""},
    {__LINE__, "u:p=-q@db1", ""},
    {__LINE__, "db1?filter=/x", ""},
    {__LINE__, "db1/a=/b", ""},
    {__LINE__, "http://db1?x=http://y", ""},
    {__LINE__, "unix:/a=/b", ""},
    {__LINE__, "./a=/b", ""},
    {__LINE__, ".a=/b", ""},
    {__LINE__, "/a=-", ""},
    {__LINE__, "a b=db1", ""},
    {__LINE__, "a b=http://db1", NULL},
    {__LINE__, "=/x.pcap", NULL},
    {__LINE__, "-a=/x.pcap", NULL},
    {__LINE__, "a\xc3\xa4=unix:/x", NULL},
    {__LINE__, N63 "4=-", NULL},
};

static void
a_label_is_what_no_target_can_begin_with(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct span in = span_str(row->text);
		struct span s = in;
		struct span label;
		const char *wrong = label_take(&s, &label);

		check_true(__FILE__, row->line, in, !wrong == !!row->label, "legal");
		check_span(__FILE__, row->line, in, label,
			   span_str(row->label ? row->label : ""), "label");
		if (label.n > 0)
			span_take(&in, label.n + 1);
		check_span(__FILE__, row->line, in, s, in, "target");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_label_is_what_no_target_can_begin_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
