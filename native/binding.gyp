# SPDX-License-Identifier: Apache-2.0
# Three targets: minielf and libbpf as static libraries, and the addon that contains both.
# A build with sanitizers: CFLAGS='-fsanitize=address,undefined' CXXFLAGS=same LDFLAGS=same npx node-gyp rebuild -C native
{
  "variables": {
    "libbpf": "deps/src/libbpf",
    # Third-party and C code is optimised for size, and what nothing calls is dropped by the linker.
    "c_flags": ["-O2", "-g", "-fPIC", "-fvisibility=hidden", "-ffunction-sections", "-fdata-sections"],
  },
  "targets": [
    {
      "target_name": "minielf",
      "type": "static_library",
      "sources": ["deps/minielf/minielf.c"],
      "cflags!": ["-O3"],
      "cflags": ["<@(c_flags)", "-std=gnu11", "-Wall", "-Wextra", "-Wconversion", "-Werror"],
    },
    {
      "target_name": "libbpf",
      "type": "static_library",
      # linker.c writes ELF files, and the rest of what is left out is for XDP, TC and dumping: nothing here uses it.
      "sources": [
        "<(libbpf)/src/bpf.c",
        "<(libbpf)/src/btf.c",
        "<(libbpf)/src/btf_iter.c",
        "<(libbpf)/src/btf_relocate.c",
        "<(libbpf)/src/elf.c",
        "<(libbpf)/src/features.c",
        "<(libbpf)/src/gen_loader.c",
        "<(libbpf)/src/hashmap.c",
        "<(libbpf)/src/libbpf.c",
        "<(libbpf)/src/libbpf_errno.c",
        "<(libbpf)/src/libbpf_probes.c",
        "<(libbpf)/src/relo_core.c",
        "<(libbpf)/src/str_error.c",
        "<(libbpf)/src/strset.c",
        "<(libbpf)/src/usdt.c",
        "<(libbpf)/src/zip.c",
      ],
      # Node's headers come with the real zlib.h and would hide the one in nozlib.
      "include_dirs!": ["<(node_root_dir)/include/node", "<(node_root_dir)/deps/zlib"],
      "include_dirs": ["deps/minielf", "deps/nozlib", "<(libbpf)/src", "<(libbpf)/include", "<(libbpf)/include/uapi"],
      "defines": ["_GNU_SOURCE", "_LARGEFILE64_SOURCE", "_FILE_OFFSET_BITS=64"],
      "cflags!": ["-O3", "-Wall", "-Wextra"],
      "cflags": ["<@(c_flags)", "-w"],
    },
    {
      "target_name": "beyla_native",
      "dependencies": ["libbpf", "minielf"],
      "sources": [
        "src/addon.cc",
        "src/arguments.cc",
        "src/bpf_link.cc",
        "src/bpf_load.cc",
        "src/bpf_map.cc",
        "src/bpf_object.cc",
        "src/errors.cc",
        "src/host.cc",
        "src/libbpf_log.cc",
        "src/load_worker.cc",
        "src/program_probe.cc",
        "src/ring_buffer.cc",
        "src/ring_consumer.cc",
        "src/ring_watch.cc",
        "src/rodata.cc",
      ],
      "include_dirs": [
        "<!@(node -p \"require('node-addon-api').include_dir\")",
        "<(libbpf)/headers",
        "<(libbpf)/include/uapi",
      ],
      "defines": ["NAPI_VERSION=8", "NAPI_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags!": ["-O3"],
      # LIBBPF_OPTS names one member and leaves the rest to zero.
      "cflags": ["<@(c_flags)", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti"],
      "cflags_cc": ["-std=c++17", "-fexceptions"],
      "ldflags": ["-Wl,--gc-sections", "-Wl,--version-script=<(module_root_dir)/exports.map", "-Wl,-z,relro,-z,now"],
    },
  ],
}
