/* SPDX-License-Identifier: Apache-2.0 */
#include "gelf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct Elf_Scn {
	Elf *elf;
	size_t index;
	/* A copy: the table in the file may lie at any alignment. */
	Elf64_Shdr header;
	Elf_Data data;
};

struct Elf {
	char *image;
	size_t size;
	bool owns_image;
	Elf_Kind kind;
	Elf64_Ehdr header;
	size_t section_count;
	size_t section_names;
	size_t segment_count;
	Elf_Scn *sections;
};

static _Thread_local const char *last_error = "no error";

static void *fail(const char *reason)
{
	last_error = reason;
	return NULL;
}

const char *elf_errmsg(int error)
{
	(void)error;
	return last_error;
}

unsigned elf_version(unsigned version)
{
	return version == EV_NONE || version == EV_CURRENT ? EV_CURRENT : EV_NONE;
}

static bool inside(size_t limit, uint64_t offset, uint64_t size)
{
	return offset <= limit && size <= limit - offset;
}

static bool is_supported(const Elf *elf)
{
	return elf->size >= sizeof(Elf64_Ehdr) && memcmp(elf->image, ELFMAG, SELFMAG) == 0 &&
	       elf->image[EI_CLASS] == ELFCLASS64 && elf->image[EI_DATA] == ELFDATA2LSB &&
	       elf->image[EI_VERSION] == EV_CURRENT;
}

/* Header counts that do not fit their 16-bit fields live in section 0 (gABI, "extended numbering"). */
static void read_counts(Elf *elf, const Elf64_Shdr *section0)
{
	elf->section_count = elf->header.e_shnum != 0 ? elf->header.e_shnum : section0->sh_size;
	elf->section_names = elf->header.e_shstrndx == SHN_XINDEX ? section0->sh_link : elf->header.e_shstrndx;
	elf->segment_count = elf->header.e_phnum == PN_XNUM ? section0->sh_info : elf->header.e_phnum;
}

static bool parse(Elf *elf)
{
	const Elf64_Ehdr *header = &elf->header;

	memcpy(&elf->header, elf->image, sizeof(elf->header));
	if (header->e_shoff == 0) {
		elf->segment_count = header->e_phnum;
		return true;
	}

	Elf64_Shdr section0;
	if (header->e_shentsize != sizeof(Elf64_Shdr) || !inside(elf->size, header->e_shoff, sizeof(section0)))
		return fail("section headers lie outside the file"), false;
	memcpy(&section0, elf->image + header->e_shoff, sizeof(section0));
	read_counts(elf, &section0);
	if (elf->section_count > elf->size / sizeof(Elf64_Shdr) ||
	    !inside(elf->size, header->e_shoff, elf->section_count * sizeof(Elf64_Shdr)))
		return fail("section headers lie outside the file"), false;

	elf->sections = calloc(elf->section_count == 0 ? 1 : elf->section_count, sizeof(*elf->sections));
	if (elf->sections == NULL)
		return fail("out of memory"), false;
	for (size_t index = 0; index < elf->section_count; index++) {
		Elf_Scn *section = &elf->sections[index];

		section->elf = elf;
		section->index = index;
		memcpy(&section->header, elf->image + header->e_shoff + index * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
	}
	return true;
}

static Elf *open_image(char *image, size_t size, bool owns_image)
{
	Elf *elf = calloc(1, sizeof(*elf));

	if (elf == NULL) {
		if (owns_image)
			free(image);
		return fail("out of memory");
	}
	elf->image = image;
	elf->size = size;
	elf->owns_image = owns_image;
	if (is_supported(elf)) {
		if (!parse(elf)) {
			elf_end(elf);
			return NULL;
		}
		elf->kind = ELF_K_ELF;
	}
	return elf;
}

Elf *elf_memory(char *image, size_t size)
{
	if (image == NULL || (uintptr_t)image % 8 != 0)
		return fail("the image is not aligned to 8 bytes");
	return open_image(image, size, false);
}

/* Not mmap: a file that shrinks while it is mapped would kill the process with SIGBUS. */
static char *read_file(int fd, size_t *size)
{
	/* lseek rather than fstat, whose symbol would need glibc 2.33. */
	off_t end = lseek(fd, 0, SEEK_END);
	char *image = end < 0 ? NULL : malloc((size_t)end + 1);

	if (image == NULL)
		return fail("the file cannot be read");
	for (*size = 0; *size < (size_t)end;) {
		ssize_t got = pread(fd, image + *size, (size_t)end - *size, (off_t)*size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(image);
			return fail("the file cannot be read");
		}
		if (got == 0)
			break;
		*size += (size_t)got;
	}
	return image;
}

Elf *elf_begin(int fd, Elf_Cmd command, Elf *ref)
{
	size_t size = 0;
	char *image = read_file(fd, &size);

	(void)command;
	(void)ref;
	return image == NULL ? NULL : open_image(image, size, true);
}

int elf_end(Elf *elf)
{
	if (elf == NULL)
		return 0;
	free(elf->sections);
	if (elf->owns_image)
		free(elf->image);
	free(elf);
	return 0;
}

Elf_Kind elf_kind(Elf *elf)
{
	return elf == NULL ? ELF_K_NONE : elf->kind;
}

static bool is_elf(Elf *elf)
{
	if (elf_kind(elf) == ELF_K_ELF)
		return true;
	fail("not a little-endian ELF64 file");
	return false;
}

int gelf_getclass(Elf *elf)
{
	return elf_kind(elf) == ELF_K_ELF ? ELFCLASS64 : ELFCLASSNONE;
}

Elf64_Ehdr *elf64_getehdr(Elf *elf)
{
	return is_elf(elf) ? &elf->header : NULL;
}

GElf_Ehdr *gelf_getehdr(Elf *elf, GElf_Ehdr *header)
{
	if (!is_elf(elf))
		return NULL;
	*header = elf->header;
	return header;
}

int elf_getphdrnum(Elf *elf, size_t *count)
{
	if (!is_elf(elf))
		return -1;
	*count = elf->segment_count;
	return 0;
}

int elf_getshdrnum(Elf *elf, size_t *count)
{
	if (!is_elf(elf))
		return -1;
	*count = elf->section_count;
	return 0;
}

int elf_getshdrstrndx(Elf *elf, size_t *index)
{
	if (!is_elf(elf))
		return -1;
	*index = elf->section_names;
	return 0;
}

GElf_Phdr *gelf_getphdr(Elf *elf, int index, GElf_Phdr *header)
{
	if (!is_elf(elf))
		return NULL;
	if (index < 0 || (size_t)index >= elf->segment_count || elf->header.e_phentsize != sizeof(*header) ||
	    !inside(elf->size, elf->header.e_phoff, ((uint64_t)index + 1) * sizeof(*header)))
		return fail("no such program header");
	memcpy(header, elf->image + elf->header.e_phoff + (size_t)index * sizeof(*header), sizeof(*header));
	return header;
}

Elf_Scn *elf_getscn(Elf *elf, size_t index)
{
	if (!is_elf(elf))
		return NULL;
	if (index >= elf->section_count)
		return fail("no such section");
	return &elf->sections[index];
}

Elf_Scn *elf_nextscn(Elf *elf, Elf_Scn *section)
{
	size_t next = section == NULL ? 1 : section->index + 1;

	return elf_kind(elf) == ELF_K_ELF && next < elf->section_count ? &elf->sections[next] : NULL;
}

size_t elf_ndxscn(Elf_Scn *section)
{
	return section == NULL ? SHN_UNDEF : section->index;
}

Elf64_Shdr *elf64_getshdr(Elf_Scn *section)
{
	return section == NULL ? fail("no such section") : &section->header;
}

GElf_Shdr *gelf_getshdr(Elf_Scn *section, GElf_Shdr *header)
{
	if (section == NULL)
		return fail("no such section");
	*header = section->header;
	return header;
}

/* Callers index these as arrays of 8-byte aligned structures. */
static bool is_table(uint32_t type)
{
	return type == SHT_SYMTAB || type == SHT_DYNSYM || type == SHT_REL || type == SHT_RELA;
}

Elf_Data *elf_rawdata(Elf_Scn *section, Elf_Data *previous)
{
	if (section == NULL || previous != NULL)
		return fail("no such data");

	const Elf64_Shdr *header = &section->header;
	if (header->sh_type == SHT_NOBITS) {
		section->data = (Elf_Data){ .d_buf = NULL, .d_size = header->sh_size };
		return &section->data;
	}
	if (header->sh_type == SHT_NULL)
		return fail("the section has no data");
	if (!inside(section->elf->size, header->sh_offset, header->sh_size))
		return fail("the section lies outside the file");
	if (is_table(header->sh_type) && header->sh_offset % 8 != 0)
		return fail("the section is not aligned");
	section->data = (Elf_Data){ .d_buf = section->elf->image + header->sh_offset, .d_size = header->sh_size };
	return &section->data;
}

Elf_Data *elf_getdata(Elf_Scn *section, Elf_Data *previous)
{
	return elf_rawdata(section, previous);
}

char *elf_strptr(Elf *elf, size_t index, size_t offset)
{
	Elf_Scn *section = elf_getscn(elf, index);

	if (section == NULL)
		return NULL;
	if (section->header.sh_type != SHT_STRTAB)
		return fail("the section is not a string table");

	Elf_Data *data = elf_rawdata(section, NULL);
	if (data == NULL)
		return NULL;
	if (offset >= data->d_size || memchr((char *)data->d_buf + offset, 0, data->d_size - offset) == NULL)
		return fail("the string is not terminated inside its section");
	return (char *)data->d_buf + offset;
}

static void *copy_from(const Elf_Data *data, uint64_t offset, void *target, size_t size)
{
	if (data == NULL || data->d_buf == NULL || !inside(data->d_size, offset, size))
		return fail("the entry lies outside its section");
	memcpy(target, (const char *)data->d_buf + offset, size);
	return target;
}

/* Negative numbers become offsets beyond any section. */
static void *copy_entry(const Elf_Data *data, int index, void *target, size_t size)
{
	return copy_from(data, index < 0 ? UINT64_MAX : (uint64_t)index * size, target, size);
}

static void *copy_at(const Elf_Data *data, int offset, void *target, size_t size)
{
	return copy_from(data, offset < 0 ? UINT64_MAX : (uint64_t)offset, target, size);
}

GElf_Sym *gelf_getsym(Elf_Data *data, int index, GElf_Sym *symbol)
{
	return copy_entry(data, index, symbol, sizeof(*symbol));
}

GElf_Versym *gelf_getversym(Elf_Data *data, int index, GElf_Versym *version)
{
	return copy_entry(data, index, version, sizeof(*version));
}

GElf_Verdef *gelf_getverdef(Elf_Data *data, int offset, GElf_Verdef *definition)
{
	return copy_at(data, offset, definition, sizeof(*definition));
}

GElf_Verdaux *gelf_getverdaux(Elf_Data *data, int offset, GElf_Verdaux *auxiliary)
{
	return copy_at(data, offset, auxiliary, sizeof(*auxiliary));
}

static uint64_t aligned(uint64_t offset)
{
	return (offset + 3) & ~(uint64_t)3;
}

size_t gelf_getnote(Elf_Data *data, size_t offset, GElf_Nhdr *note, size_t *name, size_t *description)
{
	if (copy_from(data, offset, note, sizeof(*note)) == NULL)
		return 0;

	uint64_t name_at = offset + sizeof(*note);
	uint64_t description_at = name_at + aligned(note->n_namesz);
	uint64_t next = description_at + aligned(note->n_descsz);
	if (description_at > data->d_size || !inside(data->d_size, description_at, note->n_descsz))
		return 0;
	*name = name_at;
	*description = description_at;
	return next > data->d_size ? data->d_size : next;
}
