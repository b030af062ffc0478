// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include <string>

#include "libbpf_log.h"

namespace beyla {

// A `NativeError`: `operation` is the verb, `subject` what it was about ("" for none), `code` a positive errno or 0, and
// `reason` says more than the errno where there is more to say. `log` is what libbpf said meanwhile.
Napi::Error NativeError(Napi::Env env, const std::string& operation, const std::string& subject, int code,
                        const LibbpfLog& log, const std::string& reason = "");

}  // namespace beyla
