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
	conn->seq += 1;
	record->seq = conn->seq;
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

__noinline int chunk__report(__u64 sock, __u64 base, __u64 iovecs, __u64 kind_and_direction, __u64 bytes)
{
	enum io_kind kind = kind_and_direction & 0xff;
	__u8 direction = kind_and_direction >> 8 & 1;
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	__u64 now = bpf_ktime_get_ns();
	__u64 segment_base = base;
	__u64 segment_left = kind == IO_BUFFER ? bytes : 0;
	__u64 next_segment = 0;
	__u64 left = bytes;
	struct turn_record *record;

	if (!conn)
		return 0;
	record = direction == DIRECTION_OUT ? &conn->slots[DIRECTION_OUT].record : &conn->slots[DIRECTION_IN].record;
	if (record->header.kind != RECORD_CHUNK) {
		/* The switch to stream mode: what turns held until now goes out first. */
		turn__finish(conn, DIRECTION_IN, 0);
		turn__finish(conn, DIRECTION_OUT, 0);
		conn->owed = 0;
		conn->slots[DIRECTION_IN].record.header.kind = RECORD_CHUNK;
		conn->slots[DIRECTION_OUT].record.header.kind = RECORD_CHUNK;
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
	record->tail = 0;
	record->pid = current__pid();
	record->tid = current__tid();
	record->offset = conn->stream_bytes[direction & 1];
	conn->stream_bytes[direction & 1] += bytes;

	if (kind != IO_BUFFER && kind != IO_VECTOR) {
		record->header.flags |= RECORD_FLAG_NO_PREFIX;
		if (kind == IO_IO_URING)
			record->header.flags |= RECORD_FLAG_IO_URING;
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

#endif
