// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include <memory>
#include <string>

// Handles are plain JavaScript objects that own one C++ object each. The C++ object dies with the JavaScript one: by
// garbage collection, or with the environment. The `close*` verbs release what it holds earlier and leave it closed.
//
// A handle class T has `static constexpr napi_type_tag kTag`, `static constexpr const char* kKind` and `IsClosed()`.
namespace beyla {

template <typename T>
Napi::Object NewHandle(Napi::Env env, std::unique_ptr<T> owned) {
  Napi::Object object = Napi::Object::New(env);
  object.TypeTag(&T::kTag);
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<T*>(data); };
  if (napi_wrap(env, object, owned.get(), finalize, nullptr, nullptr) != napi_ok) throw Napi::Error::New(env);
  owned.release();
  return object;
}

// The C++ object of a handle, closed or not.
template <typename T>
T& HandleOf(Napi::Value value) {
  const std::string expected = std::string("expected a ") + T::kKind + " handle";
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&T::kTag)) {
    throw Napi::TypeError::New(value.Env(), expected);
  }
  void* data = nullptr;
  if (napi_unwrap(value.Env(), value, &data) != napi_ok) throw Napi::TypeError::New(value.Env(), expected);
  return *static_cast<T*>(data);
}

template <typename T>
T& OpenHandle(Napi::Value value) {
  T& handle = HandleOf<T>(value);
  if (handle.IsClosed()) throw Napi::TypeError::New(value.Env(), std::string("the ") + T::kKind + " handle is closed");
  return handle;
}

}  // namespace beyla
