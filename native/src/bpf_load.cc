// SPDX-License-Identifier: Apache-2.0
#include "bpf_load.h"

#include <signal.h>

#include <bpf/libbpf.h>

#include <cerrno>
#include <utility>

#include "libbpf_log.h"

namespace beyla {
namespace {

// A pending signal interrupts the verifier (EAGAIN), and under a steady stream of them, as a profiler makes, no load ever ends.
// sigprocmask is of the calling thread only on Linux; pthread_sigmask would need glibc 2.32.
class SignalsHeldBack {
 public:
  SignalsHeldBack() {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsHeldBack() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeldBack(const SignalsHeldBack&) = delete;
  SignalsHeldBack& operator=(const SignalsHeldBack&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

int BpfLoad::Run() {
  const std::lock_guard lock(mutex_);
  if (is_done_) return result_;
  if (object_ == nullptr) return ECANCELED;
  LibbpfLog log;
  const SignalsHeldBack held_back;
  result_ = -bpf_object__load(object_);
  log_ = log.Text();
  is_done_ = true;
  return result_;
}

bpf_object* BpfLoad::Object() {
  const std::lock_guard lock(mutex_);
  return object_;
}

void BpfLoad::Close() {
  const std::lock_guard lock(mutex_);
  bpf_object__close(std::exchange(object_, nullptr));
}

}  // namespace beyla
