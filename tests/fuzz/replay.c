/* The inputs of a fuzz target once each, without libFuzzer: for a build that counts lines. */
#include <dirent.h>
#include <stdio.h>

#include "fuzz/fuzz.h"

static void
run_file(const char *dir, const char *name)
{
	char path[4096];
	uint8_t bytes[8192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f || name[0] == '.')
		return;
	LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof(bytes), f));
	fclose(f);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		struct dirent *entry;

		while (dir && (entry = readdir(dir)) != NULL)
			run_file(argv[i], entry->d_name);
		if (dir)
			closedir(dir);
	}
	return 0;
}
