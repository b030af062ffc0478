// SPDX-License-Identifier: Apache-2.0
#include "load_worker.h"

#include <utility>

#include "errors.h"
#include "libbpf_log.h"

namespace beyla {

LoadWorker::LoadWorker(Napi::Env env, BpfLoad* load, std::string name)
    : Napi::AsyncWorker(env, "beyla:load"), load_(load->Retain()), name_(std::move(name)), deferred_(env) {}

void LoadWorker::OnOK() {
  if (result_ == 0) deferred_.Resolve(Env().Undefined());
  else deferred_.Reject(LoadError(Env(), name_, result_, *load_).Value());
}

Napi::Error LoadError(Napi::Env env, const std::string& name, int code, const BpfLoad& load) {
  LibbpfLog log;
  log.Append(load.Log());
  return NativeError(env, "loadObject", name, code, log);
}

}  // namespace beyla
