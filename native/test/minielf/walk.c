/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk FILE                    prints what minielf sees, one line per section and per symbol
 * walk --fuzz SEED CASES FILE  damages the file CASES times and walks each, printing nothing
 *
 * Built with the address and undefined-behaviour sanitizers by minielf.unit.test.ts.
 */
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t checksum;

static void touch(const void *bytes, size_t size)
{
	for (size_t at = 0; bytes != NULL && at < size; at++)
		checksum = checksum * 31 + ((const unsigned char *)bytes)[at];
}

static void walk_symbols(Elf *elf, const GElf_Shdr *header, Elf_Data *data, FILE *out)
{
	GElf_Sym symbol;

	for (int index = 0; gelf_getsym(data, index, &symbol) != NULL; index++) {
		const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);

		touch(name, name == NULL ? 0 : strlen(name));
		if (out != NULL)
			fprintf(out, "symbol %d %016lx %lu %s\n", index, symbol.st_value, symbol.st_size, name ? name : "?");
	}
}

static void walk_versions(Elf_Data *data)
{
	GElf_Verdef definition;
	GElf_Verdaux auxiliary;
	GElf_Versym version;
	int offset = 0;

	for (int rounds = 0; rounds < 1000 && gelf_getverdef(data, offset, &definition) != NULL; rounds++) {
		gelf_getverdaux(data, (int)((unsigned)offset + definition.vd_aux), &auxiliary);
		if (definition.vd_next == 0)
			break;
		offset = (int)((unsigned)offset + definition.vd_next);
	}
	for (int index = 0; gelf_getversym(data, index, &version) != NULL; index++)
		checksum += version;
}

static void walk_notes(Elf_Data *data)
{
	GElf_Nhdr note;
	size_t name, description;

	for (size_t at = 0; (at = gelf_getnote(data, at, &note, &name, &description)) != 0;)
		touch((const char *)data->d_buf + description, note.n_descsz);
}

static void walk(Elf *elf, FILE *out)
{
	Elf64_Ehdr *header = elf64_getehdr(elf);
	size_t sections = 0, segments = 0, names = 0;
	GElf_Ehdr copy;
	GElf_Phdr segment;

	if (header == NULL || elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &copy) == NULL)
		return;
	elf_getshdrnum(elf, &sections);
	elf_getphdrnum(elf, &segments);
	elf_getshdrstrndx(elf, &names);
	for (int index = 0; (size_t)index < segments && gelf_getphdr(elf, index, &segment) != NULL; index++)
		checksum += segment.p_offset;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
		Elf64_Shdr *own = elf64_getshdr(section);
		Elf_Data *data = elf_getdata(section, NULL);
		const char *name = elf_strptr(elf, names, own->sh_name);

		if (elf_getscn(elf, elf_ndxscn(section)) != section)
			abort();
		if (out != NULL)
			fprintf(out, "section %zu %06lx %06lx %s\n", elf_ndxscn(section), own->sh_offset, own->sh_size, name);
		if (data == NULL)
			continue;
		touch(data->d_buf, data->d_size);
		if (own->sh_type == SHT_SYMTAB || own->sh_type == SHT_DYNSYM)
			walk_symbols(elf, own, data, out);
		if (data->d_buf == NULL)
			continue;
		walk_versions(data);
		walk_notes(data);
	}
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The damage falls on the headers, where structure is, as often as on the rest. */
static void fuzz(const char *original, size_t size, uint64_t seed, unsigned long cases)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15 + 1;
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)original;

	for (unsigned long count = 0; count < cases; count++) {
		size_t length = next_random(&state) % 4 == 0 ? next_random(&state) % (size + 1) : size;
		/* Exactly as long as the file, so that a read beyond its end is seen. */
		char *image = malloc(length == 0 ? 1 : length);

		memcpy(image, original, length);
		for (unsigned changes = (unsigned)(next_random(&state) % 8); length > 0 && changes > 0; changes--) {
			size_t at = next_random(&state);

			switch (next_random(&state) % 3) {
			case 0:
				at %= sizeof(Elf64_Ehdr);
				break;
			case 1:
				at = header->e_shoff + at % (sizeof(Elf64_Shdr) * header->e_shnum);
				break;
			}
			image[at % length] = next_random(&state) % 2 ? (char)next_random(&state) : (char)0xff;
		}
		Elf *elf = elf_memory(image, length);

		if (elf != NULL) {
			walk(elf, NULL);
			elf_end(elf);
		}
		free(image);
	}
}

int main(int argc, char **argv)
{
	int fd = open(argv[argc - 1], O_RDONLY);
	Elf *elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_begin(fd, ELF_C_READ, NULL);

	if (elf == NULL || elf_kind(elf) != ELF_K_ELF) {
		fprintf(stderr, "%s: %s\n", argv[argc - 1], elf_errmsg(-1));
		return 1;
	}
	if (argc == 2) {
		walk(elf, stdout);
	} else {
		size_t size = (size_t)lseek(fd, 0, SEEK_END);
		char *image = malloc(size);

		if (pread(fd, image, size, 0) != (ssize_t)size)
			return 1;
		fuzz(image, size, strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
		free(image);
	}
	elf_end(elf);
	close(fd);
	return 0;
}
