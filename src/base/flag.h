#ifndef BASE_FLAG_H
#define BASE_FLAG_H

#include "base/text.h"

/*
 * Command lines and queries by table, one row a flag. A row says where its value is stored
 * in the caller's struct, which values are legal, and what the help says; messages about
 * illegal values are made from the row.
 */
enum flag_kind {
	FLAG_TRUE,     /* bool; takes no value */
	FLAG_COUNT,    /* uint8_t: adds row->min, up to row->max; takes no value */
	FLAG_TEXT,     /* const char *, not empty; borrowed from the command line */
	FLAG_OPTIONAL, /* FLAG_TEXT, or "" where no "=" follows */
	FLAG_NUMBER,   /* this and the next three: bool, 32 or 64 bits, enums too */
	FLAG_SIZE,     /* bytes, with K, M or G */
	FLAG_TIME,     /* ns, with ns, us, ms, s, m or h; seconds without */
	FLAG_WORD,     /* the index of the value among the words of row->value */
	FLAG_CUSTOM,   /* row->set decides */
	FLAG_HELP,
	FLAG_VERSION
};

/* Stores the value (of a command line: NUL-terminated) in base. NULL, or a static phrase
 * "not ...". context: the caller's, as given to flag_set. */
typedef const char *flag_set_fn(void *base, struct span value, const void *context);

struct flag {
	const char *name;
	char letter; /* 0: none */
	enum flag_kind kind;
	uint32_t at; /* FLAG_AT: offset and size of the member */
	uint32_t size;
	const char *value; /* help: name of the value; FLAG_WORD: the words, "a|b|c" */
	const char *help;  /* lines */
	uint64_t min;	   /* of NUMBER, SIZE and TIME */
	uint64_t max;
	flag_set_fn *set;
	const char *query; /* the value goes into a struct flag_query, by this name; set
			    * (with the whole structure) only judges it then */
	char url_letter;   /* a letter of another row's that is this one before a "://" */
};

/* A flag of other programs, and what it is here: "use -w FILE". */
struct flag_foreign {
	const char *name; /* a letter or a long name */
	const char *instead;
};

#define FLAG_AT(type, member) offsetof(type, member), sizeof(((type *)0)->member)

/* Parameters for a query, in the order in which they were given first; borrowed. */
#define FLAG_QUERY_MAX 8
struct flag_query {
	size_t n;
	struct flag_parameter {
		const char *name;
		const char *value;
	} list[FLAG_QUERY_MAX];
};

struct flag_table {
	const struct flag *rows;
	size_t n;
	const struct flag_foreign *foreign;
	size_t n_foreign;
};

enum flag_result {
	FLAG_RESULT_RUN,
	FLAG_RESULT_HELP,
	FLAG_RESULT_VERSION,
	FLAG_RESULT_BAD /* why: one sentence, without values: they may be passwords */
};

/*
 * Reads argv[1] to argv[argc - 1] into base: flags with one or two dashes, values after
 * "=" or as the next argument; what is no long name behind one dash are letters, the last
 * with its value attached, as getopt(3) reads them; "--" ends the flags. operands: room for
 * argc pointers, *n are stored; a row's own set may store there, too. NULL: none are legal.
 * An unknown flag is answered with the table's foreign ones, or with the nearest name.
 */
enum flag_result flag_parse(const struct flag_table *table, void *base, int argc,
			    char **argv, const char **operands, size_t *n,
			    struct text *why);

/* The row of this name or letter; NULL: none. */
const struct flag *flag_find(const struct flag_table *table, struct span name);

/* Stores one value. False: wrong says "not ..."; base may then hold anything there. */
bool flag_set(const struct flag *row, void *base, struct span value, const void *context,
	      struct text *wrong);

/* The name of a row of NUMBER, SIZE, TIME or WORD whose member in base holds no legal
 * value, or NULL. Rows with their own set are not looked at. */
const char *flag_fault(const struct flag_table *table, const void *base);

/* Help, a row a flag: "  -w, --write FILE   text", with these dashes before names ("  -tt":
 * one before a repeated letter); of a query: "    name=VALUE   text". */
void flag_put_row(const struct flag *row, const char *dashes, struct text *out);
void flag_put_help(const struct flag_table *table, const char *dashes, struct text *out);
void flag_put_query_help(const struct flag_table *table, struct text *out);

#endif
