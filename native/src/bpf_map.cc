// SPDX-License-Identifier: Apache-2.0
#include "bpf_map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "arguments.h"
#include "errors.h"
#include "handle.h"

namespace beyla {
namespace {

bool IsPerCpu(uint32_t type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
         type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

// No system call tells this, only procfs; 0 where there is no procfs.
uint64_t MemoryBytes(int fd) {
  const std::string path = "/proc/self/fdinfo/" + std::to_string(fd);
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return 0;
  char line[256];
  unsigned long long bytes = 0;
  while (std::fgets(line, sizeof(line), file) != nullptr) {
    if (std::sscanf(line, "memlock: %llu", &bytes) == 1) break;
  }
  std::fclose(file);
  return bytes;
}

// True when it worked, false when there is no such key; throws for any other failure.
bool Found(const Napi::CallbackInfo& info, const char* operation, const BpfMap& map, int result, const LibbpfLog& log) {
  if (result == 0) return true;
  const int code = -result;
  if (code == ENOENT) return false;
  throw NativeError(info.Env(), operation, map.Info().name, code, log);
}

Napi::Value MapInfo(const Napi::CallbackInfo& info) {
  const BpfMap& map = OpenHandle<BpfMap>(info[0]);
  const bpf_map_info& kernel = map.Info();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("name", kernel.name);
  result.Set("id", kernel.id);
  result.Set("type", kernel.type);
  result.Set("keySize", kernel.key_size);
  result.Set("valueSize", kernel.value_size);
  result.Set("maxEntries", kernel.max_entries);
  result.Set("memoryBytes", static_cast<double>(MemoryBytes(map.Fd())));
  return result;
}

void CloseMap(const Napi::CallbackInfo& info) { HandleOf<BpfMap>(info[0]).Close(); }

Napi::Value MapLookup(const Napi::CallbackInfo& info) {
  const BpfMap& map = OpenHandle<BpfMap>(info[0]);
  const Bytes key = BytesArgument(info[1], "key", map.Info().key_size);
  const Bytes value = BytesArgument(info[2], "value", map.ValueBytes());
  LibbpfLog log;
  const int result = bpf_map_lookup_elem(map.Fd(), key.data, value.data);
  return Napi::Boolean::New(info.Env(), Found(info, "mapLookup", map, result, log));
}

void MapUpdate(const Napi::CallbackInfo& info) {
  const BpfMap& map = OpenHandle<BpfMap>(info[0]);
  const Bytes key = BytesArgument(info[1], "key", map.Info().key_size);
  const Bytes value = BytesArgument(info[2], "value", map.ValueBytes());
  const int64_t flags = info[3].IsUndefined() ? 0 : IntegerArgument(info[3], "flags", BPF_ANY, BPF_EXIST);
  LibbpfLog log;
  const int result = bpf_map_update_elem(map.Fd(), key.data, value.data, static_cast<uint64_t>(flags));
  if (result != 0) throw NativeError(info.Env(), "mapUpdate", map.Info().name, -result, log);
}

Napi::Value MapDelete(const Napi::CallbackInfo& info) {
  const BpfMap& map = OpenHandle<BpfMap>(info[0]);
  const Bytes key = BytesArgument(info[1], "key", map.Info().key_size);
  LibbpfLog log;
  const int result = bpf_map_delete_elem(map.Fd(), key.data);
  return Napi::Boolean::New(info.Env(), Found(info, "mapDelete", map, result, log));
}

Napi::Value MapNextKey(const Napi::CallbackInfo& info) {
  const BpfMap& map = OpenHandle<BpfMap>(info[0]);
  const void* key = info[1].IsNull() ? nullptr : BytesArgument(info[1], "key", map.Info().key_size).data;
  const Bytes next = BytesArgument(info[2], "next", map.Info().key_size);
  LibbpfLog log;
  const int result = bpf_map_get_next_key(map.Fd(), key, next.data);
  return Napi::Boolean::New(info.Env(), Found(info, "mapNextKey", map, result, log));
}

Napi::Value MapValueBytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(OpenHandle<BpfMap>(info[0]).ValueBytes()));
}

}  // namespace

BpfMap::BpfMap(Napi::Env env, const char* operation, int fd) : fd_(fcntl(fd, F_DUPFD_CLOEXEC, 3)) {
  LibbpfLog log;
  if (!fd_.IsOpen()) throw NativeError(env, operation, "", errno, log);
  uint32_t size = sizeof(info_);
  int result = bpf_map_get_info_by_fd(fd_.Get(), &info_, &size);
  if (result != 0) throw NativeError(env, operation, "", -result, log);
  value_bytes_ = info_.value_size;
  if (IsPerCpu(info_.type)) {
    result = libbpf_num_possible_cpus();
    if (result < 0) throw NativeError(env, operation, info_.name, -result, log);
    value_bytes_ = (value_bytes_ + 7) / 8 * 8 * static_cast<size_t>(result);
  }
}

void ExportMapVerbs(Napi::Env env, Napi::Object exports) {
  exports.Set("mapInfo", Napi::Function::New<MapInfo>(env, "mapInfo"));
  exports.Set("closeMap", Napi::Function::New<CloseMap>(env, "closeMap"));
  exports.Set("mapLookup", Napi::Function::New<MapLookup>(env, "mapLookup"));
  exports.Set("mapUpdate", Napi::Function::New<MapUpdate>(env, "mapUpdate"));
  exports.Set("mapDelete", Napi::Function::New<MapDelete>(env, "mapDelete"));
  exports.Set("mapNextKey", Napi::Function::New<MapNextKey>(env, "mapNextKey"));
  exports.Set("mapValueBytes", Napi::Function::New<MapValueBytes>(env, "mapValueBytes"));
}

}  // namespace beyla
