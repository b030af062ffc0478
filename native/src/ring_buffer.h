// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include "ring_consumer.h"
#include "ring_watch.h"
#include "type_tags.h"
#include "unique_fd.h"

namespace beyla {

// A ring map's descriptor, its consumer and, where watched, its watch.
class RingBuffer {
 public:
  static constexpr napi_type_tag kTag = tags::kRing;
  static constexpr const char* kKind = "ring";

  RingBuffer(UniqueFd fd, size_t size) : fd_(std::move(fd)), consumer_(fd_.Get(), size) {}
  ~RingBuffer() { Close(); }

  bool IsClosed() const { return !consumer_.IsOpen(); }
  void Close();
  RingConsumer& Consumer() { return consumer_; }
  RingConsumer::Drained DrainInto(uint8_t* target, size_t capacity);

  bool IsWatched() const { return watch_ != nullptr; }
  // Throws NativeError. `handle` is the JavaScript object that owns this.
  void Watch(Napi::Object handle, Napi::Function callback);

  // For RingWatch only. A callback that does not drain at all leaves the ring as it was: with more.
  void ExpectDrain() { has_more_ = true; }
  bool HasMore() const { return has_more_; }
  void ForgetWatch() { watch_ = nullptr; }

 private:
  UniqueFd fd_;
  RingConsumer consumer_;
  RingWatch* watch_ = nullptr;
  bool has_more_ = false;
};

void ExportRingVerbs(Napi::Env env, Napi::Object exports);

}  // namespace beyla
