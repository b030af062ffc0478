/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_CAPTURE_H
#define BEYLA_LIB_CAPTURE_H

/*
 * Copies the first bytes of a turn, which may come in any number of calls and segments, behind its record.
 *
 * Called when the system call is over: the kernel has just copied these bytes, so their pages are present. At entry of a write
 * they may not be.
 */

/* Buffers of one call that are looked at, the first of them in place; Varnish writes a head in 18. */
#define CAPTURE_SEGMENTS 64
#define CAPTURE_SEGMENTS_INLINE 2

/*
 * Leaves in `walk` what finds no room in the prefix and may belong to the head. False where the prefix must not grow any more: what would
 * follow is not the next byte of the turn.
 */
static __always_inline bool capture__segment(struct frame_walk *walk, struct slot *slot, __u64 from, __u64 length)
{
	__u64 have = slot->record.captured;
	__u64 want = 0;

	if (have < capture_bytes) {
		want = capture_bytes - have;
		if (want > length)
			want = length;
	}
	if (want) {
		/*
		 * Both masks change nothing. They are what the 5.10 verifier needs to see a bound on the very register it
		 * uses: comparisons are fused or moved to another register by clang, an AND is not. have < 512 by the test
		 * above; 1 <= want <= 512, written as (0..511) + 1.
		 */
		have &= TURN_PREFIX_MAX - 1;
		asm volatile("" : "+r"(have));
		want = ((want - 1) & (TURN_PREFIX_MAX - 1)) + 1;
		asm volatile("" : "+r"(want));
		if (bpf_probe_read_user(&slot->prefix[have], want, (void *)from)) {
			count(COUNTER_CAPTURE_FAULT);
			return false;
		}
		slot->record.captured = have + want;
		slot->record.head = have + want;
	}
	walk->from = from + want;
	walk->segment = length - want;
	return true;
}

/*
 * Keeps the last 8 bytes of a turn that is longer than its prefix: how user space proves that a chunked body is complete. A shorter
 * turn is proven by the prefix itself.
 */
static __always_inline void capture__tail(struct slot *slot, __u64 from, __u64 length)
{
	__u64 bytes = 0;

	if (length >= 8) {
		bpf_probe_read_user(&bytes, 8, (void *)(from + length - 8));
		slot->record.tail = bytes;
	} else if (length) {
		__u64 few = ((length - 1) & 7) + 1;

		asm volatile("" : "+r"(few));
		bpf_probe_read_user(&bytes, few, (void *)from);
		slot->record.tail = (slot->record.tail >> (few * 8 & 63)) | (bytes << (64 - few * 8 & 63));
	}
}

/* The turn outgrows its prefix with this call, which may bring fewer than 8 bytes: the others are at the prefix' end. */
static __always_inline void capture__tail_of_prefix(struct slot *slot, __u64 bytes_before)
{
	__u64 at = bytes_before - 8;

	if (bytes_before < 8 || bytes_before != slot->record.captured)
		return;
	at &= TURN_PREFIX_MAX - 1;
	asm volatile("" : "+r"(at));
	/* Eight bytes from any of 0..511 stay inside the map's value: slack or the other slot follows. */
	__builtin_memcpy(&slot->record.tail, &slot->prefix[at], 8);
}

/* Adds the next buffer of a vector. False where there is no more to add. */
static __always_inline bool capture__next(struct frame_walk *walk, struct slot *slot)
{
	struct user_iovec segment = {};

	if (!walk->iovecs_left)
		return false;
	if (bpf_probe_read_user(&segment, sizeof(segment), (void *)walk->iovecs)) {
		count(COUNTER_CAPTURE_FAULT);
		return false;
	}
	walk->iovecs += sizeof(segment);
	walk->iovecs_left -= 1;
	if (segment.length > walk->call_left)
		segment.length = walk->call_left;
	walk->call_left -= segment.length;
	if (walk->is_aligned)
		walk->is_aligned = capture__segment(walk, slot, segment.base, segment.length);
	/* Eight bytes or more behind this buffer make up the tail alone. */
	if (slot->record.bytes > capture_bytes && walk->call_left < 8)
		capture__tail(slot, segment.base, segment.length);
	return walk->call_left != 0;
}

/* The same for the buffers behind the first few. Global, to be verified once and not for each of them. */
__noinline int capture__further(__u64 sock, __u64 direction)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);

	if (!conn)
		return 0;
	return capture__next(connection__walk(conn, direction), connection__slot(conn, direction));
}

/* Called from the outermost function, because 5.10 allows a chain of calls but 512 bytes of stack. */
static __always_inline void capture__rest_of_head(struct frame_walk *walk, struct slot *slot)
{
	if (walk->segment)
		head__go_on(slot->record.sock, slot->record.direction);
}

/* A loop over buffers keeps its state in `walk`, which is in the map: see FORGET(). */
static __always_inline void capture__vector(struct frame_walk *walk, struct slot *slot, __u64 base, __u64 iovecs)
{
	__u64 sock = slot->record.sock;
	__u64 direction = slot->record.direction;
	bool has_more = walk->call_left != 0;

	walk->iovecs = base;
	walk->iovecs_left = iovecs;
	for (__u64 i = 0; i < CAPTURE_SEGMENTS_INLINE; i++) {
		FORGET();
		if (!has_more)
			break;
		has_more = capture__next(walk, slot);
		capture__rest_of_head(walk, slot);
	}
	FORGET();
	for (__u64 i = CAPTURE_SEGMENTS_INLINE; i < CAPTURE_SEGMENTS; i++) {
		if (!has_more)
			break;
		has_more = capture__further(sock, direction);
		head__go_on(sock, direction);
	}
	FORGET();
	if (!walk->call_left)
		return;
	slot->record.tail = 0;
	if (iovecs > CAPTURE_SEGMENTS)
		count(COUNTER_VECTORS_CUT);
}

static __always_inline void capture__call(struct frame_walk *walk, struct slot *slot, __u64 base, __u64 iovecs, enum io_kind kind, __u64 total, __u64 before)
{
	/* Not so after a call whose bytes could not be had: a prefix has no holes. */
	bool is_prefix = slot->record.head == before;
	bool has_tail = slot->record.bytes > capture_bytes;

	if (has_tail && before <= capture_bytes)
		capture__tail_of_prefix(slot, before);
	walk->segment = 0;
	if (kind == IO_BUFFER) {
		if (is_prefix)
			capture__segment(walk, slot, base, total);
		capture__rest_of_head(walk, slot);
		if (has_tail)
			capture__tail(slot, base, total);
		return;
	}
	if (kind == IO_VECTOR) {
		walk->call_left = total;
		walk->is_aligned = is_prefix;
		capture__vector(walk, slot, base, iovecs);
		walk->is_aligned = 0;
		return;
	}
	slot->record.tail = 0;
	if (kind == IO_IO_URING)
		slot->record.header.flags |= RECORD_FLAG_IO_URING;
	if (slot->record.captured)
		return;
	slot->record.header.flags |= RECORD_FLAG_NO_PREFIX;
	count(kind == IO_IO_URING ? COUNTER_IO_URING_UNREAD : COUNTER_CAPTURE_SKIPPED);
}

enum captured {
	CAPTURED_TURN = 0,     /* nothing that the kernel has to act on */
	CAPTURED_HTTP2 = 1,    /* the beginning of HTTP/2 */
	CAPTURED_PIPELINE = 2, /* more than one request, or one behind the rest of a body */
};

/*
 * Adds what a call moved to the open slot of a direction. `total` is what it really moved, which may be less than the segments
 * hold. A global function, verified on its own once: inlined, the paths of this loop multiply with those of every caller. 5.10 passes
 * only scalars to such functions, hence the second look-up. Returns what the turn turned out to be.
 */
__noinline int capture__io(__u64 sock, __u64 base, __u64 iovecs, __u64 kind_and_direction, __u64 total)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct frame_walk *walk;
	struct slot *slot;
	__u64 before;

	if (!conn)
		return 0;
	walk = connection__walk(conn, kind_and_direction >> 8);
	slot = connection__slot(conn, kind_and_direction >> 8);
	before = slot->record.bytes - total;
	capture__call(walk, slot, base, iovecs, kind_and_direction & 0xff, total, before);
	if (http2__begins(conn, slot, before))
		return CAPTURED_HTTP2;
	if (head__hides_request(conn, slot, kind_and_direction >> 8 & 1))
		return CAPTURED_PIPELINE;
	return head__pipelines(conn, slot, kind_and_direction >> 8 & 1, before) ? CAPTURED_PIPELINE : CAPTURED_TURN;
}

#endif
