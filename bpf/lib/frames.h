/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_FRAMES_H
#define BEYLA_LIB_FRAMES_H

/*
 * Stream mode of HTTP/2: reports what a call moved without the payload of longer DATA frames.
 *
 * A call is walked in rounds. A round leaves out what is to be left out, gathers the next bytes behind the record in the direction's slot,
 * from as many buffers as it takes, and walks the frames in them; what lies before the next payload to leave out is one record. So a
 * call without such payload is one record, and its cost does not depend on how many frames and buffers it has.
 */

/* What does not fit into one round, is left to the next. */
#define FRAMES_PER_ROUND 16
#define SEGMENTS_PER_ROUND 8
#define FRAME_ROUNDS 256

/* A call of so many bytes is to be walked from its first buffer on. */
static __always_inline void frames__start(struct frame_walk *walk, __u64 base, __u64 iovecs, enum io_kind kind, __u64 bytes)
{
	walk->call_left = bytes;
	walk->from = base;
	walk->segment = kind == IO_BUFFER ? bytes : 0;
	walk->iovecs = base;
	walk->iovecs_left = kind == IO_VECTOR ? iovecs : 0;
}

/* Takes the next buffer of a vector. */
static __always_inline bool frames__next_segment(struct frame_walk *walk)
{
	struct user_iovec segment;

	if (!walk->iovecs_left)
		return false;
	if (bpf_probe_read_user(&segment, sizeof(segment), (void *)walk->iovecs))
		return false;
	walk->iovecs += sizeof(segment);
	walk->iovecs_left -= 1;
	walk->from = segment.base;
	walk->segment = segment.length;
	return true;
}

static __always_inline void frames__payload_ends(struct frame_walk *walk)
{
	walk->is_skipping = 0;
	walk->is_end_due |= walk->ends_stream;
}

/* Leaves out payload. False where the call's buffers cannot be followed. */
static __always_inline bool frames__skip(struct frame_walk *walk, struct turn_record *record)
{
	__u64 left = walk->left;

	if (left >= walk->call_left) {
		record->offset += walk->call_left;
		walk->left = left - walk->call_left;
		walk->call_left = 0;
	} else {
		for (int i = 0; i < SEGMENTS_PER_ROUND; i++) {
			__u64 length;

			FORGET();
			length = walk->left;
			if (!length)
				break;
			if (!walk->segment && !frames__next_segment(walk))
				return false;
			if (length > walk->segment)
				length = walk->segment;
			walk->from += length;
			walk->segment -= length;
			walk->call_left -= length;
			walk->left -= length;
			record->offset += length;
		}
	}
	if (!walk->left)
		frames__payload_ends(walk);
	return true;
}

/* Fills the slot as far as there is room and something to fill it with. False where it cannot be read. */
static __always_inline bool frames__gather(struct frame_walk *walk, struct slot *slot)
{
	for (int i = 0; i < SEGMENTS_PER_ROUND; i++) {
		__u64 have;
		__u64 want;

		FORGET();
		have = slot->record.captured;
		want = TURN_PREFIX_MAX - have;
		if (have >= TURN_PREFIX_MAX || !walk->call_left)
			break;
		if (!walk->segment) {
			if (!frames__next_segment(walk))
				return false;
			continue;
		}
		if (want > walk->segment)
			want = walk->segment;
		if (want > walk->call_left)
			want = walk->call_left;
		/* Masks as in capture.h: have <= 511, 1 <= want <= 512. */
		have &= TURN_PREFIX_MAX - 1;
		asm volatile("" : "+r"(have));
		want = ((want - 1) & (TURN_PREFIX_MAX - 1)) + 1;
		asm volatile("" : "+r"(want));
		if (bpf_probe_read_user(&slot->prefix[have], want, (void *)walk->from))
			return false;
		slot->record.captured = have + want;
		walk->from += want;
		walk->segment -= want;
		walk->call_left -= want;
	}
	return true;
}

/* The 8 bytes at a position of the slot. Those behind the gathered ones are left over from before; slack or the other slot follows. */
static __always_inline __u64 frames__load(const struct slot *slot, __u64 position)
{
	position &= TURN_PREFIX_MAX - 1;
	asm volatile("" : "+r"(position));
	return *(const volatile __u64 *)&slot->prefix[position];
}

/* The first `count` of 8 bytes; 1 <= count <= 8. */
static __always_inline __u64 frames__first(__u64 bytes, __u64 count)
{
	__u64 shift = (64 - count * 8) & 63;

	return bytes << shift >> shift;
}

/*
 * The ids of requests are odd and only grow, and a response has that of its request: so either direction tells how many requests there were.
 * `position` is that behind the header, whose first 8 bytes are in `header`.
 */
static __always_inline void frames__number(struct frame_walk *walk, const struct slot *slot, __u64 header, __u64 position)
{
	__u32 id;

	if (!http2__is_headers(header))
		return;
	id = http2__stream(header, frames__load(slot, position - 1));
	if (id & 1 && id > walk->last_stream)
		walk->last_stream = id;
}

/* Walks the gathered bytes to their end or to a payload that is to be left out. */
static __always_inline void frames__walk(struct frame_walk *walk, const struct slot *slot)
{
	for (int i = 0; i < FRAMES_PER_ROUND; i++) {
		__u64 gathered;
		__u64 header;

		FORGET();
		gathered = slot->record.captured - walk->position;
		if (walk->position >= slot->record.captured || walk->is_skipping)
			break;
		if (walk->left) {
			if (gathered > walk->left)
				gathered = walk->left;
			walk->left -= gathered;
			walk->position += gathered;
			continue;
		}
		header = frames__load(slot, walk->position);
		if (gathered + walk->have < HTTP2_HEADER) {
			/* Cut, by the end of the slot or of the call. */
			walk->header |= frames__first(header, gathered) << (walk->have * 8 & 63);
			walk->have += gathered;
			walk->position += gathered;
			break;
		}
		if (walk->have) {
			/* With 8 of 9 bytes there before, nothing of this load is needed. */
			header = walk->have > 7 ? walk->header : walk->header | header << (walk->have * 8 & 63);
		}
		walk->position += HTTP2_HEADER - walk->have;
		walk->have = 0;
		walk->header = 0;
		walk->left = http2__length(header);
		frames__number(walk, slot, header, walk->position);
		if (http2__is_long_data(header)) {
			walk->is_skipping = 1;
			walk->ends_stream = http2__flags(header) & HTTP2_END_STREAM;
		}
	}
}

/* Sends the first `length` of the gathered bytes. `bytes`: from them to the end of the call. */
static __always_inline void frames__send(struct connection *conn, struct frame_walk *walk, struct slot *slot, __u8 direction,
					 __u16 length, __u64 bytes)
{
	__u16 captured = slot->record.captured;

	conn->chunk_seq[direction & 1] += 1;
	slot->record.seq = conn->chunk_seq[direction & 1];
	slot->record.bytes = bytes;
	slot->record.captured = length;
	if (!emit__slot(slot, walk->is_aligned ? RECORD_FLAG_FRAME : 0))
		count(COUNTER_CHUNKS_LOST);
	slot->record.captured = captured;
	slot->record.header.flags |= RECORD_FLAG_CONTINUED;
	walk->is_reported = 1;
}

/* Takes the first `gone` of the gathered bytes away. */
static __always_inline void frames__drop(struct frame_walk *walk, struct slot *slot, __u64 gone)
{
	__u64 kept = slot->record.captured - gone;

	slot->record.offset += gone;
	slot->record.captured = 0;
	walk->position = 0;
	if (!kept || kept > TURN_PREFIX_MAX)
		return;
	gone &= TURN_PREFIX_MAX - 1;
	asm volatile("" : "+r"(gone));
	kept = ((kept - 1) & (TURN_PREFIX_MAX - 1)) + 1;
	asm volatile("" : "+r"(kept));
	/* There is no memmove; this one copies upwards, and a frame's header and payload lie between. */
	bpf_probe_read_kernel(slot->prefix, kept, &slot->prefix[gone]);
	slot->record.captured = kept;
}

/* One round. Returns whether there is more to do. Global, verified once, and not again for each round. */
__noinline int frames__round(__u64 sock, __u64 direction)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct frame_walk *walk;
	struct slot *slot;
	__u64 rest;
	__u64 gone;

	if (!conn)
		return 0;
	walk = connection__walk(conn, direction);
	slot = connection__slot(conn, direction);
	if (walk->is_skipping) {
		if (!frames__skip(walk, &slot->record)) {
			walk->is_synced = 0;
			return 0;
		}
		return walk->call_left != 0;
	}
	if (!frames__gather(walk, slot)) {
		count(COUNTER_CAPTURE_FAULT);
		walk->is_synced = 0;
		return 0;
	}
	if (!walk->position)
		walk->is_aligned = !walk->left && !walk->have;
	frames__walk(walk, slot);
	FORGET();
	gone = walk->position;
	rest = slot->record.captured - gone;
	if (!walk->is_skipping && (rest || (walk->call_left && gone < TURN_PREFIX_MAX)))
		return 1;
	frames__send(conn, walk, slot, direction, gone, rest + gone + walk->call_left);
	if (walk->is_skipping) {
		if (rest > walk->left)
			rest = walk->left;
		walk->left -= rest;
		gone += rest;
		if (!walk->left)
			frames__payload_ends(walk);
	}
	frames__drop(walk, slot, gone);
	return slot->record.captured || walk->call_left;
}

/* Bytes that are not there to be read: fine where they are payload that is left out anyway. */
static __always_inline void frames__unread(struct connection *conn, struct frame_walk *walk, struct slot *slot, __u8 direction,
					   enum io_kind kind, __u64 bytes)
{
	if (walk->is_synced && walk->is_skipping && walk->left >= bytes) {
		frames__skip(walk, &slot->record);
		return;
	}
	if (walk->is_synced && walk->left >= bytes)
		walk->left -= bytes;
	else
		walk->is_synced = 0;
	slot->record.header.flags |= RECORD_FLAG_NO_PREFIX;
	if (kind == IO_IO_URING)
		slot->record.header.flags |= RECORD_FLAG_IO_URING;
	count(COUNTER_FRAMES_LOST);
	walk->is_aligned = 0;
	frames__send(conn, walk, slot, direction, 0, bytes);
}

/* Where the direction's place in its frames is not known: it is at the beginning of a call that begins like a frame. */
static __always_inline bool frames__resync(struct frame_walk *walk, __u64 from, __u64 length)
{
	__u64 header = 0;
	__u8 last = 0;

	if (length < HTTP2_HEADER || bpf_probe_read_user(&header, sizeof(header), (void *)from) ||
	    bpf_probe_read_user(&last, sizeof(last), (void *)(from + 8)) || !http2__is_header(header, last))
		return false;
	walk->left = 0;
	walk->have = 0;
	walk->header = 0;
	walk->is_skipping = 0;
	walk->is_synced = 1;
	return true;
}

/*
 * Reports a call of HTTP/2, whose record is filled in but for its content. Returns false, and has done nothing, where the direction's place
 * in its frames is not known, or the connection is not HTTP/2.
 */
__noinline int frames__report(__u64 sock, __u64 base, __u64 iovecs, __u64 kind_and_direction, __u64 bytes)
{
	enum io_kind kind = kind_and_direction & 0xff;
	__u8 direction = kind_and_direction >> 8 & 1;
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct frame_walk *walk;
	struct slot *slot;

	if (!conn || !conn->is_framed)
		return 0;
	walk = connection__walk(conn, direction);
	slot = connection__slot(conn, direction);
	slot->record.captured = 0;
	walk->position = 0;
	walk->is_end_due = 0;
	walk->is_reported = 0;
	frames__start(walk, base, iovecs, kind, bytes);
	if (kind != IO_BUFFER && kind != IO_VECTOR) {
		frames__unread(conn, walk, slot, direction, kind, bytes);
	} else {
		if (!walk->is_synced) {
			if (!walk->segment && !frames__next_segment(walk))
				return 0;
			if (!frames__resync(walk, walk->from, walk->segment))
				return 0;
		}
		for (int i = 0; i < FRAME_ROUNDS; i++) {
			if (!frames__round(sock, direction))
				break;
		}
		if (walk->call_left || slot->record.captured) {
			count(COUNTER_FRAMES_LOST);
			walk->is_synced = 0;
		}
	}
	if (walk->is_end_due && !walk->is_reported) {
		/* The call had nothing but the rest of a payload: its time is that of the stream's last byte. */
		slot->record.offset -= bytes;
		slot->record.captured = 0;
		walk->is_aligned = 0;
		frames__send(conn, walk, slot, direction, 0, bytes);
	}
	return 1;
}

#endif
