// SPDX-License-Identifier: Apache-2.0
#include "arguments.h"

#include <cmath>

namespace beyla {
namespace {

Napi::TypeError Expected(Napi::Value value, const char* name, const char* kind) {
  return Napi::TypeError::New(value.Env(), std::string(name) + " must be " + kind);
}

}  // namespace

Bytes BytesArgument(Napi::Value value, const char* name) {
  napi_typedarray_type type = napi_int8_array;
  size_t size = 0;
  void* data = nullptr;
  if (!value.IsTypedArray() || napi_get_typedarray_info(value.Env(), value, &type, &size, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    throw Expected(value, name, "a Uint8Array");
  }
  return {static_cast<uint8_t*>(data), size};
}

Bytes BytesArgument(Napi::Value value, const char* name, size_t size) {
  const Bytes bytes = BytesArgument(value, name);
  if (bytes.size != size) {
    throw Napi::RangeError::New(value.Env(), std::string(name) + " must have " + std::to_string(size) + " bytes, not " +
                                                 std::to_string(bytes.size));
  }
  return bytes;
}

std::string StringArgument(Napi::Value value, const char* name) {
  if (!value.IsString()) throw Expected(value, name, "a string");
  return value.As<Napi::String>();
}

bool BooleanArgument(Napi::Value value, const char* name) {
  if (!value.IsBoolean()) throw Expected(value, name, "a boolean");
  return value.As<Napi::Boolean>();
}

Napi::Object ObjectArgument(Napi::Value value, const char* name) {
  if (!value.IsObject()) throw Expected(value, name, "an object");
  return value.As<Napi::Object>();
}

Napi::Array ArrayArgument(Napi::Value value, const char* name) {
  if (!value.IsArray()) throw Expected(value, name, "an array");
  return value.As<Napi::Array>();
}

int64_t IntegerArgument(Napi::Value value, const char* name, int64_t least, int64_t most) {
  if (!value.IsNumber()) throw Expected(value, name, "a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (std::trunc(number) != number || !(number >= static_cast<double>(least) && number <= static_cast<double>(most))) {
    throw Napi::RangeError::New(value.Env(), std::string(name) + " must be an integer from " + std::to_string(least) + " to " +
                                                 std::to_string(most));
  }
  return static_cast<int64_t>(number);
}

uint64_t BigIntArgument(Napi::Value value, const char* name) {
  if (!value.IsBigInt()) throw Expected(value, name, "a bigint");
  bool lossless = false;
  const uint64_t number = value.As<Napi::BigInt>().Uint64Value(&lossless);
  if (!lossless) throw Napi::RangeError::New(value.Env(), std::string(name) + " must be from 0n to 2n**64n - 1n");
  return number;
}

}  // namespace beyla
