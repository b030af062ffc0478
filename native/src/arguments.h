// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <string>

// Checked readings of JavaScript arguments: each throws a TypeError that names the argument, or RangeError for a size.
namespace beyla {

struct Bytes {
  uint8_t* data;
  size_t size;
};

Bytes BytesArgument(Napi::Value value, const char* name);
Bytes BytesArgument(Napi::Value value, const char* name, size_t size);
std::string StringArgument(Napi::Value value, const char* name);
bool BooleanArgument(Napi::Value value, const char* name);
Napi::Object ObjectArgument(Napi::Value value, const char* name);
Napi::Array ArrayArgument(Napi::Value value, const char* name);
// An integer from `least` to `most`, both at most 2^53 in magnitude.
int64_t IntegerArgument(Napi::Value value, const char* name, int64_t least, int64_t most);
uint64_t BigIntArgument(Napi::Value value, const char* name);

// Calls `each(key, value)` for every own enumerable property; does nothing for undefined.
template <typename Each>
void ForEachEntry(Napi::Value value, const char* name, Each each) {
  if (value.IsUndefined()) return;
  Napi::Object object = ObjectArgument(value, name);
  Napi::Array keys = object.GetPropertyNames();
  for (uint32_t index = 0; index < keys.Length(); index++) {
    const std::string key = keys.Get(index).ToString();
    each(key, object.Get(key));
  }
}

}  // namespace beyla
