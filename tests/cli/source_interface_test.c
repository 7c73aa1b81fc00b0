/* Places of interfaces: over reconnections, twins, the bound. */
#include "cli/source_interface.h"
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>

/* The connections' interfaces, "name linktype" apart by commas, and their places. */
/* clang-format off */
static const struct {
	int line;
	const char *connections[3];
	const char *want;
} rows[] = {
	{__LINE__, {"any 276,eth0 276", "any 276,eth0 276"}, "0 1|0 1"},
	{__LINE__, {"any 276,eth0 276,lo 276", "any 276,lo 276,wlan0 276,eth0 276"}, "0 1 2|0 2 3 1"},
	{__LINE__, {"eth0 1", "eth0 276", "eth0 1"}, "0|1|0"},
	{__LINE__, {"eth0 1", "eth00 1", "eth 1"}, "0|1|2"},
	/* Without names, and with the same one twice: each its own. */
	{__LINE__, {" 1, 1, 101", " 1, 101, 1, 1"}, "0 1 2|0 2 1 3"},
	{__LINE__, {"a 1,a 1", "a 1", "a 1,a 1,a 1"}, "0 1|0|0 1 2"},
	{__LINE__, {"", "a 1", ""}, "|0|"},
};
/* clang-format on */

static struct savefile_interface
interface_of(struct span *rest)
{
	struct span one = span_take(rest, span_find(*rest, ','));
	struct savefile_interface i = {0};

	span_take(rest, rest->n > 0);
	i.name = span_take(&one, span_find(one, ' '));
	i.linktype = (uint32_t)strtoul((const char *)one.p, NULL, 10);
	return i;
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t row = 0; row < CHECK_COUNT(rows); row++) {
		struct source *s = calloc(1, sizeof(*s));
		char got[128] = "";
		int n = 0;

		for (size_t c = 0; c < 3 && rows[row].connections[c] != NULL; c++) {
			struct span rest = span_str(rows[row].connections[c]);

			source_interface_restart(s);
			n += snprintf(got + n, sizeof(got) - (size_t)n, c > 0 ? "|" : "");
			while (rest.n > 0) {
				struct savefile_interface i = interface_of(&rest);

				assert_null(source_interface_add(s, &i));
				n += snprintf(got + n, sizeof(got) - (size_t)n, "%s%u",
					      s->n_ids > 1 ? " " : "",
					      s->ids[s->n_ids - 1]);
				assert_int_equal(
				    s->interfaces[s->ids[s->n_ids - 1]].linktype,
				    i.linktype);
			}
		}
		check_span(__FILE__, rows[row].line, span_str("interfaces"),
			   span_str(got), span_str(rows[row].want), "places");
		free(s->interfaces);
		free(s);
	}
}

/* Names are kept up to 64 bytes; new ones are taken up to the bound, old ones beyond. */
static void
test_bounds(void **state)
{
	struct source *s = calloc(1, sizeof(*s));
	char name[SAVEFILE_NAME_MAX + 8];
	struct savefile_interface i = {.linktype = 1};
	int n;

	(void)state;
	for (int k = 0; k < SOURCE_INTERFACES_MAX; k++) {
		if (k % NG_INTERFACES_MAX == 0)
			source_interface_restart(s);
		n = snprintf(name, sizeof(name), "%0*d", SAVEFILE_NAME_MAX, k);
		i.name = span_of(name, (size_t)n + (k % 2 == 0 ? 0 : 8));
		assert_null(source_interface_add(s, &i));
		assert_int_equal(s->ids[s->n_ids - 1], k);
	}
	source_interface_restart(s);
	assert_null(source_interface_add(s, &i));
	assert_int_equal(s->ids[0], SOURCE_INTERFACES_MAX - 1);
	assert_string_equal(source_interface_add(s, &i),
			    "more than 4096 interfaces in all");
	assert_int_equal(s->n_ids, 1);
	free(s->interfaces);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
