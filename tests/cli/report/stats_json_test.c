/* The summary as JSON, byte by byte; that it is JSON is checked end to end, by a parser. */
#include "cli/report/stats_json.h"

#include <string.h>

#include "support/check.h"

static const struct stats_json_run run = {.version = "0.1.0",
					  .start = "2026-11-23T01:30:00.25Z",
					  .end = "2026-11-23T01:31:00.00Z",
					  .exit_status = 3,
					  .hold_back_ns = 200000000};

#define HEAD                                                                      \
	"{\"version\":\"0.1.0\",\"start\":\"2026-11-23T01:30:00.25Z\","           \
	"\"end\":\"2026-11-23T01:31:00.00Z\",\"exit_status\":3,\"hold_back_ns\":" \
	"200000000,\"targets\":["
#define ZEROES                                                                              \
	"\"counts\":\"at_least\",\"packets_offered\":null,\"packets_received\":0,"          \
	"\"packets_written\":0,\"not_written\":0,\"not_fetched\":null,\"bytes_written\":0," \
	"\"late\":0,\"ahead\":0,\"forced\":0,\"held_back\":0,\"kernel_drops\":null,"        \
	"\"own_traffic\":null,\"gaps\":0,\"gaps_ns\":0"

struct row {
	int line;
	struct stats_json_target target;
	uint32_t number;
	const char *want;
};

static const struct row rows[] = {
    {__LINE__,
     {.name = "db1",
      .state = "ended",
      .has_offset = true,
      .offset_ns = -12,
      .bound_ns = 34,
      .counts = {.offered = 11,
		 .not_written = 12,
		 .not_fetched = 13,
		 .own = 14,
		 .is_exact = true,
		 .received = 1,
		 .written = 2,
		 .late = 3,
		 .ahead = 15,
		 .forced = 4,
		 .held_back = 5,
		 .bytes = 6,
		 .gaps = 7,
		 .gaps_ns = 8,
		 .drops = 9,
		 .has_drops = true,
		 .hold_back_ns = 10}},
     0,
     "\n{\"name\":\"db1\",\"state\":\"ended\",\"reason\":null,\"end_unverified\":false,"
     "\"counts\":\"exact\",\"packets_offered\":11,\"packets_received\":1,"
     "\"packets_written\":2,\"not_written\":12,\"not_fetched\":13,"
     "\"bytes_written\":6,\"late\":3,\"ahead\":15,\"forced\":4,\"held_back\":5,\"kernel_drops\":9,"
     "\"own_traffic\":14,\"gaps\":7,\"gaps_ns\":8,"
     "\"hold_back_ns\":10,\"clock_offset\":{\"offset_ns\":-12,\"bound_ns\":34}}"},
    {__LINE__,
     {.name = "", .state = "failed", .reason = "no", .is_unverified = true},
     1,
     ",\n{\"name\":\"\",\"state\":\"failed\",\"reason\":\"no\",\"end_unverified\":true," ZEROES
     ",\"hold_back_ns\":null,\"clock_offset\":null}"},
    {__LINE__,
     {.name = "k",
      .state = "ended",
      .counts = {.offered = 9, .received = 7, .drops = 2, .has_drops = true}},
     0,
     "\n{\"name\":\"k\",\"state\":\"ended\",\"reason\":null,\"end_unverified\":false,"
     "\"counts\":\"at_least\",\"packets_offered\":9,\"packets_received\":7,"
     "\"packets_written\":0,\"not_written\":0,\"not_fetched\":null,\"bytes_written\":0,"
     "\"late\":0,\"ahead\":0,\"forced\":0,\"held_back\":0,\"kernel_drops\":2,"
     "\"own_traffic\":null,\"gaps\":0,\"gaps_ns\":0,"
     "\"hold_back_ns\":null,\"clock_offset\":null}"},
    {__LINE__,
     {.name = "a\"\\\x01\x7f\xc3\xa9\xff", .state = "lost", .reason = "\n"},
     2,
     ",\n{\"name\":\"a\\\"\\\\\\u0001\\u007f\xc3\xa9\xef\xbf\xbd\",\"state\":\"lost\","
     "\"reason\":\"\\u000a\",\"end_unverified\":false," ZEROES
     ",\"hold_back_ns\":null,\"clock_offset\":null}"},
};

static void
a_target_says_what_is_known_and_null_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char mem[STATS_JSON_PART_MAX];
		struct text t;

		text_init(&t, mem, sizeof(mem));
		stats_json_put_target(&t, rows[i].number, &rows[i].target);
		check_span(__FILE__, rows[i].line, span_str(rows[i].want), text_span(&t),
			   span_str(rows[i].want), "target");
	}
}

static void
head_and_tail_close_the_object(void **state)
{
	static const struct summary_counts total = {0};
	static const char want[] = HEAD "],\n\"total\":{\"targets\":0," ZEROES "}}\n";
	char mem[STATS_JSON_PART_MAX];
	struct text t;

	(void)state;
	text_init(&t, mem, sizeof(mem));
	stats_json_put_head(&t, &run);
	stats_json_put_tail(&t, 0, &total);
	check_span(__FILE__, __LINE__, span_str(want), text_span(&t), span_str(want),
		   "frame");
}

/* The longest name and reason that there are, of the bytes that grow most. */
static void
the_longest_part_has_room(void **state)
{
	char name[288];
	char reason[512];
	char mem[STATS_JSON_PART_MAX];
	struct stats_json_target target = {.name = name,
					   .state = "connecting",
					   .has_offset = true,
					   .offset_ns = INT64_MIN,
					   .bound_ns = UINT64_MAX};
	struct text t;

	(void)state;
	memset(name, 1, sizeof(name));
	memset(reason, 1, sizeof(reason));
	name[sizeof(name) - 1] = '\0';
	reason[sizeof(reason) - 1] = '\0';
	memset(&target.counts, 0xff, offsetof(struct summary_counts, is_exact));
	target.counts.has_drops = true;
	target.reason = reason;
	text_init(&t, mem, sizeof(mem));
	stats_json_put_target(&t, 1, &target);
	assert_false(t.is_cut);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_target_says_what_is_known_and_null_else),
	    cmocka_unit_test(head_and_tail_close_the_object),
	    cmocka_unit_test(the_longest_part_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
