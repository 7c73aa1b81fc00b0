/* Answers of name servers. Must not know sockets, nor what was asked. */
#include "sys/dns_answer.h"

#define HEAD_SIZE     12
#define QUESTION_SIZE 4	 /* behind the name: type, class */
#define RECORD_SIZE   10 /* behind the name: type, class, time to live, length */
#define CLASS_IN      1

static unsigned
load16(const struct dns_answer *a, size_t at)
{
	return (unsigned)a->message.p[at] << 8 | a->message.p[at + 1];
}

static bool
skip(struct dns_answer *a, size_t n)
{
	if (n > a->message.n - a->at)
		return false;
	a->at += n;
	return true;
}

/* Labels up to the empty one, or to a pointer, which ends a name in its place. */
static bool
skip_name(struct dns_answer *a)
{
	while (a->at < a->message.n) {
		uint8_t n = a->message.p[a->at];

		if (n >= 0xc0)
			return skip(a, 2);
		if (n >= 0x40 || !skip(a, (size_t)n + 1))
			return false;
		if (n == 0)
			return true;
	}
	return false;
}

bool
dns_answer_init(struct dns_answer *a, struct span message, uint16_t type)
{
	unsigned questions;

	*a = (struct dns_answer){.message = message, .at = HEAD_SIZE, .type = type};
	if (message.n < HEAD_SIZE || (message.p[2] & 0x80) == 0 ||
	    (message.p[3] & 15) != 0)
		return false;
	questions = load16(a, 4);
	for (unsigned i = 0; i < questions; i++)
		if (!skip_name(a) || !skip(a, QUESTION_SIZE))
			return false;
	a->left = load16(a, 6);
	return true;
}

static bool
is_address(const struct dns_answer *a, size_t head, unsigned size)
{
	return load16(a, head) == a->type && load16(a, head + 2) == CLASS_IN &&
	       size == (a->type == DNS_TYPE_A ? 4 : 16);
}

bool
dns_answer_next(struct dns_answer *a, struct span *address)
{
	while (a->left > 0) {
		size_t head;
		unsigned size;

		a->left--;
		if (!skip_name(a))
			break;
		head = a->at;
		if (!skip(a, RECORD_SIZE))
			break;
		size = load16(a, head + 8);
		if (!skip(a, size))
			break;
		*address = span_of(a->message.p + head + RECORD_SIZE, size);
		if (is_address(a, head, size))
			return true;
	}
	a->left = 0;
	*address = span_of(NULL, 0);
	return false;
}
