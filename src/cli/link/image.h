#ifndef CLI_LINK_IMAGE_H
#define CLI_LINK_IMAGE_H

#include <stdint.h>

/* What image.S puts into the program. */
extern const char image_script[], image_worker[];
extern const uint64_t image_script_size, image_worker_size;

#endif
