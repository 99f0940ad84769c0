/* SPDX-License-Identifier: MIT */
/* main() of a fuzz target in a normal build: feeds it each file of its corpus, or of the directories
 * named, and prints TAP. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"

static int replay(const char *directory, int *count);
static bool feed(const char *path);

int main(int argc, char **argv)
{
	int count = 0, status = 0;

	setvbuf(stdout, NULL, _IOLBF, 0); /* which file it was must be seen after an abort */
	if (argc < 2)
		status = replay(CORPUS, &count);
	for (int i = 1; i < argc; i++)
		status |= replay(argv[i], &count);
	printf("1..%d\n", count);
	return count > 0 ? status : 2;
}

static int replay(const char *directory, int *count)
{
	struct dirent **names;
	int found = scandir(directory, &names, NULL, alphasort), status = 0;

	if (found < 0) {
		perror(directory);
		return 2;
	}
	for (int i = 0; i < found; i++) {
		char path[4096];
		bool good;

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]->d_name);
		if (names[i]->d_name[0] != '.') {
			printf("# %s\n", path);
			good = feed(path);
			status |= !good;
			printf("%s %d - %s\n", good ? "ok" : "not ok", ++*count, names[i]->d_name);
		}
		free(names[i]);
	}
	free(names);
	return status;
}

/* A block of the file's own size: a read past its end is seen by the sanitizer. */
static bool feed(const char *path)
{
	FILE *file = fopen(path, "rb");
	bool good = file && fseek(file, 0, SEEK_END) == 0;
	long size = good ? ftell(file) : -1;
	uint8_t *bytes = size >= 0 ? malloc(size > 0 ? (size_t)size : 1) : NULL;

	if (file)
		rewind(file);
	good = bytes && fread(bytes, 1, (size_t)size, file) == (size_t)size;
	if (good)
		LLVMFuzzerTestOneInput(bytes, (size_t)size);
	free(bytes);
	if (file)
		fclose(file);
	return good;
}
