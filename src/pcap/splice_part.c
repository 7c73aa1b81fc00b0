/*
 * Moves one program that libpcap compiled to where it runs: behind other programs, on
 * packets without their cooked header. It must not know libpcap, nor sockets.
 *
 * Each instruction becomes a chunk of none to a few. All jumps lead forward, and a
 * chunk depends only on what comes behind it: so one pass from the end finds every
 * chunk's size, and one from the start writes them.
 */
#include "pcap/splice_part.h"

#include <assert.h>
#include <string.h>

/* Instruction codes: class, size and mode, or class, operation and source. */
#define CLASS(code) ((code)&0x07)
#define CLASS_LD    0x00
#define CLASS_JMP   0x05
#define CLASS_RET   0x06
#define SIZE(code)  ((code)&0x18)
#define SIZE_W	    0x00
#define SIZE_H	    0x08
#define SIZE_B	    0x10
#define LD_B_ABS    0x30
#define LD_W_IND    0x40
#define LD_H_IND    0x48
#define LD_B_IND    0x50
#define LD_LEN	    0x80
#define LD_IMM	    0x00
#define LD_MEM	    0x60
#define LDX_IMM	    0x01
#define LDX_MEM	    0x61
#define LDX_LEN	    0x81
#define LDX_MSH	    0xb1
#define ST	    0x02
#define STX	    0x03
#define ADD_K	    0x04
#define SUB_K	    0x14
#define SUB_X	    0x1c
#define DIV_X	    0x3c
#define MOD_X	    0x9c
#define JGE_K	    0x35
#define JGE_X	    0x3d
#define TAX	    0x07
#define TXA	    0x87

#define SLL_SIZE     16
#define SLL2_SIZE    20
#define OFFSET_MAX   0x7fffffffu /* libpcap and the kernel count packet bytes in an int */
#define JUMP_MAX     255
#define MEMORY_WORDS 16
#define CHUNK_MAX    24
#define AIMS_MAX     4

/*
 * What one instruction becomes. Jumps in it that get their displacement when its size is
 * known: fails lead to the end of the part, dones behind the chunk.
 */
struct chunk {
	struct splice_insn insns[CHUNK_MAX];
	uint32_t n;
	uint32_t fails[AIMS_MAX];
	uint32_t n_fails;
	uint32_t dones[AIMS_MAX];
	uint32_t n_dones;
};

/* A program on its way into the joint one. */
struct part {
	const struct splice_insn *insns;
	uint32_t n;
	bool is_exclude;
	uint32_t cooked_size;
	uint32_t keep;	 /* what the user's matches return at most */
	uint32_t memory; /* bits of the scratch words that the program uses */
	uint32_t behind[SPLICE_MAX + 1]; /* from where chunk i begins to the part's end */
};

static void
put(struct chunk *c, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	assert(c->n < CHUNK_MAX);
	c->insns[c->n++] = (struct splice_insn){code, jt, jf, k};
}

/* Goes on only if the test (a conditional jump) holds, else to the end of the part. */
static void
put_test(struct chunk *c, uint16_t code, uint32_t k)
{
	put(c, code, 1, 0, k);
	c->fails[c->n_fails++] = c->n;
	put(c, SPLICE_JA, 0, 0, 0);
}

/* What a load outside the packet does: no match. */
static void
put_never(const struct part *part, struct chunk *c)
{
	if (!part->is_exclude) {
		put(c, SPLICE_RET_K, 0, 0, 0);
		return;
	}
	c->fails[c->n_fails++] = c->n;
	put(c, SPLICE_JA, 0, 0, 0);
}

static uint32_t
load_size(uint16_t code)
{
	if (SIZE(code) == SIZE_W)
		return 4;
	return SIZE(code) == SIZE_H ? 2 : 1;
}

/*
 * The fields of the cooked headers that the kernel has as metadata; libpcap fills the
 * fields from the same values.
 */
static const struct field {
	uint32_t cooked_size;
	uint16_t code; /* the load that reads the whole field */
	uint32_t k;
	uint32_t offset;
} fields[] = {
    {SLL_SIZE, SPLICE_LD_H_ABS, 0, SPLICE_AD_PKTTYPE},
    {SLL_SIZE, SPLICE_LD_H_ABS, 2, SPLICE_AD_HATYPE},
    {SLL_SIZE, SPLICE_LD_H_ABS, 14, SPLICE_AD_PROTOCOL},
    {SLL2_SIZE, SPLICE_LD_H_ABS, 0, SPLICE_AD_PROTOCOL},
    {SLL2_SIZE, SPLICE_LD_W_ABS, 4, SPLICE_AD_IFINDEX},
    {SLL2_SIZE, SPLICE_LD_H_ABS, 8, SPLICE_AD_HATYPE},
    {SLL2_SIZE, LD_B_ABS, 10, SPLICE_AD_PKTTYPE},
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* NULL: none. */
static const struct field *
find_field(uint32_t cooked_size, uint16_t code, uint32_t k)
{
	for (size_t i = 0; i < N_FIELDS; i++) {
		if (fields[i].cooked_size == cooked_size && fields[i].code == code &&
		    fields[i].k == k)
			return &fields[i];
	}
	return NULL;
}

/*
 * A load outside the packet ends the whole program: right for the user's, where it means
 * no match, but an exclusion would then swallow every packet that is too short for it.
 * So there the length is tested first. A is free: the load overwrites it.
 */
static void
put_abs(const struct part *part, struct chunk *c, uint16_t code, uint32_t k)
{
	if (part->is_exclude) {
		put(c, LD_LEN, 0, 0, 0);
		put_test(c, JGE_K, k + load_size(code));
	}
	put(c, code, 0, 0, k);
}

static enum splice_result
expand_abs(const struct part *part, const struct splice_insn *insn, struct chunk *c)
{
	const struct field *field = find_field(part->cooked_size, insn->code, insn->k);
	uint32_t k = insn->k - part->cooked_size;

	if (insn->k >= SPLICE_AD_OFFSET)
		put(c, insn->code, 0, 0, insn->k);
	else if (field != NULL)
		put(c, insn->code, 0, 0, field->offset);
	else if (insn->k < part->cooked_size)
		return SPLICE_BAD;
	else if (k > OFFSET_MAX)
		put_never(part, c);
	else
		put_abs(part, c, insn->code, k);
	return SPLICE_OK;
}

/*
 * k alone lies in the header that goes, by missing bytes: X + k may be a field of it
 * (libpcap without its optimizer loads even constant offsets from X), or may not.
 */
static void
put_header_offset(const struct part *part, struct chunk *c,
		  const struct splice_insn *insn, uint32_t missing)
{
	uint16_t code = (uint16_t)(insn->code - LD_W_IND + SPLICE_LD_W_ABS);
	uint32_t inside;

	put(c, TXA, 0, 0, 0);
	inside = c->n;
	put(c, JGE_K, 0, 0, missing);
	for (size_t i = 0; i < N_FIELDS; i++) {
		if (fields[i].cooked_size != part->cooked_size ||
		    fields[i].code != code || fields[i].k < insn->k)
			continue;
		put(c, SPLICE_JEQ_K, 0, 2, fields[i].k - insn->k);
		put(c, code, 0, 0, fields[i].offset);
		c->dones[c->n_dones++] = c->n;
		put(c, SPLICE_JA, 0, 0, 0);
	}
	put_never(part, c);
	c->insns[inside].jt = (uint8_t)(c->n - inside - 1);
}

/*
 * X may hold all of the offset (libpcap keeps where an inner header begins there, counted
 * from the link header): then k is less than the header that goes, and less after the
 * subtraction than nothing. The kernel adds modulo 2^32, so that X + k comes out right.
 */
static void
expand_ind(const struct part *part, const struct splice_insn *insn, struct chunk *c)
{
	uint32_t size = part->cooked_size;
	uint32_t missing = insn->k < size ? size - insn->k : 0;
	uint32_t k = insn->k < size ? 0 : insn->k - size;

	if (k > OFFSET_MAX) {
		put_never(part, c);
		return;
	}
	if (missing > 0)
		put_header_offset(part, c, insn, missing);
	if (part->is_exclude) { /* X - missing + k + size of the load <= length */
		put(c, LD_LEN, 0, 0, 0);
		if (missing > 0)
			put(c, ADD_K, 0, 0, missing);
		put_test(c, JGE_X, 0);
		put(c, SUB_X, 0, 0, 0);
		put_test(c, JGE_K, k + load_size(insn->code));
	}
	put(c, insn->code, 0, 0, insn->k - size);
}

/* X is free here, and keeps A. */
static enum splice_result
expand_msh(const struct part *part, const struct splice_insn *insn, struct chunk *c)
{
	uint32_t k = insn->k - part->cooked_size;

	if (insn->k < part->cooked_size)
		return SPLICE_BAD;
	if (k > OFFSET_MAX) {
		put_never(part, c);
		return SPLICE_OK;
	}
	if (part->is_exclude) {
		put(c, TAX, 0, 0, 0);
		put(c, LD_LEN, 0, 0, 0);
		put_test(c, JGE_K, k + 1);
		put(c, TXA, 0, 0, 0);
	}
	put(c, LDX_MSH, 0, 0, k);
	return SPLICE_OK;
}

/* The kernel's length is without the cooked header. Only A can be added to. */
static enum splice_result
expand_len(const struct part *part, const struct splice_insn *insn, struct chunk *c)
{
	uint32_t word = 0;

	if (insn->code == LD_LEN || part->cooked_size == 0) {
		put(c, insn->code, 0, 0, 0);
		if (part->cooked_size > 0)
			put(c, ADD_K, 0, 0, part->cooked_size);
		return SPLICE_OK;
	}
	while (word < MEMORY_WORDS && (part->memory >> word & 1))
		word++;
	if (word == MEMORY_WORDS)
		return SPLICE_BAD;
	put(c, ST, 0, 0, word);
	put(c, LD_LEN, 0, 0, 0);
	put(c, ADD_K, 0, 0, part->cooked_size);
	put(c, TAX, 0, 0, 0);
	put(c, LD_MEM, 0, 0, word);
	return SPLICE_OK;
}

static void
expand_ret(const struct part *part, uint32_t i, const struct splice_insn *insn,
	   struct chunk *c)
{
	bool is_match = insn->k != 0;

	if (!part->is_exclude)
		put(c, SPLICE_RET_K, 0, 0, insn->k < part->keep ? insn->k : part->keep);
	else if (is_match)
		put(c, SPLICE_RET_K, 0, 0, 0);
	else if (part->behind[i + 1] > 0)
		put(c, SPLICE_JA, 0, 0, part->behind[i + 1]);
}

/* A displacement that no longer fits in 8 bits goes through a jump right behind. */
static void
expand_branch(const struct part *part, uint32_t i, const struct splice_insn *insn,
	      struct chunk *c)
{
	uint32_t t = part->behind[i + 1] - part->behind[i + 1 + insn->jt];
	uint32_t f = part->behind[i + 1] - part->behind[i + 1 + insn->jf];
	uint32_t far_t = t + 2 > JUMP_MAX;
	uint32_t far_f = f + 2 > JUMP_MAX;
	uint32_t extra = far_t + far_f;

	put(c, insn->code, (uint8_t)(far_t ? 0 : t + extra),
	    (uint8_t)(far_f ? far_t : f + extra), insn->k);
	if (far_t)
		put(c, SPLICE_JA, 0, 0, t + far_f);
	if (far_f)
		put(c, SPLICE_JA, 0, 0, f);
}

static enum splice_result
expand(const struct part *part, uint32_t i, struct chunk *c)
{
	const struct splice_insn *insn = &part->insns[i];

	switch (insn->code) {
	case SPLICE_LD_W_ABS:
	case SPLICE_LD_H_ABS:
	case LD_B_ABS:
		return expand_abs(part, insn, c);
	case LD_W_IND:
	case LD_H_IND:
	case LD_B_IND:
		expand_ind(part, insn, c);
		return SPLICE_OK;
	case LDX_MSH:
		return expand_msh(part, insn, c);
	case LD_LEN:
	case LDX_LEN:
		return expand_len(part, insn, c);
	case SPLICE_RET_K:
		expand_ret(part, i, insn, c);
		return SPLICE_OK;
	case SPLICE_JA:
		put(c, SPLICE_JA, 0, 0,
		    part->behind[i + 1] - part->behind[i + 1 + insn->k]);
		return SPLICE_OK;
	case DIV_X: /* by zero they end the program, like a load outside the packet */
	case MOD_X:
		if (part->is_exclude)
			return SPLICE_BAD;
		break;
	}
	if (CLASS(insn->code) == CLASS_JMP)
		expand_branch(part, i, insn, c);
	else
		put(c, insn->code, 0, 0, insn->k);
	return SPLICE_OK;
}

static enum splice_result
make_chunk(const struct part *part, uint32_t i, struct chunk *c)
{
	enum splice_result result;

	c->n = 0;
	c->n_fails = 0;
	c->n_dones = 0;
	result = expand(part, i, c);
	for (uint32_t f = 0; f < c->n_fails; f++) {
		uint32_t at = c->fails[f];

		c->insns[at].k = c->n - at - 1 + part->behind[i + 1];
	}
	for (uint32_t d = 0; d < c->n_dones; d++)
		c->insns[c->dones[d]].k = c->n - c->dones[d] - 1;
	return result;
}

/* The kernel's list (net/core/filter.c) without what returns a computed length. */
static bool
is_known(uint16_t code)
{
	static const uint8_t others[] = {SPLICE_LD_W_ABS,
					 SPLICE_LD_H_ABS,
					 LD_B_ABS,
					 LD_W_IND,
					 LD_H_IND,
					 LD_B_IND,
					 LD_LEN,
					 LD_IMM,
					 LD_MEM,
					 LDX_IMM,
					 LDX_MEM,
					 LDX_LEN,
					 LDX_MSH,
					 ST,
					 STX,
					 SPLICE_RET_K,
					 TAX,
					 TXA,
					 SPLICE_JA,
					 0x84 /* negate */};
	static const uint8_t with_operand[] = {0x04, 0x14, 0x24, 0x34, 0x44,
					       0x54, 0x64, 0x74, 0x94, 0xa4 /* ALU */,
					       0x15, 0x25, 0x35, 0x45 /* jumps */};

	for (size_t i = 0; i < sizeof(with_operand); i++) {
		if (code == with_operand[i] || code == (with_operand[i] | 0x08))
			return true;
	}
	for (size_t i = 0; i < sizeof(others); i++) {
		if (code == others[i])
			return true;
	}
	return false;
}

static enum splice_result
check_insn(const struct part *part, uint32_t i)
{
	const struct splice_insn *insn = &part->insns[i];
	uint32_t left = part->n - i - 1; /* instructions behind this one */

	if (!is_known(insn->code))
		return SPLICE_BAD;
	if (insn->code == SPLICE_JA) {
		if (insn->k > OFFSET_MAX)
			return SPLICE_BACKWARD;
		return insn->k < left ? SPLICE_OK : SPLICE_BAD;
	}
	if (CLASS(insn->code) == CLASS_JMP)
		return insn->jt < left && insn->jf < left ? SPLICE_OK : SPLICE_BAD;
	return left > 0 || CLASS(insn->code) == CLASS_RET ? SPLICE_OK : SPLICE_BAD;
}

static bool
is_memory(uint16_t code)
{
	return code == ST || code == STX || code == LD_MEM || code == LDX_MEM;
}

/* Checks the program and finds where its chunks will lie. */
static enum splice_result
measure(struct part *part)
{
	enum splice_result result = SPLICE_OK;
	struct chunk c;

	part->memory = 0;
	for (uint32_t i = 0; i < part->n && result == SPLICE_OK; i++) {
		result = check_insn(part, i);
		if (is_memory(part->insns[i].code)) {
			if (part->insns[i].k >= MEMORY_WORDS)
				return SPLICE_BAD;
			part->memory |= 1u << part->insns[i].k;
		}
	}
	part->behind[part->n] = 0;
	for (uint32_t i = part->n; i > 0 && result == SPLICE_OK; i--) {
		result = make_chunk(part, i - 1, &c);
		part->behind[i - 1] = part->behind[i] + c.n;
	}
	return result;
}

enum splice_result
splice_part_append(struct splice_program *out, const struct splice_insn *insns, size_t n)
{
	if (n > SPLICE_MAX - out->n)
		return SPLICE_TOO_LONG;
	memcpy(out->insns + out->n, insns, n * sizeof(*insns));
	out->n += n;
	return SPLICE_OK;
}

enum splice_result
splice_part_append_program(struct splice_program *out, const struct splice_select *select,
			   const struct splice_program *program, bool is_exclude)
{
	struct part part;
	struct chunk c;
	enum splice_result result;

	if (program->n > SPLICE_MAX)
		return SPLICE_TOO_LONG;
	part.insns = program->insns;
	part.n = (uint32_t)program->n;
	part.is_exclude = is_exclude;
	part.cooked_size = select->cooked_size;
	part.keep = select->snaplen > select->cooked_size
			? select->snaplen - select->cooked_size
			: 1;
	result = measure(&part);
	for (uint32_t i = 0; i < part.n && result == SPLICE_OK; i++) {
		result = make_chunk(&part, i, &c);
		if (result == SPLICE_OK)
			result = splice_part_append(out, c.insns, c.n);
	}
	return result;
}
