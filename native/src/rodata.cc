// SPDX-License-Identifier: Apache-2.0
#include "rodata.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cstring>

namespace beyla {
namespace {

bool IsRodata(const char* section) {
  return std::strcmp(section, ".rodata") == 0 || std::strncmp(section, ".rodata.", std::strlen(".rodata.")) == 0;
}

RodataVariable InitialBytes(bpf_object* object, const char* section, const btf_var_secinfo& place) {
  bpf_map* map = bpf_object__find_map_by_name(object, section);
  size_t map_size = 0;
  auto* bytes = map == nullptr ? nullptr : static_cast<uint8_t*>(bpf_map__initial_value(map, &map_size));
  if (bytes == nullptr || place.offset > map_size || place.size > map_size - place.offset) return {nullptr, 0};
  return {bytes + place.offset, place.size};
}

}  // namespace

RodataVariable FindRodataVariable(bpf_object* object, const std::string& name) {
  const btf* types = bpf_object__btf(object);
  const uint32_t count = types == nullptr ? 0 : btf__type_cnt(types);
  for (uint32_t id = 1; id < count; id++) {
    const btf_type* section = btf__type_by_id(types, id);
    if (!btf_is_datasec(section)) continue;
    const char* section_name = btf__name_by_offset(types, section->name_off);
    if (!IsRodata(section_name)) continue;
    const btf_var_secinfo* places = btf_var_secinfos(section);
    for (uint32_t index = 0; index < btf_vlen(section); index++) {
      const btf_type* variable = btf__type_by_id(types, places[index].type);
      if (name == btf__name_by_offset(types, variable->name_off)) return InitialBytes(object, section_name, places[index]);
    }
  }
  return {nullptr, 0};
}

}  // namespace beyla
