/*
 * Any packets at any points, of hostile sequence numbers, lengths and ids: within bounds,
 * every packet has one verdict, and what each target saw is never lost behind it.
 * Files: src/path/
 */
#include "fuzz/fuzz.h"
#include "path/json.h"
#include "path/report.h"
#include "path/verdict.h"

#define SOURCES 3u
#define MEMORY	(1024u * 1024)
#define MS	UINT64_C(1000000)

static uint8_t *mem;
static char text_mem[1 << 20];

static struct path *
make(void)
{
	static const char *const names[] = {"a/e", "b/e", "c/e"};
	struct path_options o = {
	    .wait_ns = 1000 * MS, .seed = {3, 4}, .payload = 64, .n_sources = SOURCES};
	struct path *p;

	if (!mem)
		mem = malloc(path_overhead(SOURCES) + MEMORY);
	memset(mem, 0, path_overhead(SOURCES));
	p = path_new(mem, path_overhead(SOURCES) + MEMORY, &o);
	require(p != NULL);
	for (uint16_t i = 0; i < SOURCES; i++)
		for (uint16_t d = PATH_IN; d <= PATH_OUT; d++)
			path_add_point(p, i, (enum path_direction)d, span_str(names[i]));
	return p;
}

/* A packet of few different fields, so that flows and ranges meet. */
static struct path_packet
packet_of(struct span *in, uint8_t bytes[128], uint64_t now_ns)
{
	uint8_t kind = fuzz_byte(in);
	uint8_t at = fuzz_byte(in);
	uint32_t n = 20u + fuzz_byte(in) % 100;

	memset(bytes, 0, 128);
	bytes[0] = 0x45;
	bytes[2] = kind & 0x40 ? fuzz_byte(in) : 0;
	bytes[3] = (uint8_t)n;
	bytes[5] = kind & 7;
	bytes[6] = kind == 0xff ? fuzz_byte(in) : 0;
	bytes[8] = kind & 0x20 ? 63 : 64;
	bytes[9] = kind & 0x10 ? 17 : 6;
	bytes[12] = bytes[16] = 10;
	bytes[15] = at >> 6 & 1;
	bytes[19] = at >> 5 & 3;
	bytes[21] = at >> 4 & 1;
	fuzz_fill(in, bytes + 24, 4);
	bytes[24] = kind & 8 ? bytes[24] : 0;
	bytes[25] = 0;
	bytes[32] = 0x50;
	bytes[33] = fuzz_byte(in);
	return (struct path_packet){.time_ns = now_ns,
				    .point = (uint16_t)(at % (2 * SOURCES)),
				    .type = 0x0800,
				    .data = span_of(bytes, n < 128 ? n : 128),
				    .wire = n};
}

static void
update(struct path *p, struct span *in, uint64_t now_ns)
{
	uint8_t what = fuzz_byte(in);
	struct path_state state = {.now_ns = now_ns,
				   .mark_ns = now_ns - (what & 0xf0) * MS,
				   .bound_ns = what & 1 ? MS : PATH_SIGHT_NONE,
				   .margin_ns = 25 * MS,
				   .drops = fuzz_byte(in),
				   .connection = what >> 6,
				   .has_marks = (what & 2) != 0,
				   .is_out = (what & 12) == 12};

	path_sight_update(&p->sight, what % SOURCES, &state);
	path_judge(p, state.mark_ns);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct path *p = make();
	uint64_t now_ns = UINT64_C(1700000000000000000);
	struct text t;

	while (in.n > 0) {
		uint8_t step = fuzz_byte(&in);
		uint8_t bytes[128];
		struct path_packet packet;

		now_ns += (step & 15u) * (step & 16 ? 100 * MS : 1000);
		if (step >= 0xf0) {
			update(p, &in, now_ns);
			continue;
		}
		packet = packet_of(&in, bytes, now_ns);
		path_take(p, &packet);
	}
	path_judge(p, UINT64_MAX);
	path_verdict_all(p);
	require(path_table_used(&p->table) == 0);
	text_init(&t, text_mem, sizeof(text_mem));
	path_report_put(&t, p);
	t.n = 0;
	path_json_put(&t, p, 0);
	require(t.is_cut || fuzz_is_json(text_span(&t)));
	return 0;
}
