// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace beyla {

inline constexpr int kUnknownProgramType = -1;

// Creates a map, and loads a program of that type that does nothing. `target` is the tracepoint or function of the types
// that the verifier ties to one ("" for a usual one). Returns 0, a positive errno, or kUnknownProgramType.
int TryProgram(const std::string& type, const std::string& target);

}  // namespace beyla
