/* A histogram in logarithmic steps. */
#include "path/figures.h"

#define UNIT_NS 1000 /* the first power's place */

/* 2^p to 2^(p+1) units in PATH_FIGURES_STEPS places; below, one unit a place. */
static uint32_t
place_of(uint64_t ns)
{
	uint64_t units = ns * PATH_FIGURES_STEPS / UNIT_NS;
	uint32_t power = 0;

	while (units >> power >= 2 * PATH_FIGURES_STEPS)
		power++;
	if (units < PATH_FIGURES_STEPS)
		return (uint32_t)units;
	power++;
	if (power >= PATH_FIGURES_POWERS)
		return PATH_FIGURES_PLACES - 1;
	return power * PATH_FIGURES_STEPS +
	       (uint32_t)((units >> (power - 1)) - PATH_FIGURES_STEPS);
}

/* The middle of a place. */
static uint64_t
length_of(uint32_t place)
{
	uint32_t power = place / PATH_FIGURES_STEPS;
	uint64_t units = place % PATH_FIGURES_STEPS;

	if (power > 0)
		units = (units + PATH_FIGURES_STEPS) << (power - 1);
	units = 2 * units + (UINT64_C(1) << (power > 0 ? power - 1 : 0));
	return units * UNIT_NS / (2 * PATH_FIGURES_STEPS);
}

void
path_figures_add(struct path_figures *f, int64_t delay_ns, uint64_t bound_ns,
		 bool has_bound)
{
	int64_t shifted;

	if (f->n == 0) {
		f->has_bound = has_bound;
		f->min_ns = f->max_ns = delay_ns;
		f->shift_ns = (int64_t)bound_ns;
		if (!has_bound && delay_ns < 0)
			f->shift_ns = -2 * delay_ns;
	}
	f->n++;
	f->has_bound &= has_bound;
	f->bound_ns = bound_ns > f->bound_ns ? bound_ns : f->bound_ns;
	f->min_ns = delay_ns < f->min_ns ? delay_ns : f->min_ns;
	f->max_ns = delay_ns > f->max_ns ? delay_ns : f->max_ns;
	shifted = delay_ns + f->shift_ns;
	f->places[place_of(shifted > 0 ? (uint64_t)shifted : 0)]++;
}

int64_t
path_figures_at(const struct path_figures *f, uint32_t permille)
{
	uint64_t rank = (f->n * permille + 999) / 1000;
	uint64_t n = 0;
	int64_t at;

	if (f->n == 0 || permille == 0)
		return f->min_ns;
	if (permille >= 1000)
		return f->max_ns;
	for (uint32_t i = 0; i < PATH_FIGURES_PLACES; i++) {
		n += f->places[i];
		if (n < rank)
			continue;
		at = (int64_t)length_of(i) - f->shift_ns;
		at = at < f->min_ns ? f->min_ns : at;
		return at > f->max_ns ? f->max_ns : at;
	}
	return f->max_ns;
}
