// SPDX-License-Identifier: Apache-2.0
#include "libbpf_log.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>

namespace beyla {
namespace {

// A rejected program's log can have many megabytes; the verifier gives its reason at the end.
constexpr size_t kMaxTextBytes = 1 << 20;

thread_local LibbpfLog* current = nullptr;

int Print(libbpf_print_level level, const char* format, va_list arguments) {
  if (current == nullptr || level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return 0;
  std::string piece(static_cast<size_t>(length) + 1, '\0');
  std::vsnprintf(piece.data(), piece.size(), format, arguments);
  piece.pop_back();
  current->Append(piece);
  return length;
}

}  // namespace

LibbpfLog::LibbpfLog() : outer_(current) {
  static const libbpf_print_fn_t replaced = libbpf_set_print(Print);
  static_cast<void>(replaced);
  current = this;
}

LibbpfLog::~LibbpfLog() { current = outer_; }

void LibbpfLog::Append(const std::string& piece) {
  text_ += piece;
  if (text_.size() > kMaxTextBytes) text_.erase(0, text_.size() - kMaxTextBytes);
}

}  // namespace beyla
