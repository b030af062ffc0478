// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace beyla {

// What libbpf says (the verifier's output included) on this thread during the life of one of these.
//
// libbpf has one print callback for the whole process. Ours finds the capture through a thread-local pointer, so
// environments on other threads never see each other's output; without a capture the output is dropped. Captures nest.
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  const std::string& Text() const { return text_; }
  void Append(const std::string& piece);

 private:
  std::string text_;
  LibbpfLog* outer_;
};

}  // namespace beyla
