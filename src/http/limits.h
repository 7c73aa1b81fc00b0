#ifndef HTTP_LIMITS_H
#define HTTP_LIMITS_H

/*
 * Every bound of the HTTP/1.1 stack. A filter may be 8 KiB; percent-encoded that is
 * three times as much, and the rest of a query is short.
 */
#define HTTP_TARGET_MAX	       (28 * 1024) /* request target; longer is 414 */
#define HTTP_HEAD_MAX	       (32 * 1024) /* request head with its target; 431 */
#define HTTP_FIELDS_MAX	       64	   /* header fields; more is 431 */
#define HTTP_RESPONSE_HEAD_MAX (16 * 1024) /* response head */
#define HTTP_INTERIM_MAX       16	   /* 1xx responses before the real one */
#define HTTP_CHUNK_DIGITS      16	   /* hex digits of a chunk size */
#define HTTP_CHUNK_LINE_MAX    1024	   /* chunk size line with extensions */
#define HTTP_TRAILER_MAX       (8 * 1024)  /* all trailer fields of a body */

#endif
