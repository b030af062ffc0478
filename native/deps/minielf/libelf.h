/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINIELF_LIBELF_H
#define MINIELF_LIBELF_H

/*
 * The part of the libelf interface that libbpf calls, for reading little-endian ELF64 only. See README.md for why.
 *
 * Every function accepts any bytes: what does not lie inside the file is an error, never an access.
 * An `Elf` is used by one thread at a time; the text of elf_errmsg() is per thread.
 */

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Elf Elf;
typedef struct Elf_Scn Elf_Scn;

typedef struct {
	void *d_buf; /* NULL for SHT_NOBITS */
	size_t d_size;
} Elf_Data;

typedef enum { ELF_C_READ, ELF_C_READ_MMAP } Elf_Cmd;
typedef enum { ELF_K_NONE, ELF_K_ELF } Elf_Kind;

unsigned elf_version(unsigned version);
const char *elf_errmsg(int error);

/* Reads the whole file; later changes to it are not seen. `ref` is NULL. */
Elf *elf_begin(int fd, Elf_Cmd command, Elf *ref);
/* `image` must stay until elf_end() and be aligned to 8 bytes. */
Elf *elf_memory(char *image, size_t size);
int elf_end(Elf *elf);
/* ELF_K_NONE for all that is not little-endian ELF64. */
Elf_Kind elf_kind(Elf *elf);

Elf64_Ehdr *elf64_getehdr(Elf *elf);
int elf_getphdrnum(Elf *elf, size_t *count);
int elf_getshdrnum(Elf *elf, size_t *count);
int elf_getshdrstrndx(Elf *elf, size_t *index);

Elf_Scn *elf_getscn(Elf *elf, size_t index);
Elf_Scn *elf_nextscn(Elf *elf, Elf_Scn *section);
size_t elf_ndxscn(Elf_Scn *section);
Elf64_Shdr *elf64_getshdr(Elf_Scn *section);
Elf_Data *elf_getdata(Elf_Scn *section, Elf_Data *previous);
Elf_Data *elf_rawdata(Elf_Scn *section, Elf_Data *previous);
char *elf_strptr(Elf *elf, size_t section, size_t offset);

#endif
