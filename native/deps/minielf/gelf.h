/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINIELF_GELF_H
#define MINIELF_GELF_H

#include "libelf.h"

typedef Elf64_Ehdr GElf_Ehdr;
typedef Elf64_Phdr GElf_Phdr;
typedef Elf64_Shdr GElf_Shdr;
typedef Elf64_Sym GElf_Sym;
typedef Elf64_Nhdr GElf_Nhdr;
typedef Elf64_Versym GElf_Versym;
typedef Elf64_Verdef GElf_Verdef;
typedef Elf64_Verdaux GElf_Verdaux;
typedef Elf64_Addr GElf_Addr;
typedef Elf64_Xword GElf_Xword;

#define GELF_ST_TYPE(info) ELF64_ST_TYPE(info)
#define GELF_ST_BIND(info) ELF64_ST_BIND(info)

int gelf_getclass(Elf *elf);
/* The rest copy to the last argument and return it; NULL when the thing is not there. */
GElf_Ehdr *gelf_getehdr(Elf *elf, GElf_Ehdr *header);
GElf_Phdr *gelf_getphdr(Elf *elf, int index, GElf_Phdr *header);
GElf_Shdr *gelf_getshdr(Elf_Scn *section, GElf_Shdr *header);
GElf_Sym *gelf_getsym(Elf_Data *data, int index, GElf_Sym *symbol);
GElf_Versym *gelf_getversym(Elf_Data *data, int index, GElf_Versym *version);
GElf_Verdef *gelf_getverdef(Elf_Data *data, int offset, GElf_Verdef *definition);
GElf_Verdaux *gelf_getverdaux(Elf_Data *data, int offset, GElf_Verdaux *auxiliary);
/* Returns the offset of the next note; 0 at the end. */
size_t gelf_getnote(Elf_Data *data, size_t offset, GElf_Nhdr *note, size_t *name, size_t *description);

#endif
