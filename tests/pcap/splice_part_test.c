/* One program on its way into the joint one; what it then says is splice_test's. */
#include "pcap/splice_part.h"

#include <string.h>

#include "support/check.h"

#define LEN_W 0x80 /* ld #pktlen */

static struct splice_insn mem[SPLICE_MAX];
static struct splice_program out;
static const struct splice_select native = {.snaplen = 96};
static const struct splice_select cooked = {.snaplen = 96, .cooked_size = 20};

static enum splice_result
append(const struct splice_select *select, const struct splice_insn *insns, size_t n,
       bool is_exclude)
{
	struct splice_program program = {(struct splice_insn *)(uintptr_t)insns, n};

	out.insns = mem;
	out.n = 0;
	return splice_part_append_program(&out, select, &program, is_exclude);
}

static void
instructions_are_appended_up_to_the_kernels_limit(void **state)
{
	static const struct splice_insn many[SPLICE_MAX + 1];

	(void)state;
	out.insns = mem;
	out.n = 0;
	assert_int_equal(splice_part_append(&out, many, SPLICE_MAX - 1), SPLICE_OK);
	assert_int_equal(splice_part_append(&out, many, 2), SPLICE_TOO_LONG);
	assert_int_equal(out.n, SPLICE_MAX - 1);
	assert_int_equal(splice_part_append(&out, many, 1), SPLICE_OK);
	assert_int_equal(splice_part_append(&out, many, 1), SPLICE_TOO_LONG);
}

static void
a_match_of_the_user_keeps_the_snaplen_and_one_of_an_exclude_nothing(void **state)
{
	static const struct splice_insn all[] = {{SPLICE_RET_K, 0, 0, 262144}};
	static const struct splice_insn none[] = {{SPLICE_RET_K, 0, 0, 0}};

	(void)state;
	assert_int_equal(append(&native, all, 1, false), SPLICE_OK);
	assert_int_equal(mem[out.n - 1].code, SPLICE_RET_K);
	assert_int_equal(mem[out.n - 1].k, 96);
	assert_int_equal(append(&native, none, 1, false), SPLICE_OK);
	assert_int_equal(mem[out.n - 1].k, 0);
	assert_int_equal(append(&native, all, 1, true), SPLICE_OK);
	assert_int_equal(mem[0].code, SPLICE_RET_K);
	assert_int_equal(mem[0].k, 0);
}

static void
a_cooked_protocol_becomes_the_kernels(void **state)
{
	static const struct splice_insn program[] = {{SPLICE_LD_H_ABS, 0, 0, 0},
						     {SPLICE_RET_K, 0, 0, 1}};

	(void)state;
	assert_int_equal(append(&cooked, program, 2, false), SPLICE_OK);
	assert_int_equal(mem[0].k, SPLICE_AD_PROTOCOL);
	assert_int_equal(append(&native, program, 2, false), SPLICE_OK);
	assert_int_equal(mem[0].k, 0);
}

static void
an_offset_behind_the_cooked_header_is_moved(void **state)
{
	static const struct splice_insn program[] = {{SPLICE_LD_W_ABS, 0, 0, 32},
						     {SPLICE_RET_K, 0, 0, 1}};

	(void)state;
	assert_int_equal(append(&cooked, program, 2, false), SPLICE_OK);
	assert_int_equal(mem[0].code, SPLICE_LD_W_ABS);
	assert_int_equal(mem[0].k, 12);
}

static void
what_no_kernel_would_take_is_refused(void **state)
{
	static const struct {
		int line;
		struct splice_insn insns[2];
		size_t n;
		bool is_exclude;
		enum splice_result result;
	} rows[] = {
	    {__LINE__,
	     {{SPLICE_JA, 0, 0, 5}, {SPLICE_RET_K, 0, 0, 0}},
	     2,
	     false,
	     SPLICE_BAD},
	    {__LINE__,
	     {{SPLICE_JA, 0, 0, UINT32_MAX}, {SPLICE_RET_K, 0, 0, 0}},
	     2,
	     false,
	     SPLICE_BACKWARD},
	    {__LINE__,
	     {{SPLICE_JEQ_K, 0, 9, 5}, {SPLICE_RET_K, 0, 0, 0}},
	     2,
	     false,
	     SPLICE_BAD},
	    {__LINE__,
	     {{0xffff, 0, 0, 5}, {SPLICE_RET_K, 0, 0, 0}},
	     2,
	     false,
	     SPLICE_BAD},
	    {__LINE__, {{0x16, 0, 0, 5}}, 1, false, SPLICE_BAD}, /* ret a */
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		check_u64(__FILE__, rows[i].line, span_str("program"),
			  append(&native, rows[i].insns, rows[i].n, rows[i].is_exclude),
			  rows[i].result, "result");
}

static void
the_packets_length_has_the_cooked_header_again(void **state)
{
	static const struct splice_insn program[] = {{LEN_W, 0, 0, 0},
						     {SPLICE_RET_K, 0, 0, 1}};

	(void)state;
	assert_int_equal(append(&native, program, 2, false), SPLICE_OK);
	assert_int_equal(out.n, 2);
	assert_int_equal(append(&cooked, program, 2, false), SPLICE_OK);
	assert_true(out.n > 2);
	assert_int_equal(mem[0].code, LEN_W);
	assert_int_equal(mem[1].k, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(instructions_are_appended_up_to_the_kernels_limit),
	    cmocka_unit_test(
		a_match_of_the_user_keeps_the_snaplen_and_one_of_an_exclude_nothing),
	    cmocka_unit_test(a_cooked_protocol_becomes_the_kernels),
	    cmocka_unit_test(an_offset_behind_the_cooked_header_is_moved),
	    cmocka_unit_test(what_no_kernel_would_take_is_refused),
	    cmocka_unit_test(the_packets_length_has_the_cooked_header_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
