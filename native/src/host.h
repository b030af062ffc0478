// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

namespace beyla {

// Questions about the machine: nothing here leaves anything behind in the kernel.
void ExportHostVerbs(Napi::Env env, Napi::Object exports);

}  // namespace beyla
