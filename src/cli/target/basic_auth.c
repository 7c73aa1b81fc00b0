/* Users and passwords of URLs as HTTP wants them. */
#include "cli/target/basic_auth.h"

#include "http/emit.h"
#include "http/target.h"

#define CREDENTIALS_MAX 1024 /* "user:password", decoded; servers take far less */

/* RFC 4648 section 4. */
static void
put_base64(struct text *t, struct span s)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	while (s.n > 0) {
		struct span part = span_take(&s, 3);
		uint32_t v = (uint32_t)part.p[0] << 16;

		v |= part.n > 1 ? (uint32_t)part.p[1] << 8 : 0;
		v |= part.n > 2 ? part.p[2] : 0;
		text_char(t, digits[v >> 18]);
		text_char(t, digits[v >> 12 & 63]);
		text_char(t, part.n > 1 ? digits[v >> 6 & 63] : '=');
		text_char(t, part.n > 2 ? digits[v & 63] : '=');
	}
}

bool
basic_auth_put(struct text *out, const char *field, const struct http_url *url)
{
	uint8_t plain[CREDENTIALS_MAX];
	char coded[CREDENTIALS_MAX * 4 / 3 + 16];
	struct text value;
	size_t user;
	size_t password;

	if (!http_target_decode(url->user, false, plain, sizeof(plain) - 1, &user))
		return false;
	plain[user++] = ':';
	if (!http_target_decode(url->password, false, plain + user, sizeof(plain) - user,
				&password))
		return false;
	text_init(&value, coded, sizeof(coded));
	text_str(&value, "Basic ");
	put_base64(&value, span_of(plain, user + password));
	http_emit_field(out, field, text_span(&value));
	return true;
}
