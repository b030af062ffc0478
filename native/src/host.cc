// SPDX-License-Identifier: Apache-2.0
#include "host.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>

#include "arguments.h"
#include "errors.h"
#include "program_probe.h"

namespace beyla {
namespace {

constexpr int kAnchorAttempts = 16;

uint64_t Nanoseconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

std::string LinkTarget(const char* path) {
  char target[64];
  const ssize_t length = readlink(path, target, sizeof(target));
  return length < 0 ? std::string() : std::string(target, static_cast<size_t>(length));
}

// What the time namespace of this process adds to CLOCK_MONOTONIC. BPF programs know nothing of it. The file tells it of the namespace of children, which
// is the process's own unless it has unshared that itself.
int64_t ReadNamespaceOffsetNs() {
  if (LinkTarget("/proc/self/ns/time") != LinkTarget("/proc/self/ns/time_for_children")) return 0;
  const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen("/proc/self/timens_offsets", "re"), fclose);
  if (!file) return 0;
  char name[16];
  long long seconds = 0;
  long long nanoseconds = 0;
  while (fscanf(file.get(), "%15s %lld %lld", name, &seconds, &nanoseconds) == 3) {
    if (strcmp(name, "monotonic") == 0) return seconds * 1'000'000'000 + nanoseconds;
  }
  return 0;
}

// CLOCK_MONOTONIC as the kernel counts it. A process keeps its time namespace for life.
uint64_t KernelMonotonicNs() {
  static const int64_t offset = ReadNamespaceOffsetNs();
  return Nanoseconds(CLOCK_MONOTONIC) - static_cast<uint64_t>(offset);
}

Napi::Value MonotonicNs(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), KernelMonotonicNs());
}

Napi::Value ClockAnchor(const Napi::CallbackInfo& info) {
  uint64_t best_width = UINT64_MAX;
  uint64_t monotonic = 0;
  uint64_t realtime = 0;
  for (int attempt = 0; attempt < kAnchorAttempts; attempt++) {
    const uint64_t before = KernelMonotonicNs();
    const uint64_t between = Nanoseconds(CLOCK_REALTIME);
    const uint64_t width = KernelMonotonicNs() - before;
    if (width >= best_width) continue;
    best_width = width;
    monotonic = before + width / 2;
    realtime = between;
  }
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("monotonicNs", Napi::BigInt::New(info.Env(), monotonic));
  result.Set("realtimeNs", Napi::BigInt::New(info.Env(), realtime));
  result.Set("uncertaintyNs", static_cast<double>((best_width + 1) / 2));
  return result;
}

Napi::Value EffectiveCapabilities(const Napi::CallbackInfo& info) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  LibbpfLog log;
  if (syscall(SYS_capget, &header, data) != 0) {
    throw NativeError(info.Env(), "effectiveCapabilities", "", errno, log);
  }
  return Napi::BigInt::New(info.Env(), data[0].effective | static_cast<uint64_t>(data[1].effective) << 32);
}

Napi::Value LibbpfVersion(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(),
                           std::to_string(libbpf_major_version()) + "." + std::to_string(libbpf_minor_version()));
}

Napi::Value KernelHas(const Napi::CallbackInfo& info) {
  const std::string kind = StringArgument(info[0], "kind");
  const std::string name = StringArgument(info[1], "name");
  if (kind != "tracepoint" && kind != "function" && kind != "struct") {
    throw Napi::TypeError::New(info.Env(), "kind must be 'tracepoint', 'function' or 'struct'");
  }
  LibbpfLog log;
  const std::unique_ptr<btf, decltype(&btf__free)> kernel(btf__load_vmlinux_btf(), btf__free);
  if (kernel == nullptr) throw NativeError(info.Env(), "kernelHas", name, errno, log, "no BTF of the running kernel");
  const bool is_tracepoint = kind == "tracepoint";
  const uint32_t btf_kind = is_tracepoint ? BTF_KIND_TYPEDEF : kind == "function" ? BTF_KIND_FUNC : BTF_KIND_STRUCT;
  const std::string type_name = is_tracepoint ? "btf_trace_" + name : name;
  return Napi::Boolean::New(info.Env(), btf__find_by_name_kind(kernel.get(), type_name.c_str(), btf_kind) > 0);
}

Napi::Value ProbeProgramType(const Napi::CallbackInfo& info) {
  const std::string type = StringArgument(info[0], "type");
  const std::string target = info[1].IsUndefined() ? "" : StringArgument(info[1], "target");
  LibbpfLog log;
  const int result = TryProgram(type, target);
  if (result == kUnknownProgramType) {
    throw Napi::TypeError::New(info.Env(), "type must be 'tp_btf', 'raw_tp', 'tracepoint', 'kprobe' or 'fentry'");
  }
  return Napi::Number::New(info.Env(), result);
}

}  // namespace

void ExportHostVerbs(Napi::Env env, Napi::Object exports) {
  exports.Set("monotonicNs", Napi::Function::New<MonotonicNs>(env, "monotonicNs"));
  exports.Set("clockAnchor", Napi::Function::New<ClockAnchor>(env, "clockAnchor"));
  exports.Set("effectiveCapabilities", Napi::Function::New<EffectiveCapabilities>(env, "effectiveCapabilities"));
  exports.Set("libbpfVersion", Napi::Function::New<LibbpfVersion>(env, "libbpfVersion"));
  exports.Set("kernelHas", Napi::Function::New<KernelHas>(env, "kernelHas"));
  exports.Set("probeProgramType", Napi::Function::New<ProbeProgramType>(env, "probeProgramType"));
}

}  // namespace beyla
