/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_EMIT_H
#define BEYLA_LIB_EMIT_H

/*
 * Waking the reader costs several microseconds, so records are submitted silently and the reader drains on a timer. The one
 * record that carries the fill over wakeup_bytes wakes it, so that a burst does not wait for the timer.
 */
static __always_inline __u64 emit__wakeup(__u64 size)
{
	__u64 pending = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);

	if (pending < wakeup_bytes && pending + size >= wakeup_bytes)
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

/* Sends a slot as it stands, its captured bytes included. */
static __always_inline bool emit__slot(struct slot *slot, __u16 flags)
{
	__u64 size = slot->record.captured;
	__u16 kept = slot->record.header.flags;

	/* captured <= 512 always; the mask is for the verifier (see capture.h), 513..1023 never happen and would stay in the map. */
	size &= 2 * TURN_PREFIX_MAX - 1;
	asm volatile("" : "+r"(size));
	size += sizeof(struct turn_record);
	slot->record.header.size = size;
	slot->record.header.flags = kept | flags;
	if (bpf_ringbuf_output(&ring, slot, size, emit__wakeup(size))) {
		slot->record.header.flags = kept;
		count(COUNTER_RING_FULL);
		return false;
	}
	slot->record.header.flags = kept;
	count(COUNTER_RECORDS);
	return true;
}

static __always_inline void emit__process(enum record_kind kind, __u32 pid, __u32 parent, __u64 wakeup)
{
	struct process_record record = {
		.header = { .size = sizeof(record), .kind = kind, .abi = BEYLA_ABI_VERSION },
		.ns = bpf_ktime_get_ns(),
		.pid = pid,
		.parent = parent,
	};

	if (bpf_ringbuf_output(&lifecycle, &record, sizeof(record), wakeup))
		count(COUNTER_LIFECYCLE_LOST);
}

#endif
