// SPDX-License-Identifier: Apache-2.0
#include "program_probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "unique_fd.h"

namespace beyla {
namespace {

struct ProbedType {
  const char* name;
  bpf_prog_type type;
  // 0 where the program is tied to its target only when it is attached.
  bpf_attach_type attach_type;
  const char* usual_target;
};

constexpr ProbedType kTypes[] = {
    {"tp_btf", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "sched_process_exit"},
    {"fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "tcp_sendmsg"},
    {"raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, bpf_attach_type{}, ""},
    {"tracepoint", BPF_PROG_TYPE_TRACEPOINT, bpf_attach_type{}, ""},
    {"kprobe", BPF_PROG_TYPE_KPROBE, bpf_attach_type{}, ""},
};

// mov r0, 0; exit
constexpr bpf_insn kNothing[] = {
    {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
    {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
};

int TryType(const ProbedType& probed, const std::string& target) {
  const UniqueFd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "beyla_probe", 4, 4, 1, nullptr));
  if (!map.IsOpen()) return -map.Get();

  LIBBPF_OPTS(bpf_prog_load_opts, options);
  if (probed.attach_type != bpf_attach_type{}) {
    const std::string name = target.empty() ? probed.usual_target : target;
    const int id = libbpf_find_vmlinux_btf_id(name.c_str(), probed.attach_type);
    if (id < 0) return -id;
    options.expected_attach_type = probed.attach_type;
    options.attach_btf_id = static_cast<__u32>(id);
  }
  const UniqueFd program(
      bpf_prog_load(probed.type, "beyla_probe", "GPL", kNothing, sizeof(kNothing) / sizeof(kNothing[0]), &options));
  return program.IsOpen() ? 0 : -program.Get();
}

}  // namespace

int TryProgram(const std::string& type, const std::string& target) {
  for (const ProbedType& probed : kTypes) {
    if (type == probed.name) return TryType(probed, target);
  }
  return kUnknownProgramType;
}

}  // namespace beyla
