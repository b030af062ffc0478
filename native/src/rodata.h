// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

struct bpf_object;

namespace beyla {

struct RodataVariable {
  uint8_t* data;  // null where there is no such variable
  size_t size;
};

// The initial bytes of a `const volatile` variable in any .rodata section of an object that is not loaded yet.
RodataVariable FindRodataVariable(bpf_object* object, const std::string& name);

}  // namespace beyla
