// SPDX-License-Identifier: Apache-2.0
#include <napi.h>

#include "bpf_link.h"
#include "bpf_map.h"
#include "bpf_object.h"
#include "host.h"
#include "ring_buffer.h"

// No state is kept per environment: every handle owns what it holds, and frees it when its environment ends.
static Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  beyla::ExportObjectVerbs(env, exports);
  beyla::ExportMapVerbs(env, exports);
  beyla::ExportLinkVerbs(env, exports);
  beyla::ExportRingVerbs(env, exports);
  beyla::ExportHostVerbs(env, exports);
  return exports;
}

NODE_API_MODULE(beyla_native, Initialize)
