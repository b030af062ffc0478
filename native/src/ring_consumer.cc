// SPDX-License-Identifier: Apache-2.0
#include "ring_consumer.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace beyla {
namespace {

constexpr size_t RoundUp8(size_t size) { return (size + 7) / 8 * 8; }

uint64_t LoadPosition(const uint8_t* page) {
  return __atomic_load_n(reinterpret_cast<const uint64_t*>(page), __ATOMIC_ACQUIRE);
}

}  // namespace

RingConsumer::RingConsumer(int fd, size_t size) : page_size_(static_cast<size_t>(sysconf(_SC_PAGESIZE))), size_(size) {
  void* consumer = mmap(nullptr, page_size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (consumer == MAP_FAILED) return;
  void* producer = mmap(nullptr, page_size_ + 2 * size_, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(page_size_));
  if (producer == MAP_FAILED) {
    const int reason = errno;
    munmap(consumer, page_size_);
    errno = reason;
    return;
  }
  consumer_page_ = static_cast<uint8_t*>(consumer);
  producer_page_ = static_cast<uint8_t*>(producer);
}

void RingConsumer::Close() {
  if (!IsOpen()) return;
  munmap(std::exchange(producer_page_, nullptr), page_size_ + 2 * size_);
  munmap(std::exchange(consumer_page_, nullptr), page_size_);
}

size_t RingConsumer::PendingBytes() const {
  return static_cast<size_t>(LoadPosition(producer_page_) - LoadPosition(consumer_page_));
}

RingConsumer::Drained RingConsumer::DrainInto(uint8_t* target, size_t capacity) {
  const uint8_t* data = producer_page_ + page_size_;
  auto* position = reinterpret_cast<uint64_t*>(consumer_page_);
  uint64_t consumed = LoadPosition(consumer_page_);
  Drained drained{0, false, 0};

  for (;;) {
    const uint64_t produced = LoadPosition(producer_page_);
    const uint64_t before = consumed;
    while (consumed < produced) {
      const uint8_t* record = data + (consumed & (size_ - 1));
      const uint32_t header = __atomic_load_n(reinterpret_cast<const uint32_t*>(record), __ATOMIC_ACQUIRE);
      if ((header & BPF_RINGBUF_BUSY_BIT) != 0) break;
      const size_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
      const size_t padded = RoundUp8(length);
      if ((header & BPF_RINGBUF_DISCARD_BIT) == 0) {
        if (padded > capacity - drained.bytes) {
          drained.more = true;
          if (drained.bytes == 0) drained.needed = padded;
          break;
        }
        std::memcpy(target + drained.bytes, record + BPF_RINGBUF_HDR_SZ, length);
        std::memset(target + drained.bytes + length, 0, padded - length);
        drained.bytes += padded;
      }
      consumed += RoundUp8(length + BPF_RINGBUF_HDR_SZ);
    }
    if (consumed == before) return drained;
    // The kernel wakes us for a record only when it sees that everything before it was consumed. So the position must be
    // visible before we look a last time, or the wake-up for a record committed in between would be lost.
    __atomic_store_n(position, consumed, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (drained.more) return drained;
  }
}

}  // namespace beyla
