/*
 * From a packet's network header to its key (RFC 791, 8200, 9293, 768, 792, 4443; IEEE
 * 802.1Q, RFC 2516). Every length comes from the packet and is checked against what was
 * captured.
 */
#include "path/key.h"

#include <string.h>

#include "base/bytes.h"
#include "base/siphash.h"

#define TYPE_IPV4      0x0800
#define TYPE_IPV6      0x86dd
#define TYPE_VLAN      0x8100
#define TYPE_QINQ      0x88a8
#define TYPE_QINQ1     0x9100
#define TYPE_PPPOE     0x8864
#define TAGS_MAX       4
#define EXTENSIONS_MAX 8

#define TCP_FIN 1u
#define TCP_SYN 2u
#define TCP_RST 4u
#define TCP_ACK 16u

/* Words that are hashed: three that say what it is, then the payload. */
#define HEAD_WORDS 3
#define WORDS_MAX  (HEAD_WORDS + PATH_KEY_PAYLOAD / 8)

enum protocol {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_ICMP6 = 58,
	PROTOCOL_OPTIONS = 60
};

/* What is left of a packet: p has n bytes of it, length is what the wire had. */
struct rest {
	const uint8_t *p;
	uint32_t n;
	uint32_t length;
};

static bool
skip(struct rest *r, uint32_t bytes)
{
	if (bytes > r->n || bytes > r->length)
		return false;
	r->p += bytes;
	r->n -= bytes;
	r->length -= bytes;
	return true;
}

/* What lies behind the length that the header states is padding. */
static bool
limit(struct rest *r, uint32_t length)
{
	r->length = length;
	r->n = r->n < length ? r->n : length;
	return true;
}

static uint16_t
pass_tags(struct rest *r, uint16_t type)
{
	for (int i = 0; i < TAGS_MAX; i++) {
		if (type == TYPE_PPPOE && r->n > 8) {
			skip(r, 8);
			type = r->p[0] >> 4 == 4 ? TYPE_IPV4 : TYPE_IPV6;
		} else if ((type == TYPE_VLAN || type == TYPE_QINQ ||
			    type == TYPE_QINQ1) &&
			   r->n >= 4) {
			type = bytes_be16(r->p + 2);
			skip(r, 4);
		} else {
			break;
		}
	}
	return type;
}

static bool
read_ip4(struct rest *r, struct path_key *k, uint32_t *fragment)
{
	const uint8_t *p = r->p;
	uint32_t head;
	uint32_t total;

	if (r->n < 20 || p[0] >> 4 != 4)
		return false;
	head = (p[0] & 15u) * 4;
	total = bytes_be16(p + 2);
	total = total > 0 ? total : r->length;
	k->tuple.version = 4;
	k->tuple.protocol = p[9];
	memcpy(k->tuple.address[0], p + 12, 4);
	memcpy(k->tuple.address[1], p + 16, 4);
	k->ttl = p[8];
	k->id = bytes_be16(p + 4);
	*fragment = bytes_be16(p + 6) & 0x3fffu;
	k->is_multicast = p[16] >= 224;
	return head >= 20 && total >= head && limit(r, total) && skip(r, head);
}

static bool
read_ip6(struct rest *r, struct path_key *k, uint32_t *fragment)
{
	const uint8_t *p = r->p;
	uint32_t length;

	if (r->n < 40 || p[0] >> 4 != 6)
		return false;
	length = bytes_be16(p + 4);
	k->tuple.version = 6;
	k->tuple.protocol = p[6];
	memcpy(k->tuple.address[0], p + 8, 16);
	memcpy(k->tuple.address[1], p + 24, 16);
	k->ttl = p[7];
	k->is_multicast = p[24] == 0xff;
	skip(r, 40);
	if (length > 0)
		limit(r, length);
	for (int i = 0; i < EXTENSIONS_MAX && *fragment == 0; i++) {
		uint8_t kind = k->tuple.protocol;

		p = r->p;
		if (kind != PROTOCOL_HOP_BY_HOP && kind != PROTOCOL_ROUTING &&
		    kind != PROTOCOL_OPTIONS && kind != PROTOCOL_FRAGMENT)
			return true;
		if (r->n < 8)
			return false;
		k->tuple.protocol = p[0];
		if (kind == PROTOCOL_FRAGMENT) {
			*fragment = bytes_be16(p + 2);
			k->id = bytes_be32(p + 4);
		}
		if (!skip(r, kind == PROTOCOL_FRAGMENT ? 8 : (p[1] + 1u) * 8))
			return false;
	}
	return true;
}

static uint64_t
pair(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

/* Hashes three words and what is compared of r. */
static enum path_key_result
hash_payload(const struct path_keys *keys, const struct rest *r, const uint64_t head[3],
	     uint64_t *hash)
{
	uint64_t words[WORDS_MAX] = {head[0], head[1], head[2]};
	uint32_t n = r->length < keys->payload ? r->length : keys->payload;

	if (r->n < n)
		return PATH_KEY_SHORT;
	if (n > 0)
		memcpy(words + HEAD_WORDS, r->p, n);
	*hash = siphash_words(keys->seed, words, HEAD_WORDS + (n + 7) / 8);
	return PATH_KEY_OK;
}

/* Every protocol but TCP. The second hash needs something that differs between packets. */
static enum path_key_result
read_datagram(const struct path_keys *keys, struct rest *r, uint32_t fragment,
	      struct path_key *k)
{
	uint64_t head[3] = {pair(1, k->tuple.protocol), pair(k->id, fragment), k->bytes};
	uint8_t protocol = k->tuple.protocol;
	bool has_id = k->id != 0;

	k->kind = PATH_KIND_UDP;
	if (fragment != 0) {
		k->tuple.is_fragment = 1;
	} else if (protocol == PROTOCOL_UDP) {
		if (r->n < 8)
			return r->length < 8 ? PATH_KEY_NOT_IP : PATH_KEY_SHORT;
		k->tuple.port[0] = bytes_be16(r->p);
		k->tuple.port[1] = bytes_be16(r->p + 2);
		skip(r, 8);
	} else if (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMP6) {
		if (r->n < 4)
			return r->length < 4 ? PATH_KEY_NOT_IP : PATH_KEY_SHORT;
		k->tuple.port[0] = r->p[0];
		head[0] |= (uint64_t)bytes_be16(r->p) << 16;
		skip(r, 4);
		has_id = r->length >= 20;
	}
	if (keys->payload < PATH_KEY_PAYLOAD_MIN)
		return PATH_KEY_VAGUE;
	if (hash_payload(keys, r, head, &k->hash) != PATH_KEY_OK)
		return PATH_KEY_SHORT;
	if (has_id && r->length >= PATH_KEY_PAYLOAD_MIN)
		k->naked = k->hash;
	return PATH_KEY_OK;
}

static enum path_key_result
read_tcp(const struct path_keys *keys, const struct rest *r, struct path_key *k)
{
	const uint8_t *p = r->p;
	uint64_t naked[3];
	uint32_t head;
	uint32_t seq;
	uint32_t ack;

	if (r->n < 20)
		return r->length < 20 ? PATH_KEY_NOT_IP : PATH_KEY_SHORT;
	head = (p[12] >> 4) * 4u;
	if (head < 20 || head > r->length)
		return PATH_KEY_NOT_IP;
	k->tuple.port[0] = bytes_be16(p);
	k->tuple.port[1] = bytes_be16(p + 2);
	seq = bytes_be32(p + 4);
	ack = bytes_be32(p + 8);
	k->tcp_flags = p[13];
	naked[0] = pair(2, p[13] & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK));
	naked[1] = pair(seq, p[13] & TCP_ACK ? ack : 0);
	k->naked = siphash_words(keys->seed, naked, 2);
	k->lo = seq;
	k->hi = seq + (r->length - head) + (p[13] & TCP_SYN ? 1 : 0) + (p[13] & TCP_FIN);
	if (k->hi != k->lo && !(p[13] & TCP_RST)) {
		k->kind = PATH_KIND_RANGE;
		k->bytes = k->hi - k->lo;
		return k->bytes <= PATH_KEY_RANGE_MAX ? PATH_KEY_OK : PATH_KEY_NOT_IP;
	}
	k->kind = PATH_KIND_TCP;
	naked[0] = pair(3, p[13] & 0x3fu) | (uint64_t)bytes_be16(p + 14) << 16;
	naked[1] = pair(seq, ack);
	naked[2] = pair(k->id, k->hi);
	k->hash = siphash_words(keys->seed, naked, 3);
	return PATH_KEY_OK;
}

enum path_key_result
path_key_of(const struct path_keys *keys, uint16_t type, struct span data, uint32_t wire,
	    struct path_key *key)
{
	struct rest r = {.p = data.p, .n = (uint32_t)data.n, .length = wire};
	uint32_t fragment = 0;
	bool is_ip = false;

	memset(key, 0, sizeof(*key));
	if (wire < data.n)
		r.length = r.n;
	type = pass_tags(&r, type);
	if (type == TYPE_IPV4)
		is_ip = read_ip4(&r, key, &fragment);
	else if (type == TYPE_IPV6)
		is_ip = read_ip6(&r, key, &fragment);
	if (!is_ip)
		return PATH_KEY_NOT_IP;
	key->bytes = r.length;
	if (key->tuple.protocol == PROTOCOL_TCP && fragment == 0)
		return read_tcp(keys, &r, key);
	key->is_long = key->tuple.protocol == PROTOCOL_UDP && fragment == 0 &&
		       r.length > PATH_KEY_WIRE - 20;
	return read_datagram(keys, &r, fragment, key);
}
