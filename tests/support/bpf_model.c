/*
 * Classic BPF as libpcap and as Linux run it, written from their documents for the splice
 * test. It must not know how programs are joined.
 */
#include "support/bpf_model.h"

#include <string.h>

#include "base/bytes.h"

#define AD_OFFSET 0xfffff000u
#define LL_OFFSET 0xffe00000u
#define WORDS	  16

struct machine {
	const struct model_packet *p;
	struct span packet;
	bool is_linux;
	bool is_ended; /* a load outside the packet, or a division by zero */
	uint32_t a;
	uint32_t x;
	uint32_t memory[WORDS];
};

struct span
model_cook(struct model_packet *p, uint32_t cooked_size)
{
	uint8_t *h = p->bytes + 20 - cooked_size;

	memset(h, 0, cooked_size);
	if (cooked_size == 16) {
		bytes_put_be16(h, p->pkttype);
		bytes_put_be16(h + 2, p->hatype);
		bytes_put_be16(h + 14, p->protocol);
	} else if (cooked_size == 20) {
		bytes_put_be16(h, p->protocol);
		bytes_put_be32(h + 4, p->ifindex);
		bytes_put_be16(h + 8, p->hatype);
		h[10] = p->pkttype;
	}
	return span_of(h, cooked_size + p->payload.n);
}

static uint32_t
metadata(struct machine *m, uint32_t k)
{
	switch (k - AD_OFFSET) {
	case 0:
		return m->p->protocol;
	case 4:
		return m->p->pkttype;
	case 8:
		return m->p->ifindex;
	case 28:
		return m->p->hatype;
	case 44:
		return m->p->tag;
	case 48:
		return m->p->has_tag;
	}
	m->is_ended = true;
	return 0;
}

static uint32_t
load(struct machine *m, uint64_t offset, uint32_t size)
{
	const uint8_t *p;

	if (m->is_linux && offset >= LL_OFFSET && offset < AD_OFFSET &&
	    m->p->link.n >= size && offset - LL_OFFSET <= m->p->link.n - size)
		return size == 2 ? bytes_be16(m->p->link.p + (offset - LL_OFFSET)) : 0;
	if (offset > m->packet.n || m->packet.n - offset < size) {
		m->is_ended = true;
		return 0;
	}
	p = m->packet.p + offset;
	if (size == 4)
		return bytes_be32(p);
	return size == 2 ? bytes_be16(p) : p[0];
}

static uint32_t
size_of(uint16_t code)
{
	return (code & 0x18) == 0 ? 4 : (code & 0x18) == 0x08 ? 2 : 1;
}

static uint64_t
indirect(const struct machine *m, uint32_t k)
{
	return m->is_linux ? (uint32_t)(m->x + k) : (uint64_t)m->x + k;
}

static uint32_t
load_value(struct machine *m, const struct splice_insn *i)
{
	switch (i->code & 0xe0) {
	case 0x00:
		return i->k;
	case 0x20:
		return i->k >= AD_OFFSET ? metadata(m, i->k)
					 : load(m, i->k, size_of(i->code));
	case 0x40:
		return load(m, indirect(m, i->k), size_of(i->code));
	case 0x60:
		return m->memory[i->k % WORDS];
	case 0x80:
		return (uint32_t)m->packet.n;
	case 0xa0:
		return (load(m, i->k, 1) & 0x0f) << 2;
	}
	m->is_ended = true;
	return 0;
}

static void
compute(struct machine *m, const struct splice_insn *i)
{
	uint32_t v = (i->code & 0x08) ? m->x : i->k;

	switch (i->code & 0xf0) {
	case 0x00:
		m->a += v;
		break;
	case 0x10:
		m->a -= v;
		break;
	case 0x20:
		m->a *= v;
		break;
	case 0x30:
	case 0x90:
		if (v == 0)
			m->is_ended = true;
		else
			m->a = (i->code & 0xf0) == 0x30 ? m->a / v : m->a % v;
		break;
	case 0x40:
		m->a |= v;
		break;
	case 0x50:
		m->a &= v;
		break;
	case 0x60:
		m->a = v < 32 ? m->a << v : 0;
		break;
	case 0x70:
		m->a = v < 32 ? m->a >> v : 0;
		break;
	case 0x80:
		m->a = -m->a;
		break;
	case 0xa0:
		m->a ^= v;
		break;
	}
}

static size_t
jump(const struct machine *m, const struct splice_insn *i)
{
	uint32_t v = (i->code & 0x08) ? m->x : i->k;

	switch (i->code & 0xf0) {
	case 0x00:
		return i->k;
	case 0x10:
		return m->a == v ? i->jt : i->jf;
	case 0x20:
		return m->a > v ? i->jt : i->jf;
	case 0x30:
		return m->a >= v ? i->jt : i->jf;
	}
	return (m->a & v) ? i->jt : i->jf;
}

static uint32_t
run(struct machine *m, const struct splice_program *program)
{
	for (size_t pc = 0; pc < program->n && !m->is_ended; pc++) {
		const struct splice_insn *i = &program->insns[pc];

		switch (i->code & 0x07) {
		case 0:
			m->a = load_value(m, i);
			break;
		case 1:
			m->x = load_value(m, i);
			break;
		case 2:
			m->memory[i->k % WORDS] = m->a;
			break;
		case 3:
			m->memory[i->k % WORDS] = m->x;
			break;
		case 4:
			compute(m, i);
			break;
		case 5:
			pc += jump(m, i);
			break;
		case 6:
			return (i->code & 0x18) ? m->a : i->k;
		case 7:
			if (i->code & 0x80)
				m->a = m->x;
			else
				m->x = m->a;
			break;
		}
	}
	return 0;
}

uint32_t
model_run_libpcap(const struct splice_program *program, const struct model_packet *p,
		  struct span packet)
{
	struct machine m = {.p = p, .packet = packet};

	return run(&m, program);
}

uint32_t
model_run_linux(const struct splice_program *program, const struct model_packet *p,
		struct span packet)
{
	struct machine m = {.p = p, .packet = packet, .is_linux = true};

	return run(&m, program);
}

/* After bpf_check_classic in net/core/filter.c, without the list of codes. */
const char *
model_check_linux(const struct splice_program *program)
{
	size_t n = program->n;

	if (n == 0 || n > SPLICE_MAX)
		return "length";
	for (size_t pc = 0; pc < n; pc++) {
		const struct splice_insn *i = &program->insns[pc];
		size_t left = n - pc - 1;

		if (i->code == 0x05 && i->k >= left)
			return "jump";
		if ((i->code & 0x07) == 5 && i->code != 0x05 &&
		    (i->jt >= left || i->jf >= left))
			return "branch";
		if ((i->code & 0xe7) == 0x20 && i->k > INT32_MAX && i->k < LL_OFFSET)
			return "offset";
		if (((i->code & 0xe6) == 0x60 || (i->code & 0x06) == 2) &&
		    i->code < 0x64 && (i->code & 0x07) < 4 && i->k >= WORDS)
			return "memory";
	}
	return (program->insns[n - 1].code & 0x07) == 6 ? NULL : "last instruction";
}
