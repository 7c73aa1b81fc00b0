#ifndef CLI_OUTPUT_PRINTER_H
#define CLI_OUTPUT_PRINTER_H

#include "cli/model/interfaces.h"
#include "print/flows.h"
#include "print/print.h"

/*
 * Records of the merged stream as lines: whose they are, in which color, and in which time
 * zone (TZ, /etc/localtime).
 */
#define PRINTER_WIDTH_MAX 32 /* names are filled up to the longest, or to this */

struct printer {
	struct print print;
	struct print_flows flows;
	bool has_color;	       /* one a target */
	uint32_t n_known;      /* interfaces that the width was taken from */
	uint8_t width;	       /* of their names */
	uint64_t zone_quarter; /* the quarter of an hour that zone_s is of */
	int32_t zone_s;
};

/* Whether each target has a color, as --color says; NO_COLOR is obeyed. */
bool printer_has_color(enum options_color color, bool is_terminal);

/* Memory is zeroed by the caller. */
void printer_init(struct printer *p, const struct print_options *options, bool has_color);

/* A packet's lines; PRINT_MAX bytes at out are free. Returns the size. */
size_t printer_put(struct printer *p, const struct interfaces *all,
		   const struct savefile_record *record, const uint8_t *data,
		   uint8_t *out);

#endif
