// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include <memory>

#include "type_tags.h"
#include "unique_fd.h"

struct bpf_link;

namespace beyla {

// Something that is in force until it is closed: an attached program, or the kernel's run-time statistics.
class BpfLink {
 public:
  static constexpr napi_type_tag kTag = tags::kLink;
  static constexpr const char* kKind = "link";

  explicit BpfLink(bpf_link* link) : link_(link) {}
  explicit BpfLink(UniqueFd fd) : fd_(std::move(fd)) {}
  BpfLink(const BpfLink&) = delete;
  BpfLink& operator=(const BpfLink&) = delete;
  ~BpfLink() { Close(); }

  bool IsClosed() const { return link_ == nullptr && !fd_.IsOpen(); }
  void Close();
  // Moves what Close would free to a new object; this one is closed then.
  std::unique_ptr<BpfLink> Release();

 private:
  bpf_link* link_ = nullptr;
  UniqueFd fd_;
};

void ExportLinkVerbs(Napi::Env env, Napi::Object exports);

}  // namespace beyla
