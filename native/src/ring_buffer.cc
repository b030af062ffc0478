// SPDX-License-Identifier: Apache-2.0
#include "ring_buffer.h"

#include <fcntl.h>
#include <linux/bpf.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "arguments.h"
#include "bpf_map.h"
#include "errors.h"
#include "handle.h"

namespace beyla {
namespace {

Napi::Value OpenRing(const Napi::CallbackInfo& info) {
  const BpfMap& map = OpenHandle<BpfMap>(info[0]);
  LibbpfLog log;
  if (map.Info().type != BPF_MAP_TYPE_RINGBUF) {
    throw NativeError(info.Env(), "openRing", map.Info().name, EINVAL, log, "not a BPF_MAP_TYPE_RINGBUF map");
  }
  UniqueFd fd(fcntl(map.Fd(), F_DUPFD_CLOEXEC, 3));
  if (!fd.IsOpen()) throw NativeError(info.Env(), "openRing", map.Info().name, errno, log);
  auto ring = std::make_unique<RingBuffer>(std::move(fd), map.Info().max_entries);
  if (ring->IsClosed()) throw NativeError(info.Env(), "openRing", map.Info().name, errno, log);
  return NewHandle(info.Env(), std::move(ring));
}

Napi::Value DrainRing(const Napi::CallbackInfo& info) {
  RingBuffer& ring = OpenHandle<RingBuffer>(info[0]);
  const Bytes target = BytesArgument(info[1], "target");
  const RingConsumer::Drained drained = ring.DrainInto(target.data, target.size);
  if (drained.needed != 0) {
    throw Napi::RangeError::New(info.Env(), "target has " + std::to_string(target.size) + " bytes but the next record needs " +
                                                std::to_string(drained.needed));
  }
  return Napi::Number::New(info.Env(), static_cast<double>(drained.bytes));
}

Napi::Value RingFill(const Napi::CallbackInfo& info) {
  const RingConsumer& consumer = OpenHandle<RingBuffer>(info[0]).Consumer();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("pendingBytes", static_cast<double>(consumer.PendingBytes()));
  result.Set("sizeBytes", static_cast<double>(consumer.SizeBytes()));
  return result;
}

void WatchRing(const Napi::CallbackInfo& info) {
  RingBuffer& ring = OpenHandle<RingBuffer>(info[0]);
  if (!info[1].IsFunction()) throw Napi::TypeError::New(info.Env(), "onReadable must be a function");
  LibbpfLog log;
  if (ring.IsWatched()) throw NativeError(info.Env(), "watchRing", "", EBUSY, log, "the ring is watched already");
  ring.Watch(info[0].As<Napi::Object>(), info[1].As<Napi::Function>());
}

void CloseRing(const Napi::CallbackInfo& info) { HandleOf<RingBuffer>(info[0]).Close(); }

}  // namespace

void RingBuffer::Close() {
  if (watch_ != nullptr) std::exchange(watch_, nullptr)->Stop();
  consumer_.Close();
  fd_.Close();
}

RingConsumer::Drained RingBuffer::DrainInto(uint8_t* target, size_t capacity) {
  const RingConsumer::Drained drained = consumer_.DrainInto(target, capacity);
  has_more_ = drained.more;
  return drained;
}

void RingBuffer::Watch(Napi::Object handle, Napi::Function callback) {
  watch_ = RingWatch::Start(handle.Env(), this, fd_.Get(), handle, callback);
}

void ExportRingVerbs(Napi::Env env, Napi::Object exports) {
  exports.Set("openRing", Napi::Function::New<OpenRing>(env, "openRing"));
  exports.Set("drainRing", Napi::Function::New<DrainRing>(env, "drainRing"));
  exports.Set("ringFill", Napi::Function::New<RingFill>(env, "ringFill"));
  exports.Set("watchRing", Napi::Function::New<WatchRing>(env, "watchRing"));
  exports.Set("closeRing", Napi::Function::New<CloseRing>(env, "closeRing"));
}

}  // namespace beyla
