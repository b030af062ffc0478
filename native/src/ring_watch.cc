// SPDX-License-Identifier: Apache-2.0
#include "ring_watch.h"

#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "errors.h"
#include "ring_buffer.h"

namespace beyla {
namespace {

constexpr const char* kOperation = "watchRing";

epoll_event EdgeTriggered() {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  return event;
}

}  // namespace

RingWatch::RingWatch(Napi::Env env, RingBuffer* ring, UniqueFd epoll, Napi::Object ring_handle, Napi::Function callback)
    : env_(env),
      ring_(ring),
      epoll_(std::move(epoll)),
      ring_handle_(Napi::Persistent(ring_handle)),
      callback_(Napi::Persistent(callback)),
      context_(env, "beyla:ring") {}

RingWatch* RingWatch::Start(Napi::Env env, RingBuffer* ring, int map_fd, Napi::Object ring_handle, Napi::Function callback) {
  LibbpfLog log;
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) throw Napi::Error::New(env);

  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.IsOpen()) throw NativeError(env, kOperation, "", errno, log);
  epoll_event event = EdgeTriggered();
  if (epoll_ctl(epoll.Get(), EPOLL_CTL_ADD, map_fd, &event) != 0) throw NativeError(env, kOperation, "", errno, log);

  auto* watch = new RingWatch(env, ring, std::move(epoll), ring_handle, callback);
  watch->map_fd_ = map_fd;
  watch->poll_.data = watch;
  int result = uv_poll_init(loop, &watch->poll_, watch->epoll_.Get());
  if (result != 0) {
    delete watch;
    throw NativeError(env, kOperation, "", -result, log);
  }
  result = uv_poll_start(&watch->poll_, UV_READABLE, OnReadable);
  uv_unref(reinterpret_cast<uv_handle_t*>(&watch->poll_));
  if (result != 0 || napi_add_async_cleanup_hook(env, OnEnvironmentEnd, watch, &watch->hook_) != napi_ok) {
    watch->Stop();
    throw NativeError(env, kOperation, "", -result, log);
  }
  return watch;
}

void RingWatch::Stop() {
  if (std::exchange(ring_, nullptr) == nullptr) return;
  callback_.Reset();
  ring_handle_.Reset();
  uv_poll_stop(&poll_);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), OnClosed);
}

void RingWatch::OnEnvironmentEnd(napi_async_cleanup_hook_handle, void* data) {
  auto* watch = static_cast<RingWatch*>(data);
  if (watch->ring_ != nullptr) watch->ring_->ForgetWatch();
  watch->Stop();
}

void RingWatch::OnClosed(uv_handle_t* handle) {
  auto* watch = static_cast<RingWatch*>(handle->data);
  napi_async_cleanup_hook_handle hook = watch->hook_;
  delete watch;
  if (hook != nullptr) napi_remove_async_cleanup_hook(hook);
}

void RingWatch::OnReadable(uv_poll_t* poll, int status, int) {
  auto* watch = static_cast<RingWatch*>(poll->data);
  // An error of the epoll descriptor itself would come back at once, forever.
  if (status < 0) {
    uv_poll_stop(poll);
    return;
  }
  watch->ConsumeEdge();
  watch->ring_->ExpectDrain();
  watch->Call();
  // The callback may have closed the ring; OnClosed runs in a later phase of the loop.
  if (watch->ring_ != nullptr && watch->ring_->HasMore()) watch->RestoreEdge();
}

void RingWatch::ConsumeEdge() {
  epoll_event event{};
  while (epoll_wait(epoll_.Get(), &event, 1, 0) < 0 && errno == EINTR) {
  }
}

void RingWatch::RestoreEdge() {
  epoll_event event = EdgeTriggered();
  epoll_ctl(epoll_.Get(), EPOLL_CTL_MOD, map_fd_, &event);
}

// Plain Node-API: the C++ wrapper throws when a worker is being terminated, and nobody above us could catch it.
void RingWatch::Call() {
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env_, &scope) != napi_ok) return;
  napi_value global = nullptr;
  napi_value callback = nullptr;
  if (napi_get_global(env_, &global) == napi_ok && napi_get_reference_value(env_, callback_, &callback) == napi_ok &&
      napi_make_callback(env_, context_, global, callback, 0, nullptr, nullptr) == napi_pending_exception) {
    PassOnException();
  }
  napi_close_handle_scope(env_, scope);
}

// As if thrown from any other event loop callback: the 'uncaughtException' of the process or worker. Where there is no
// exception although the call said so, the environment is being terminated.
void RingWatch::PassOnException() {
  bool is_pending = false;
  napi_value exception = nullptr;
  if (napi_is_exception_pending(env_, &is_pending) == napi_ok && is_pending &&
      napi_get_and_clear_last_exception(env_, &exception) == napi_ok) {
    napi_fatal_exception(env_, exception);
  }
}

}  // namespace beyla
