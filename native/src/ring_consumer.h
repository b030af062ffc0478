// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace beyla {

// The reading end of a BPF ring buffer (kernel/bpf/ringbuf.c): its pages, and nothing else. Not thread-safe: one
// consumer per ring. Positions only grow; a record is an 8-byte header (length with two flag bits, page offset) and its
// bytes, padded to 8. The data pages are mapped twice in a row, so a record that wraps is still contiguous.
class RingConsumer {
 public:
  struct Drained {
    size_t bytes;
    // Records are left because they did not fit.
    bool more;
    // When nothing fitted: what the first record takes in the target.
    size_t needed;
  };

  // `fd` is a BPF_MAP_TYPE_RINGBUF map of `size` data bytes. Check IsOpen(); errno says why not.
  RingConsumer(int fd, size_t size);
  RingConsumer(const RingConsumer&) = delete;
  RingConsumer& operator=(const RingConsumer&) = delete;
  ~RingConsumer() { Close(); }

  bool IsOpen() const { return producer_page_ != nullptr; }
  void Close();

  // Copies records back to back, each at a multiple of 8, its padding zeroed.
  Drained DrainInto(uint8_t* target, size_t capacity);
  size_t PendingBytes() const;
  size_t SizeBytes() const { return size_; }

 private:
  size_t page_size_;
  size_t size_;
  uint8_t* consumer_page_ = nullptr;
  uint8_t* producer_page_ = nullptr;
};

}  // namespace beyla
