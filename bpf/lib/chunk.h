/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_CHUNK_H
#define BEYLA_LIB_CHUNK_H

/* Stream mode: every I/O call is reported in order with its bytes, in pieces, because a turn is not a message there. */

#define CHUNK_PIECES 8

struct chunk {
	struct turn_record record;
	__u8 data[CHUNK_PIECE_MAX];
};

/* Two sizes of reservation: most calls are small, and a reservation's size must be known to the verifier. */
#define CHUNK_SMALL 512

/*
 * Sends one piece; the connection's slot holds what the pieces of a call have in common. Both functions here are global, verified on
 * their own once: inlined, their paths multiply beyond the verifier's limit. 5.10 passes only scalars to such functions, hence the
 * look-ups; streams are rare.
 */
__noinline int chunk__piece(__u64 sock, __u64 direction, __u64 from, __u64 length, __u64 left)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	bool small = length < CHUNK_SMALL;
	struct turn_record *record;
	struct chunk *chunk;
	__u64 want = 0;

	if (!conn)
		return 0;
	record = direction & 1 ? &conn->slots[DIRECTION_OUT].record : &conn->slots[DIRECTION_IN].record;
	conn->chunk_seq[direction & 1] += 1;
	record->seq = conn->chunk_seq[direction & 1];
	record->bytes = left;
	if (small)
		chunk = bpf_ringbuf_reserve(&ring, sizeof(struct turn_record) + CHUNK_SMALL, 0);
	else
		chunk = bpf_ringbuf_reserve(&ring, sizeof(struct chunk), 0);
	if (!chunk) {
		count(COUNTER_RING_FULL);
		count(COUNTER_CHUNKS_LOST);
		return 0;
	}
	__builtin_memcpy(&chunk->record, record, sizeof(*record));
	/* The first barrier of each pair keeps clang from masking before the reservation and spilling the result: old verifiers forget bounds there. */
	if (small) {
		want = length;
		asm volatile("" : "+r"(want));
		want &= CHUNK_SMALL - 1;
		asm volatile("" : "+r"(want));
		if (bpf_probe_read_user(chunk->data, want, (void *)from))
			want = 0;
	} else {
		want = length - 1;
		asm volatile("" : "+r"(want));
		want = (want & (CHUNK_PIECE_MAX - 1)) + 1;
		asm volatile("" : "+r"(want));
		if (bpf_probe_read_user(chunk->data, want, (void *)from))
			want = 0;
	}
	chunk->record.captured = want;
	chunk->record.header.size = small ? sizeof(struct turn_record) + CHUNK_SMALL : sizeof(struct chunk);
	bpf_ringbuf_submit(chunk, emit__wakeup(sizeof(struct chunk)));
	count(COUNTER_RECORDS);
	if (want != length)
		count(COUNTER_CAPTURE_FAULT);
	record->header.flags |= RECORD_FLAG_CONTINUED;
	record->offset += length;
	return 1;
}

/* Reports a call whose record is filled in but for its content, piece by piece. */
__noinline int chunk__raw(__u64 sock, __u64 base, __u64 iovecs, __u64 kind_and_direction, __u64 bytes)
{
	enum io_kind kind = kind_and_direction & 0xff;
	__u8 direction = kind_and_direction >> 8 & 1;
	__u64 segment_base = base;
	__u64 segment_left = kind == IO_BUFFER ? bytes : 0;
	__u64 next_segment = 0;
	__u64 left = bytes;

	if (kind != IO_BUFFER && kind != IO_VECTOR) {
		struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
		__u16 flags = RECORD_FLAG_NO_PREFIX | (kind == IO_IO_URING ? RECORD_FLAG_IO_URING : 0);

		if (!conn)
			return 0;
		if (direction)
			conn->slots[DIRECTION_OUT].record.header.flags |= flags;
		else
			conn->slots[DIRECTION_IN].record.header.flags |= flags;
		count(kind == IO_IO_URING ? COUNTER_IO_URING_UNREAD : COUNTER_CAPTURE_SKIPPED);
		chunk__piece(sock, direction, 0, 0, left);
		return 0;
	}
	for (int i = 0; i < CHUNK_PIECES && left; i++) {
		__u64 piece;

		if (!segment_left) {
			struct user_iovec segment = {};

			if (next_segment >= iovecs)
				break;
			bpf_probe_read_user(&segment, sizeof(segment), (void *)(base + next_segment * sizeof(segment)));
			next_segment += 1;
			segment_base = segment.base;
			segment_left = segment.length < left ? segment.length : left;
		}
		piece = segment_left < CHUNK_PIECE_MAX ? segment_left : CHUNK_PIECE_MAX;
		if (!piece)
			continue;
		if (!chunk__piece(sock, direction, segment_base, piece, left))
			break;
		segment_base += piece;
		segment_left -= piece;
		left -= piece;
	}
	return 0;
}

/* Turns are over; both directions count chunks from here. */
static __always_inline void chunk__switch(struct connection *conn)
{
	conn->owed = 0;
	conn->head_reported = 1;
	conn->stream_seq = conn->seq;
	conn->chunk_seq[DIRECTION_IN] = conn->seq;
	conn->chunk_seq[DIRECTION_OUT] = conn->seq;
	conn->slots[DIRECTION_IN].record.seq = 0;
	conn->slots[DIRECTION_OUT].record.seq = 0;
	conn->slots[DIRECTION_IN].record.tail = 0;
	conn->slots[DIRECTION_OUT].record.tail = 0;
	conn->slots[DIRECTION_IN].record.header.kind = RECORD_CHUNK;
	conn->slots[DIRECTION_OUT].record.header.kind = RECORD_CHUNK;
}

/* The content of a call whose record is filled in otherwise. */
static __always_inline void chunk__content(__u64 sock, __u64 base, __u64 iovecs, __u64 kind_and_direction, __u64 bytes)
{
	if (!frames__report(sock, base, iovecs, kind_and_direction, bytes))
		chunk__raw(sock, base, iovecs, kind_and_direction, bytes);
}

/* The place of a call in its direction's stream. */
static __always_inline void chunk__place(struct connection *conn, __u8 direction, __u64 bytes)
{
	struct turn_record *record = direction ? &conn->slots[DIRECTION_OUT].record : &conn->slots[DIRECTION_IN].record;

	record->offset = conn->stream_bytes[direction];
	conn->stream_bytes[direction] += bytes;
}

/* On a port where every connection is in stream mode from its first byte on: whether this call begins with the preface of HTTP/2. */
static __always_inline bool chunk__is_preface(__u64 base, enum io_kind kind)
{
	struct user_iovec segment = { .base = base, .length = HTTP2_PREFACE };
	__u64 bytes[2] = {};

	if (kind == IO_VECTOR && bpf_probe_read_user(&segment, sizeof(segment), (void *)base))
		return false;
	if ((kind != IO_BUFFER && kind != IO_VECTOR) || segment.length < sizeof(bytes))
		return false;
	if (bpf_probe_read_user(bytes, sizeof(bytes), (void *)segment.base))
		return false;
	return http2__is_preface(bytes[0], bytes[1]);
}

/* Both directions' frames from their first byte on; the one that does not begin with the preface may be further. */
static __always_inline void chunk__walk_from_preface(struct connection *conn, __u8 direction)
{
	conn->is_framed = 1;
	conn->walks[direction & 1].left = HTTP2_PREFACE;
	conn->walks[direction & 1].is_synced = 1;
	conn->walks[1 - direction].is_synced = !conn->stream_bytes[1 - direction];
}

/* Fills in the record of a call but for its content. Global, like what then reports the content: within each other they take too much stack. */
__noinline int chunk__begin(__u64 sock, __u64 base, __u64 kind_and_direction, __u64 bytes)
{
	enum io_kind kind = kind_and_direction & 0xff;
	__u8 direction = kind_and_direction >> 8 & 1;
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	__u64 now = bpf_ktime_get_ns();
	struct turn_record *record;

	if (!conn)
		return 0;
	record = direction == DIRECTION_OUT ? &conn->slots[DIRECTION_OUT].record : &conn->slots[DIRECTION_IN].record;
	if (record->header.kind != RECORD_CHUNK) {
		/* The switch to stream mode: what turns held until now goes out first. */
		turn__finish(conn, DIRECTION_IN, 0);
		turn__finish(conn, DIRECTION_OUT, 0);
		chunk__switch(conn);
	}
	record->header.flags = (conn->midstream ? RECORD_FLAG_MIDSTREAM : 0) | (conn->tls ? RECORD_FLAG_TLS : 0);
	record->arrived_ns = direction == DIRECTION_IN && !conn->tls ? arrival__take(conn, (struct sock *)sock) : 0;
	if (direction == DIRECTION_IN && !record->arrived_ns && !conn->tls && !conn->stream_bytes[DIRECTION_IN] && conn->established_ns) {
		record->arrived_ns = conn->established_ns;
		record->header.flags |= RECORD_FLAG_ARRIVAL_ESTABLISHED;
	}
	record->first_ns = now;
	record->last_ns = now;
	if (conn->tls && direction == DIRECTION_IN) {
		tls__stamp(conn, record);
		conn->tls_first_read_ns = 0;
	}
	record->pid = current__pid();
	record->tid = current__tid();
	if (!conn->stream_bytes[direction] && !conn->is_framed && !conn->midstream && chunk__is_preface(base, kind))
		chunk__walk_from_preface(conn, direction);
	chunk__place(conn, direction, bytes);
	return 1;
}

static __always_inline void chunk__report(__u64 sock, __u64 base, __u64 iovecs, __u64 kind_and_direction, __u64 bytes)
{
	if (chunk__begin(sock, base, kind_and_direction, bytes))
		chunk__content(sock, base, iovecs, kind_and_direction, bytes);
}

#endif
