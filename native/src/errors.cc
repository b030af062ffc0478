// SPDX-License-Identifier: Apache-2.0
#include "errors.h"

#include <cstring>

namespace beyla {

Napi::Error NativeError(Napi::Env env, const std::string& operation, const std::string& subject, int code,
                        const LibbpfLog& log, const std::string& reason) {
  std::string message = operation;
  if (!subject.empty()) message += " " + subject;
  message += ": ";
  if (!reason.empty()) message += reason;
  if (!reason.empty() && code != 0) message += ": ";
  if (code != 0) message += std::strerror(code);

  Napi::Error error = Napi::Error::New(env, message);
  Napi::Object fields = error.Value();
  fields.Set("name", "NativeError");
  fields.Set("operation", operation);
  fields.Set("errno", code);
  fields.Set("log", log.Text());
  return error;
}

}  // namespace beyla
