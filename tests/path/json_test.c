/* --path-json. */
#include "path/json.h"

#include "path/build.h"

static void
lost_packets_are_listed_with_their_place(void **state)
{
	struct chain c = chain_make(1 << 20);
	char *mem = malloc(PATH_JSON_MAX);
	struct build b;
	struct text t;

	(void)state;
	for (uint32_t i = 1; i <= 20; i++) {
		build_udp(&b, (uint16_t)i, 1000, 100, i);
		chain_pass(&c, &b, i % 10 == 0 ? AT_B : AT_N, 5000 + i);
	}
	chain_judge(&c, 9000);
	text_init(&t, mem, PATH_JSON_MAX);
	path_json_put(&t, c.path, 0);
	text_cstr(&t);
	assert_non_null(strstr(mem, "\"lost\":[\n{\"time\":"));
	assert_non_null(
	    strstr(mem, "\"id\":10,\"length\":108,\"packets\":1,\"after\":\"r/r1\","
			"\"expected\":\"b/eb\",\"reason\":null}"));
	assert_non_null(
	    strstr(mem, "{\"from\":\"r/r1\",\"to\":\"b/eb\",\"packets\":20,\"lost\":2,"
			"\"lost_bytes\":216,"));
	free(mem);
	chain_free(&c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lost_packets_are_listed_with_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
