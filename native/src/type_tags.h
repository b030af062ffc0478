// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <node_api.h>

// Every kind of handle, in one place: a handle of another kind, or an object that is no handle of ours, is told apart
// by these random numbers before its pointer is looked at.
namespace beyla::tags {

inline constexpr napi_type_tag kObject = {0x5d0c3a1fe2b94c67, 0x9a41d7f08be36c25};
inline constexpr napi_type_tag kLink = {0x1e87b2c94fd05a33, 0xb60f2e914ac87d5b};
inline constexpr napi_type_tag kMap = {0x8c53f60e17ad4b92, 0xa2d91b7c60e45f38};
inline constexpr napi_type_tag kRing = {0x37e94da80b5c4f16, 0x84fb02d36ea19c70};

}  // namespace beyla::tags
