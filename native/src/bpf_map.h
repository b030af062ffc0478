// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/bpf.h>
#include <napi.h>

#include "type_tags.h"
#include "unique_fd.h"

namespace beyla {

// A map by a file descriptor of its own, so that it outlives the object it came from.
class BpfMap {
 public:
  static constexpr napi_type_tag kTag = tags::kMap;
  static constexpr const char* kKind = "map";

  // Duplicates `fd`; throws NativeError under the name of `operation`.
  BpfMap(Napi::Env env, const char* operation, int fd);

  bool IsClosed() const { return !fd_.IsOpen(); }
  int Fd() const { return fd_.Get(); }
  void Close() { fd_.Close(); }
  const bpf_map_info& Info() const { return info_; }
  // What one value takes in a look-up: all possible CPUs of a per-CPU map, each rounded up to 8 bytes.
  size_t ValueBytes() const { return value_bytes_; }

 private:
  UniqueFd fd_;
  bpf_map_info info_{};
  size_t value_bytes_ = 0;
};

void ExportMapVerbs(Napi::Env env, Napi::Object exports);

}  // namespace beyla
