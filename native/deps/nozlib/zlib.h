/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NOZLIB_ZLIB_H
#define NOZLIB_ZLIB_H

/*
 * Stands in for zlib, which libbpf needs in one place: to resolve `extern ... __kconfig` from the kernel's
 * configuration. A plain /boot/config-<release> is read; a compressed /proc/config.gz counts as not there.
 */

#include <stdio.h>

typedef FILE *gzFile;

static inline gzFile gzopen(const char *path, const char *mode)
{
	static const unsigned char gzip_magic[2] = { 0x1f, 0x8b };
	unsigned char start[2] = { 0 };
	FILE *file = fopen(path, mode);

	if (file == NULL)
		return NULL;
	if (fread(start, 1, 2, file) == 2 && start[0] == gzip_magic[0] && start[1] == gzip_magic[1]) {
		fclose(file);
		return NULL;
	}
	rewind(file);
	return file;
}

static inline char *gzgets(gzFile file, char *line, int size)
{
	return fgets(line, size, file);
}

static inline int gzclose(gzFile file)
{
	return fclose(file);
}

#endif
