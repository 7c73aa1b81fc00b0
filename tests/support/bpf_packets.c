/*
 * Packets for the splice test, of the kinds that its filters tell apart. It must not know
 * BPF programs.
 */
#include <string.h>

#include "base/bytes.h"
#include "support/bpf_model.h"
#include "support/rng.h"

/* Packets of the kinds that the filters tell apart, sometimes cut short. */
static uint32_t
any_of(uint64_t *rng, const uint32_t *values, size_t n)
{
	return rng_below(rng, 8) == 0 ? (uint32_t)rng_next(rng)
				      : values[rng_below(rng, n)];
}

static size_t
fill_transport(uint64_t *rng, uint8_t *p, uint32_t protocol)
{
	static const uint32_t ports[] = {80, 443, 53, 22, 8475, 55, 8080, 6081, 1};
	static const uint32_t icmp[] = {0, 8, 3};

	bytes_put_be16(p, (uint16_t)any_of(rng, ports, 9));
	bytes_put_be16(p + 2, (uint16_t)any_of(rng, ports, 9));
	if (protocol == 1)
		p[0] = (uint8_t)any_of(rng, icmp, 3);
	p[12] = (uint8_t)(0x50 + rng_below(rng, 3) * 16);
	p[13] = (uint8_t)rng_below(rng, 32);
	if (rng_below(rng, 4) == 0)
		bytes_put_be32(p + 8, 0x01020304);
	if (protocol == 17 && bytes_be16(p + 2) == 6081) { /* Geneve, RFC 8926 */
		memset(p + 8, 0, 8);
		bytes_put_be16(p + 10, rng_below(rng, 2) ? 0x6558 : 0x0800);
		p[14] = 7;
		bytes_put_be16(p + 28, 0x0800);
		p[30] = 0x45;
		p[39] = 6;
		p[16] = rng_below(rng, 2) ? 0x45 : p[16];
		p[25] = 6;
	}
	return 20 + rng_below(rng, 80);
}

static size_t
fill_ipv4(uint64_t *rng, uint8_t *p)
{
	static const uint32_t protocols[] = {6, 6, 17, 17, 1, 47, 132};
	uint32_t words = rng_below(rng, 4) ? 5 : (uint32_t)rng_below(rng, 10);

	p[0] = (uint8_t)(0x40 | words);
	bytes_put_be16(p + 6, rng_below(rng, 5) ? 0 : (uint16_t)rng_next(rng));
	p[8] = rng_below(rng, 2) ? 64 : (uint8_t)rng_next(rng);
	p[9] = (uint8_t)any_of(rng, protocols, 7);
	for (int a = 12; a <= 16; a += 4) {
		bytes_put_be32(p + a, 0x0a000001u + (uint32_t)rng_below(rng, 3) +
					  ((uint32_t)rng_below(rng, 2) << 8));
		if (rng_below(rng, 6) == 0)
			bytes_put_be32(p + a, rng_below(rng, 2) ? 0xe0000001u : 0);
	}
	return words * 4 + fill_transport(rng, p + words * 4, p[9]);
}

static size_t
fill_ipv6(uint64_t *rng, uint8_t *p)
{
	static const uint32_t protocols[] = {6, 17, 58, 44, 0};

	p[0] = 0x60;
	p[6] = (uint8_t)any_of(rng, protocols, 5);
	for (int a = 8; a <= 24; a += 16) {
		memset(p + a, 0, 16);
		p[a] = rng_below(rng, 4) ? 0xfd : 0xff;
		p[a + 15] = (uint8_t)rng_below(rng, 3);
	}
	if (p[6] == 44 || p[6] == 0) {
		p[40] = rng_below(rng, 2) ? 6 : 17;
		p[41] = 0;
		return 48 + fill_transport(rng, p + 48, p[40]);
	}
	return 40 + fill_transport(rng, p + 40, p[6]);
}

static size_t
fill_pppoe(uint64_t *rng, uint8_t *p)
{
	p[0] = 0x11;
	p[1] = 0;
	bytes_put_be16(p + 2, (uint16_t)(rng_below(rng, 2) ? 5 : 9));
	bytes_put_be16(p + 6, rng_below(rng, 2) ? 0x0021 : 0x0057);
	return 8 + (p[7] == 0x21 ? fill_ipv4(rng, p + 8) : fill_ipv6(rng, p + 8));
}

static void
fill_packet(uint64_t *rng, struct model_packet *p)
{
	static const uint32_t protocols[] = {0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd,
					     0x0806, 0x8864, 0x8035, 0x88cc};
	uint8_t *data = p->bytes + 20;
	size_t n;

	for (size_t i = 0; i < sizeof(p->bytes); i++)
		p->bytes[i] = (uint8_t)rng_next(rng);
	p->protocol = (uint16_t)any_of(rng, protocols, 9);
	p->hatype = rng_below(rng, 3) ? 1 : 772; /* Ethernet or loopback */
	p->pkttype = rng_below(rng, 3) ? (uint8_t)rng_below(rng, 4) : 4; /* outgoing */
	p->ifindex = (uint32_t)rng_below(rng, 5);
	if (p->protocol == 0x0800)
		n = fill_ipv4(rng, data);
	else if (p->protocol == 0x86dd)
		n = fill_ipv6(rng, data);
	else if (p->protocol == 0x8864)
		n = fill_pppoe(rng, data);
	else
		n = rng_below(rng, 200);
	if (rng_below(rng, 4) == 0)
		n = rng_below(rng, n + 1);
	p->payload = span_of(data, n);
}

/* A TCP segment and an echo request, from the network layer on. */
static const struct {
	uint16_t protocol;
	uint8_t bytes[84];
	size_t n;
} real[] = {
    {0x0800,
     {0x45, 0x00, 0x00, 0x3c, 0x1c, 0x46, 0x40, 0x00, 0x40, 0x06, 0x0a, 0x73,
      0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02, 0xd4, 0x31, 0x00, 0x50,
      0x5f, 0x1b, 0x92, 0x10, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x02, 0xff, 0xd7,
      0xfe, 0x30, 0x00, 0x00, 0x02, 0x04, 0xff, 0xd7, 0x04, 0x02, 0x08, 0x0a,
      0x7a, 0x2c, 0x91, 0x24, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07},
     60},
    {0x0800,
     {0x45, 0x00, 0x00, 0x54, 0x9b, 0x10, 0x40, 0x00, 0x40, 0x01, 0xa1, 0x96, 0x7f, 0x00,
      0x00, 0x01, 0x7f, 0x00, 0x00, 0x01, 0x08, 0x00, 0x5d, 0x3a, 0x01, 0x2f, 0x00, 0x01},
     84},
};

void
model_packet(uint64_t *rng, size_t i, struct model_packet *p)
{
	fill_packet(rng, p);
	if (i >= sizeof(real) / sizeof(real[0]))
		return;
	p->protocol = real[i].protocol;
	memcpy(p->bytes + 20, real[i].bytes, real[i].n);
	p->payload.n = real[i].n;
}
