// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <unordered_map>

#include "bpf_load.h"
#include "type_tags.h"

struct bpf_object;
struct bpf_program;

namespace beyla {

// An opened BPF object. Links and map handles made from it have descriptors of their own and outlive it.
class BpfObject {
 public:
  static constexpr napi_type_tag kTag = tags::kObject;
  static constexpr const char* kKind = "object";

  explicit BpfObject(bpf_object* object) : load_(new BpfLoad(object)) {}
  BpfObject(const BpfObject&) = delete;
  BpfObject& operator=(const BpfObject&) = delete;
  ~BpfObject() {
    Close();
    load_->Release();
  }

  bool IsClosed() const { return is_closed_; }
  // Waits while the object is loaded.
  bpf_object* Get() const { return load_->Object(); }
  void Close();

  // Of this object; a load that another thread has begun outlives the handle.
  BpfLoad* Load() const { return load_; }

  // Before load: lets the verifier tell how many instructions it processed, for kernels that do not keep the number.
  void CollectStatistics();
  // That number; 0 where it was not collected.
  uint32_t CountedInstructions(const bpf_program* program) const;

  // The loaded program of that name; throws NativeError under the name of `operation`.
  bpf_program* LoadedProgram(Napi::Env env, const char* operation, const std::string& name) const;

 private:
  std::unordered_map<const bpf_program*, std::string> statistics_;
  BpfLoad* const load_;
  bool is_closed_ = false;
};

void ExportObjectVerbs(Napi::Env env, Napi::Object exports);

}  // namespace beyla
