// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include <string>

#include "bpf_load.h"

namespace beyla {

// Loads an object on a thread of the pool and settles a promise. Deletes itself.
class LoadWorker : public Napi::AsyncWorker {
 public:
  LoadWorker(Napi::Env env, BpfLoad* load, std::string name);
  ~LoadWorker() override { load_->Release(); }
  Napi::Promise Promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { result_ = load_->Run(); }
  void OnOK() override;

 private:
  BpfLoad* const load_;
  std::string name_;
  Napi::Promise::Deferred deferred_;
  int result_ = 0;
};

// What is thrown, or rejected with, when a load has failed.
Napi::Error LoadError(Napi::Env env, const std::string& name, int code, const BpfLoad& load);

}  // namespace beyla
