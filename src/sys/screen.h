#ifndef SYS_SCREEN_H
#define SYS_SCREEN_H

#include "base/span.h"

/*
 * Lines on the terminal behind standard error that are drawn over again and again. The
 * cursor rests at the beginning of the first of them, so that one sequence erases them
 * all, however the terminal folds its lines when it becomes narrower. CR, LF, erase line,
 * erase below and cursor up are all that it sends.
 *
 * It never waits for a terminal that takes nothing (but for SCREEN_END_MS at the end):
 * then drawings are left out.
 */
#define SCREEN_BYTES  (32u * 1024) /* of a drawing with its sequences */
#define SCREEN_END_MS 500

struct screen {
	int fd; /* an open file description of our own: non-blocking; -1: not open */
	bool is_shown;
	size_t sent; /* of the n bytes of the last drawing */
	size_t n;
	char mem[SCREEN_BYTES];
};

enum screen_place {
	SCREEN_FOREGROUND, /* of our terminal */
	SCREEN_BACKGROUND, /* a job that should not write now */
	SCREEN_FOREIGN	   /* it is not this session's terminal: it cannot be told */
};

/* 0, or -errno: -ENOTTY where standard error is no terminal, or none (TERM) that knows
 * the sequences. */
int screen_open(struct screen *s);

enum screen_place screen_place(const struct screen *s);

/* In columns and lines; 80 and 24 where the terminal does not know. */
void screen_size(const struct screen *s, unsigned *width, unsigned *height);

/* Draws the lines, which are separated by \n, over those of before. */
void screen_draw(struct screen *s, struct span lines);

/* Removes the lines: what is written next stands in their place. */
void screen_erase(struct screen *s);

/* Somebody else has written: what is drawn next is drawn below. */
void screen_forget(struct screen *s);

/* Erases them and closes it. Legal when it is not open. */
void screen_close(struct screen *s);

#endif
