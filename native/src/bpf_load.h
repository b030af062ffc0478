// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <mutex>
#include <string>

struct bpf_object;

namespace beyla {

// One bpf_object and its load, which happens once, on the thread that asks first; whoever asks meanwhile waits for its end.
//
// Its owners count themselves: std::shared_ptr would need glibc 2.32 for that.
class BpfLoad {
 public:
  // For its first owner.
  explicit BpfLoad(bpf_object* object) : object_(object) {}
  BpfLoad(const BpfLoad&) = delete;
  BpfLoad& operator=(const BpfLoad&) = delete;

  BpfLoad* Retain() {
    owners_.fetch_add(1);
    return this;
  }
  void Release() {
    if (owners_.fetch_sub(1) == 1) delete this;
  }

  // 0, or the errno; ECANCELED when the object was closed before its load began.
  int Run();
  // What libbpf and the verifier said during the load; empty before it.
  const std::string& Log() const { return log_; }

  // Null once closed. Waits while the object is loaded.
  bpf_object* Object();
  void Close();

 private:
  ~BpfLoad() { Close(); }

  std::atomic<int> owners_{1};
  std::mutex mutex_;
  bpf_object* object_;
  bool is_done_ = false;
  int result_ = 0;
  std::string log_;
};

}  // namespace beyla
