// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>
#include <uv.h>

#include "unique_fd.h"

namespace beyla {

class RingBuffer;

// Calls a JavaScript function on the event loop of its environment when the kernel asks for it.
//
// All of this happens on the environment's own thread. States, and what causes each transition:
//   watching   Start() made it: uv_poll waits on `epoll_`, which waits on the ring edge-triggered.
//   calling    OnReadable(): the edge is consumed *before* the call, so that a wake-up during it counts for the next
//              iteration. After the call the edge is armed again only if the ring says that records were left for lack
//              of room. Plain level-triggering would fire for each record that came without a wake-up, and undo batching.
//   closing    Stop(), by closeRing, the handle's collection, or the environment's end (an async cleanup hook, so that
//              a worker's loop is not torn down under an open uv handle).
//   gone       OnClosed(): libuv has let go of the handle; the memory is freed.
// The uv handle is unreferenced: it never keeps the process alive.
class RingWatch {
 public:
  // `ring` outlives the watch or calls Stop(); `ring_handle` is kept from collection while watching. Throws NativeError.
  static RingWatch* Start(Napi::Env env, RingBuffer* ring, int map_fd, Napi::Object ring_handle, Napi::Function callback);

  void Stop();

 private:
  RingWatch(Napi::Env env, RingBuffer* ring, UniqueFd epoll, Napi::Object ring_handle, Napi::Function callback);
  ~RingWatch() = default;

  static void OnReadable(uv_poll_t* poll, int status, int events);
  static void OnEnvironmentEnd(napi_async_cleanup_hook_handle hook, void* data);
  static void OnClosed(uv_handle_t* handle);
  void ConsumeEdge();
  void RestoreEdge();
  void Call();
  void PassOnException();

  Napi::Env env_;
  RingBuffer* ring_;
  UniqueFd epoll_;
  int map_fd_ = -1;
  Napi::ObjectReference ring_handle_;
  Napi::FunctionReference callback_;
  Napi::AsyncContext context_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  uv_poll_t poll_{};
};

}  // namespace beyla
