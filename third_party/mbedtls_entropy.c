/*
 * The one entropy source of mbedTLS here: getrandom(2), which needs no file and no descriptor.
 * Must not know anything of ddump.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/random.h>

#include "mbedtls/entropy.h"

int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *olen);

int
mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *olen)
{
	(void)data;
	*olen = 0;
	while (*olen < len) {
		ssize_t n = getrandom(output + *olen, len - *olen, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
		*olen += (size_t)n;
	}
	return 0;
}
