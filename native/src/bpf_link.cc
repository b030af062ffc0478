// SPDX-License-Identifier: Apache-2.0
#include "bpf_link.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "arguments.h"
#include "bpf_object.h"
#include "errors.h"
#include "handle.h"

namespace beyla {
namespace {

constexpr int64_t kMaxFileOffset = int64_t{1} << 53;

struct UprobeTarget {
  std::string path;
  std::vector<unsigned long> offsets;
  std::vector<__u64> cookies;
  pid_t pid;
  bool is_return;
  bool is_multi;
};

UprobeTarget UprobeTargetArgument(Napi::Value value) {
  Napi::Object object = ObjectArgument(value, "target");
  UprobeTarget target{};
  target.path = StringArgument(object.Get("path"), "path");
  target.pid = static_cast<pid_t>(IntegerArgument(object.Get("pid"), "pid", -1, INT32_MAX));
  target.is_return = BooleanArgument(object.Get("return"), "return");
  target.is_multi = BooleanArgument(object.Get("multi"), "multi");
  Napi::Array offsets = ArrayArgument(object.Get("offsets"), "offsets");
  for (uint32_t index = 0; index < offsets.Length(); index++) {
    target.offsets.push_back(static_cast<unsigned long>(IntegerArgument(offsets.Get(index), "offsets", 0, kMaxFileOffset)));
  }
  if (!object.Get("cookies").IsUndefined()) {
    Napi::Array cookies = ArrayArgument(object.Get("cookies"), "cookies");
    for (uint32_t index = 0; index < cookies.Length(); index++) {
      target.cookies.push_back(BigIntArgument(cookies.Get(index), "cookies"));
    }
    if (target.cookies.size() != target.offsets.size()) {
      throw Napi::RangeError::New(value.Env(), "cookies must have as many elements as offsets");
    }
  }
  if (target.offsets.empty()) throw Napi::RangeError::New(value.Env(), "offsets must not be empty");
  if (!target.is_multi && target.offsets.size() != 1) {
    throw Napi::RangeError::New(value.Env(), "offsets must have one element unless multi is true");
  }
  return target;
}

bpf_link* AttachMulti(const bpf_program* program, const UprobeTarget& target) {
  LIBBPF_OPTS(bpf_uprobe_multi_opts, options);
  options.offsets = target.offsets.data();
  options.cookies = target.cookies.empty() ? nullptr : target.cookies.data();
  options.cnt = target.offsets.size();
  options.retprobe = target.is_return;
  return bpf_program__attach_uprobe_multi(program, target.pid, target.path.c_str(), nullptr, &options);
}

bpf_link* AttachSingle(const bpf_program* program, const UprobeTarget& target) {
  LIBBPF_OPTS(bpf_uprobe_opts, options);
  options.retprobe = target.is_return;
  if (!target.cookies.empty()) options.bpf_cookie = target.cookies.front();
  return bpf_program__attach_uprobe_opts(program, target.pid, target.path.c_str(), target.offsets.front(), &options);
}

Napi::Value Attach(const Napi::CallbackInfo& info) {
  const BpfObject& object = OpenHandle<BpfObject>(info[0]);
  const std::string name = StringArgument(info[1], "program");
  bpf_program* program = object.LoadedProgram(info.Env(), "attach", name);
  LibbpfLog log;
  bpf_link* link = bpf_program__attach(program);
  if (link == nullptr) throw NativeError(info.Env(), "attach", name, errno, log);
  return NewHandle(info.Env(), std::make_unique<BpfLink>(link));
}

Napi::Value AttachUprobe(const Napi::CallbackInfo& info) {
  const BpfObject& object = OpenHandle<BpfObject>(info[0]);
  const std::string name = StringArgument(info[1], "program");
  const UprobeTarget target = UprobeTargetArgument(info[2]);
  bpf_program* program = object.LoadedProgram(info.Env(), "attachUprobe", name);
  LibbpfLog log;
  bpf_link* link = target.is_multi ? AttachMulti(program, target) : AttachSingle(program, target);
  if (link == nullptr) throw NativeError(info.Env(), "attachUprobe", name + " to " + target.path, errno, log);
  return NewHandle(info.Env(), std::make_unique<BpfLink>(link));
}

using Links = std::vector<std::unique_ptr<BpfLink>>;

constexpr size_t kClosingThreadsMax = 16;

// Taking a uprobe out waits for every CPU, some 40 ms a link, but any number of threads may wait for the same.
void CloseAtOnce(const Links& links) {
  std::atomic<size_t> next{0};
  const auto close = [&links, &next] {
    for (size_t index = next++; index < links.size(); index = next++) links[index]->Close();
  };
  std::vector<std::thread> helpers;
  try {
    while (helpers.size() + 1 < std::min(links.size(), kClosingThreadsMax)) helpers.emplace_back(close);
  } catch (const std::system_error&) {
    // No more threads: those that are there do it all.
  }
  close();
  for (std::thread& helper : helpers) helper.join();
}

class LinkCloser : public Napi::AsyncWorker {
 public:
  LinkCloser(Napi::Env env, std::vector<Links> groups)
      : Napi::AsyncWorker(env, "beyla:closeLinks"), deferred_(env), groups_(std::move(groups)) {}

  Napi::Promise Promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    for (const Links& links : groups_) CloseAtOnce(links);
  }
  void OnOK() override { deferred_.Resolve(Env().Undefined()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::vector<Links> groups_;
};

Napi::Value CloseLinks(const Napi::CallbackInfo& info) {
  Napi::Array values = ArrayArgument(info[0], "groups");
  std::vector<std::vector<BpfLink*>> open;
  for (uint32_t group = 0; group < values.Length(); group++) {
    Napi::Array handles = ArrayArgument(values.Get(group), "groups");
    open.emplace_back();
    for (uint32_t index = 0; index < handles.Length(); index++) {
      open.back().push_back(&HandleOf<BpfLink>(handles.Get(index)));
    }
  }
  std::vector<Links> groups;
  for (const std::vector<BpfLink*>& links : open) {
    groups.emplace_back();
    for (BpfLink* link : links) groups.back().push_back(link->Release());
  }
  auto* closer = new LinkCloser(info.Env(), std::move(groups));
  Napi::Promise promise = closer->Promise();
  closer->Queue();
  return promise;
}

void CloseLink(const Napi::CallbackInfo& info) { HandleOf<BpfLink>(info[0]).Close(); }

Napi::Value EnableStats(const Napi::CallbackInfo& info) {
  LibbpfLog log;
  const int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (fd < 0) throw NativeError(info.Env(), "enableStats", "", -fd, log);
  return NewHandle(info.Env(), std::make_unique<BpfLink>(UniqueFd(fd)));
}

}  // namespace

void BpfLink::Close() {
  if (link_ != nullptr) bpf_link__destroy(std::exchange(link_, nullptr));
  fd_.Close();
}

std::unique_ptr<BpfLink> BpfLink::Release() {
  auto released = std::make_unique<BpfLink>(std::move(fd_));
  released->link_ = std::exchange(link_, nullptr);
  return released;
}

void ExportLinkVerbs(Napi::Env env, Napi::Object exports) {
  exports.Set("attach", Napi::Function::New<Attach>(env, "attach"));
  exports.Set("attachUprobe", Napi::Function::New<AttachUprobe>(env, "attachUprobe"));
  exports.Set("closeLink", Napi::Function::New<CloseLink>(env, "closeLink"));
  exports.Set("closeLinks", Napi::Function::New<CloseLinks>(env, "closeLinks"));
  exports.Set("enableStats", Napi::Function::New<EnableStats>(env, "enableStats"));
}

}  // namespace beyla
