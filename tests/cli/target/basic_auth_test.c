/* Users and passwords on their way into a head (RFC 7617, RFC 4648). */
#include "cli/target/basic_auth.h"

#include <string.h>

#include "support/check.h"

static char mem[4096];
static struct text t;

static bool
put(const char *user, const char *password)
{
	struct http_url url = {.user = span_str(user), .password = span_str(password)};

	text_init(&t, mem, sizeof(mem) - 1);
	return basic_auth_put(&t, "Authorization", &url);
}

static void
user_and_password_are_decoded_and_coded_with_every_padding(void **state)
{
	static const struct {
		int line;
		const char *user;
		const char *password;
		const char *coded;
	} rows[] = {
	    {__LINE__, "Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
	    {__LINE__, "a", "b", "YTpi"},
	    {__LINE__, "a", "bc", "YTpiYw=="},
	    {__LINE__, "a", "bcd", "YTpiY2Q="},
	    {__LINE__, "", "", "Og=="},
	    {__LINE__, "a%40b", "%3a%2F+", "YUBiOjovKw=="},
	    {__LINE__, "\xff\xfe", "\xfb", "//46+w=="},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].user);
		char want[128] = "Authorization: Basic ";

		strcat(strcat(want, rows[i].coded), "\r\n");
		check_true(__FILE__, rows[i].line, in,
			   put(rows[i].user, rows[i].password), "put");
		check_span(__FILE__, rows[i].line, in, text_span(&t), span_str(want),
			   "field");
	}
}

/* 1024 bytes with the colon. */
static void
what_no_server_takes_adds_nothing(void **state)
{
	static char user[1100];
	static char password[1100];

	(void)state;
	memset(user, 'u', 500);
	memset(password, 'p', 523);
	assert_true(put(user, password));
	assert_false(t.is_cut);
	password[523] = 'p';
	assert_false(put(user, password));
	assert_int_equal(t.n, 0);
	memset(user, 'u', 1024);
	assert_false(put(user, ""));
	assert_int_equal(t.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(user_and_password_are_decoded_and_coded_with_every_padding),
	    cmocka_unit_test(what_no_server_takes_adds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
