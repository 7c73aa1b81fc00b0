#ifndef SUPPORT_IMAGE_H
#define SUPPORT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Binary files as a line of text. Words, apart by spaces:
 *
 *   0a1b...   bytes in hexadecimal        "text"    its bytes
 *   h1f w1f q1f   a 16-, 32-, 64-bit number in hexadecimal, in the byte order
 *   z12       12 zero bytes               < >       little, big endian from here on
 *   [n ... ]  a pcapng block of type n (hexadecimal), padded, with its lengths
 *   ]n        the same, with n as the second length
 *   (n ... )  a pcapng option of code n (decimal), padded, with its length
 *
 * Returns the size; a mistake in text, or more than cap bytes, ends the test.
 */
size_t image_make(const char *text, uint8_t *out, size_t cap);

#endif
