// SPDX-License-Identifier: Apache-2.0
#include "bpf_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "arguments.h"
#include "bpf_map.h"
#include "errors.h"
#include "handle.h"
#include "load_worker.h"
#include "rodata.h"

namespace beyla {
namespace {

constexpr const char* kOpen = "openObject";

bpf_map* FindMap(Napi::Env env, const char* operation, bpf_object* object, const std::string& name, const LibbpfLog& log) {
  bpf_map* found = bpf_object__find_map_by_name(object, name.c_str());
  if (found == nullptr) throw NativeError(env, operation, name, ENOENT, log, "the object has no such map");
  return found;
}

void SetMaxEntries(Napi::Value sizes, bpf_object* object, const LibbpfLog& log) {
  ForEachEntry(sizes, "maxEntries", [&](const std::string& name, Napi::Value value) {
    bpf_map* found = FindMap(value.Env(), kOpen, object, name, log);
    const int64_t entries = IntegerArgument(value, "maxEntries", 1, UINT32_MAX);
    const int result = bpf_map__set_max_entries(found, static_cast<uint32_t>(entries));
    if (result != 0) throw NativeError(value.Env(), kOpen, name, -result, log);
  });
}

void DisablePrograms(Napi::Value names, bpf_object* object, const LibbpfLog& log) {
  if (names.IsUndefined()) return;
  Napi::Array array = ArrayArgument(names, "disabledPrograms");
  for (uint32_t index = 0; index < array.Length(); index++) {
    const std::string name = StringArgument(array.Get(index), "disabledPrograms");
    bpf_program* program = bpf_object__find_program_by_name(object, name.c_str());
    if (program == nullptr) throw NativeError(names.Env(), kOpen, name, ENOENT, log, "the object has no such program");
    bpf_program__set_autoload(program, false);
  }
}

void ShareMaps(Napi::Value maps, bpf_object* object, const LibbpfLog& log) {
  ForEachEntry(maps, "sharedMaps", [&](const std::string& name, Napi::Value value) {
    const BpfMap& shared = OpenHandle<BpfMap>(value);
    const int result = bpf_map__reuse_fd(FindMap(value.Env(), kOpen, object, name, log), shared.Fd());
    if (result != 0) throw NativeError(value.Env(), kOpen, name, -result, log);
  });
}

void SetConstants(Napi::Value constants, bpf_object* object, const LibbpfLog& log) {
  ForEachEntry(constants, "constants", [&](const std::string& name, Napi::Value value) {
    const RodataVariable variable = FindRodataVariable(object, name);
    if (variable.data == nullptr) {
      throw NativeError(value.Env(), kOpen, name, ENOENT, log, "the object has no such variable in .rodata");
    }
    const Bytes bytes = BytesArgument(value, name.c_str(), variable.size);
    std::memcpy(variable.data, bytes.data, bytes.size);
  });
}

// The kernel fixes at load whether a program may be attached by a uprobe_multi link or by a perf event.
void ExpectUprobeMulti(bpf_object* object) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    const std::string section = bpf_program__section_name(program);
    if (section.rfind("uprobe", 0) != 0 && section.rfind("uretprobe", 0) != 0) continue;
    bpf_program__set_expected_attach_type(program, BPF_TRACE_UPROBE_MULTI);
  }
}

Napi::Value OpenObject(const Napi::CallbackInfo& info) {
  const Bytes elf = BytesArgument(info[0], "elf");
  Napi::Object options = ObjectArgument(info[1], "options");
  const std::string name = StringArgument(options.Get("name"), "name");
  const Napi::Value btf_path_value = options.Get("btfPath");
  const std::string btf_path = btf_path_value.IsUndefined() ? "" : StringArgument(btf_path_value, "btfPath");

  // libbpf wants the image aligned, and only until open returns.
  std::vector<uint64_t> image((elf.size + 7) / 8);
  if (elf.size != 0) std::memcpy(image.data(), elf.data, elf.size);

  LIBBPF_OPTS(bpf_object_open_opts, open_options);
  open_options.object_name = name.c_str();
  if (!btf_path.empty()) open_options.btf_custom_path = btf_path.c_str();

  LibbpfLog log;
  bpf_object* opened = bpf_object__open_mem(image.data(), elf.size, &open_options);
  if (opened == nullptr) throw NativeError(info.Env(), kOpen, name, errno, log);
  auto object = std::make_unique<BpfObject>(opened);
  SetMaxEntries(options.Get("maxEntries"), opened, log);
  DisablePrograms(options.Get("disabledPrograms"), opened, log);
  ShareMaps(options.Get("sharedMaps"), opened, log);
  SetConstants(options.Get("constants"), opened, log);
  if (options.Get("uprobeMulti").ToBoolean()) ExpectUprobeMulti(opened);
  if (options.Get("verifierStatistics").ToBoolean()) object->CollectStatistics();
  return NewHandle(info.Env(), std::move(object));
}

void LoadObject(const Napi::CallbackInfo& info) {
  const BpfObject& object = OpenHandle<BpfObject>(info[0]);
  const int result = object.Load()->Run();
  if (result != 0) throw LoadError(info.Env(), bpf_object__name(object.Get()), result, *object.Load());
}

Napi::Value LoadObjectAhead(const Napi::CallbackInfo& info) {
  const BpfObject& object = OpenHandle<BpfObject>(info[0]);
  auto* worker = new LoadWorker(info.Env(), object.Load(), bpf_object__name(object.Get()));
  const Napi::Promise promise = worker->Promise();
  worker->Queue();
  return promise;
}

void CloseObject(const Napi::CallbackInfo& info) { HandleOf<BpfObject>(info[0]).Close(); }

Napi::Object ProgramInfo(Napi::Env env, const BpfObject& object, const bpf_program* program) {
  const int fd = bpf_program__fd(program);
  // What the running kernel does not know stays 0.
  bpf_prog_info kernel{};
  uint32_t size = sizeof(kernel);
  if (fd >= 0) bpf_prog_get_info_by_fd(fd, &kernel, &size);

  Napi::Object result = Napi::Object::New(env);
  result.Set("name", bpf_program__name(program));
  result.Set("section", bpf_program__section_name(program));
  result.Set("fd", fd < 0 ? -1 : fd);
  result.Set("id", kernel.id);
  result.Set("verifiedInstructions", kernel.verified_insns != 0 ? kernel.verified_insns : object.CountedInstructions(program));
  result.Set("runCount", static_cast<double>(kernel.run_cnt));
  result.Set("runTimeNs", static_cast<double>(kernel.run_time_ns));
  result.Set("recursionMisses", static_cast<double>(kernel.recursion_misses));
  return result;
}

Napi::Value Programs(const Napi::CallbackInfo& info) {
  const BpfObject& object = OpenHandle<BpfObject>(info[0]);
  Napi::Array result = Napi::Array::New(info.Env());
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object.Get()) result.Set(result.Length(), ProgramInfo(info.Env(), object, program));
  return result;
}

Napi::Value Map(const Napi::CallbackInfo& info) {
  bpf_object* object = OpenHandle<BpfObject>(info[0]).Get();
  const std::string name = StringArgument(info[1], "name");
  LibbpfLog log;
  const int fd = bpf_map__fd(FindMap(info.Env(), "map", object, name, log));
  if (fd < 0) throw NativeError(info.Env(), "map", name, EBADF, log, "the object is not loaded, or the map was not created");
  return NewHandle(info.Env(), std::make_unique<BpfMap>(info.Env(), "map", fd));
}

Napi::Value MapNames(const Napi::CallbackInfo& info) {
  bpf_object* object = OpenHandle<BpfObject>(info[0]).Get();
  Napi::Array result = Napi::Array::New(info.Env());
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) result.Set(result.Length(), bpf_map__name(map));
  return result;
}

}  // namespace

void BpfObject::Close() {
  is_closed_ = true;
  load_->Close();
}

void BpfObject::CollectStatistics() {
  // A log too small for the statistics fails the load; they grow with the number of functions, at most 256.
  constexpr size_t kStatisticsBytes = 64 << 10;
  constexpr uint32_t kStatisticsOnly = 4;  // BPF_LOG_STATS of the kernel's bpf_verifier.h
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, Get()) {
    std::string& text = statistics_[program];
    text.assign(kStatisticsBytes, '\0');
    bpf_program__set_log_level(program, kStatisticsOnly);
    bpf_program__set_log_buf(program, text.data(), text.size());
  }
}

uint32_t BpfObject::CountedInstructions(const bpf_program* program) const {
  const auto found = statistics_.find(program);
  if (found == statistics_.end()) return 0;
  const char* words = std::strstr(found->second.c_str(), "processed ");
  uint32_t count = 0;
  return words != nullptr && std::sscanf(words, "processed %u", &count) == 1 ? count : 0;
}

bpf_program* BpfObject::LoadedProgram(Napi::Env env, const char* operation, const std::string& name) const {
  LibbpfLog log;
  bpf_program* program = bpf_object__find_program_by_name(Get(), name.c_str());
  if (program == nullptr) throw NativeError(env, operation, name, ENOENT, log, "the object has no such program");
  if (bpf_program__fd(program) < 0) {
    throw NativeError(env, operation, name, EBADF, log, "the object is not loaded, or the program is disabled");
  }
  return program;
}

void ExportObjectVerbs(Napi::Env env, Napi::Object exports) {
  exports.Set("openObject", Napi::Function::New<OpenObject>(env, "openObject"));
  exports.Set("loadObject", Napi::Function::New<LoadObject>(env, "loadObject"));
  exports.Set("loadObjectAhead", Napi::Function::New<LoadObjectAhead>(env, "loadObjectAhead"));
  exports.Set("closeObject", Napi::Function::New<CloseObject>(env, "closeObject"));
  exports.Set("programs", Napi::Function::New<Programs>(env, "programs"));
  exports.Set("map", Napi::Function::New<Map>(env, "map"));
  exports.Set("mapNames", Napi::Function::New<MapNames>(env, "mapNames"));
}

}  // namespace beyla
