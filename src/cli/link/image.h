#ifndef CLI_LINK_IMAGE_H
#define CLI_LINK_IMAGE_H

/* What image.S puts into the program. */
extern const char image_script[], image_script_end[];
extern const char image_worker[], image_worker_end[];

#endif
