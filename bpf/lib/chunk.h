/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_CHUNK_H
#define BEYLA_LIB_CHUNK_H

/* Stream mode: every I/O call is reported in order with its bytes, in pieces, because a turn is not a message there. */

/*
 * A call of 1 MiB is 256 full pieces, and each of its buffers (1,024 at most) may end a piece. The rounds are counted by two functions, because
 * the verifier follows each round of a loop anew.
 */
#define CHUNK_ROUNDS 32
#define CHUNK_ROUNDS_OF_ROUNDS 40
/* Bytes of a call that go out as long as there is room at all; those behind them leave half of the ring to other connections. */
#define CHUNK_URGENT 32768

struct chunk {
	struct turn_record record;
	__u8 data[CHUNK_PIECE_MAX];
};

/* Two sizes of reservation: a reservation's size must be known to the verifier. What is smaller goes out by way of the slot. */
#define CHUNK_SMALL 1024

/*
 * Sends one piece of a buffer; the connection's slot holds what the pieces of a call have in common. The functions here are global, verified
 * on their own once: inlined, their paths multiply beyond the verifier's limit. 5.10 passes only scalars to such functions, hence the
 * look-ups; streams are rare. `length` is not 0.
 */
__noinline int chunk__piece(__u64 sock, __u64 direction, __u64 from, __u64 length, __u64 left)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	bool small = length <= CHUNK_SMALL;
	struct turn_record *record;
	struct chunk *chunk;
	__u64 want = 0;

	if (!conn)
		return 0;
	record = &connection__slot(conn, direction)->record;
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
	want = length - 1;
	asm volatile("" : "+r"(want));
	if (small) {
		want = (want & (CHUNK_SMALL - 1)) + 1;
		asm volatile("" : "+r"(want));
		if (bpf_probe_read_user(chunk->data, want, (void *)from))
			want = 0;
	} else {
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

/* Sends what is gathered in the slot, which may be nothing; `left` bytes of the call are behind it. */
static __always_inline bool chunk__gathered(struct connection *conn, struct slot *slot, __u8 direction, __u64 left)
{
	__u64 gathered = slot->record.captured;
	bool has_room;

	conn->chunk_seq[direction & 1] += 1;
	slot->record.seq = conn->chunk_seq[direction & 1];
	slot->record.bytes = gathered + left;
	has_room = emit__slot(slot, 0);
	if (!has_room)
		count(COUNTER_CHUNKS_LOST);
	slot->record.header.flags |= RECORD_FLAG_CONTINUED;
	slot->record.offset += gathered;
	slot->record.captured = 0;
	return has_room;
}

/*
 * The next piece of a call: of a long buffer as much as a piece holds, of short ones as many as the slot holds. Returns whether there is
 * more to do.
 */
__noinline int chunk__round(__u64 sock, __u64 direction)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct frame_walk *walk;
	struct slot *slot;
	__u64 length;
	bool is_read;

	if (!conn)
		return 0;
	walk = connection__walk(conn, direction);
	slot = connection__slot(conn, direction);
	length = walk->segment < walk->call_left ? walk->segment : walk->call_left;
	if (!slot->record.captured && length > TURN_PREFIX_MAX) {
		if (length > CHUNK_PIECE_MAX)
			length = CHUNK_PIECE_MAX;
		if (!chunk__piece(sock, direction, walk->from, length, walk->call_left))
			return 0;
		walk->from += length;
		walk->segment -= length;
		walk->call_left -= length;
		return walk->call_left != 0;
	}
	is_read = frames__gather(walk, slot);
	FORGET();
	if (!is_read)
		count(COUNTER_CAPTURE_FAULT);
	else if (walk->call_left && slot->record.captured < TURN_PREFIX_MAX)
		return 1;
	return chunk__gathered(conn, slot, direction, walk->call_left) && is_read && walk->call_left;
}

/* Some rounds of a call of `bytes`. Returns whether there is more to do. */
__noinline int chunk__rounds(__u64 sock, __u64 direction, __u64 bytes)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct frame_walk *walk;

	if (!conn)
		return 0;
	walk = connection__walk(conn, direction);
	for (int i = 0; i < CHUNK_ROUNDS; i++) {
		if (!chunk__round(sock, direction))
			return 0;
		FORGET();
		if (bytes - walk->call_left >= CHUNK_URGENT &&
		    bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE) / 2)
			return 0;
	}
	return 1;
}

/* Reports a call whose record is filled in but for its content, piece by piece. */
__noinline int chunk__raw(__u64 sock, __u64 base, __u64 iovecs, __u64 kind_and_direction, __u64 bytes)
{
	enum io_kind kind = kind_and_direction & 0xff;
	__u8 direction = kind_and_direction >> 8 & 1;
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct frame_walk *walk;
	struct slot *slot;

	if (!conn)
		return 0;
	walk = connection__walk(conn, direction);
	slot = connection__slot(conn, direction);
	slot->record.captured = 0;
	if (kind != IO_BUFFER && kind != IO_VECTOR) {
		slot->record.header.flags |= RECORD_FLAG_NO_PREFIX | (kind == IO_IO_URING ? RECORD_FLAG_IO_URING : 0);
		count(kind == IO_IO_URING ? COUNTER_IO_URING_UNREAD : COUNTER_CAPTURE_SKIPPED);
		chunk__gathered(conn, slot, direction, bytes);
		return 0;
	}
	frames__start(walk, base, iovecs, kind, bytes);
	for (int i = 0; i < CHUNK_ROUNDS_OF_ROUNDS; i++) {
		if (!chunk__rounds(sock, direction, bytes))
			break;
	}
	FORGET();
	if (walk->call_left)
		count(COUNTER_CALLS_CUT);
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

/*
 * Back to turns, where user space has asked for that: with a call of the side that asks, behind one of the side that answers, if all that was
 * sent has been reported (`is_accounted`). Nothing depends on where a message begins, since offsets go on; but turns tell requests apart only
 * where they alternate with responses. HTTP/2 never goes back.
 */
__noinline int chunk__leaves(__u64 sock, __u64 direction, __u64 is_accounted)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);

	if (!conn || !conn->wants_turns || conn->is_framed || !is_accounted)
		return 0;
	if (direction != conn->request_direction || conn->direction == direction || conn->awaited[DIRECTION_IN] ||
	    conn->awaited[DIRECTION_OUT])
		return 0;
	conn->seq = connection__last_seq(conn);
	conn->slots[DIRECTION_IN].record.seq = 0;
	conn->slots[DIRECTION_OUT].record.seq = 0;
	conn->slots[DIRECTION_IN].record.header.kind = RECORD_TURN;
	conn->slots[DIRECTION_OUT].record.header.kind = RECORD_TURN;
	conn->verdict = VERDICT_TURNS;
	conn->wants_turns = 0;
	return 1;
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
	struct turn_record *record = &connection__slot(conn, direction)->record;

	record->offset = conn->stream_bytes[direction];
	conn->stream_bytes[direction] += bytes;
}

/* Fills in the record of a call but for its content. Global, like what then reports the content: within each other they take too much stack. */
__noinline int chunk__begin(__u64 sock, __u64 kind_and_direction, __u64 bytes)
{
	__u8 direction = kind_and_direction >> 8 & 1;
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	__u64 now = bpf_ktime_get_ns();
	struct turn_record *record;

	if (!conn)
		return 0;
	record = &connection__slot(conn, direction)->record;
	if (record->header.kind != RECORD_CHUNK) {
		/* The switch to stream mode: what turns held until now goes out first. */
		turn__finish(conn, DIRECTION_IN, 0);
		turn__finish(conn, DIRECTION_OUT, 0);
		chunk__switch(conn);
	}
	record->header.flags = (conn->midstream ? RECORD_FLAG_MIDSTREAM : 0) | (conn->tls ? RECORD_FLAG_TLS : 0);
	record->arrived_ns = direction == DIRECTION_IN && !conn->tls ? arrival__take(conn, BPF_CORE_READ((struct tcp_sock *)sock, copied_seq)) : 0;
	if (!record->arrived_ns)
		record->arrived_ns = conn->part_ns;
	conn->part_ns = 0;
	if (direction == DIRECTION_IN && !record->arrived_ns && !conn->tls && !conn->stream_bytes[DIRECTION_IN] && conn->established_ns) {
		record->arrived_ns = conn->established_ns;
		record->header.flags |= RECORD_FLAG_ARRIVAL_ESTABLISHED;
	}
	if (direction == DIRECTION_OUT && !conn->tls) {
		__u64 left = departure__last(conn, sock, now);

		record->first_ns = departure__first(conn, departure__flight(sock), left);
		record->last_ns = left;
		departure__done(conn, sock);
	} else {
		record->first_ns = now;
		record->last_ns = now;
	}
	if (conn->tls && direction == DIRECTION_IN) {
		tls__stamp(conn, record);
		conn->tls_first_read_ns = 0;
	}
	record->pid = current__pid();
	record->tid = current__tid();
	conn->direction = direction;
	chunk__place(conn, direction, bytes);
	return 1;
}

static __always_inline void chunk__report(__u64 sock, __u64 base, __u64 iovecs, __u64 kind_and_direction, __u64 bytes)
{
	if (chunk__begin(sock, kind_and_direction, bytes))
		chunk__content(sock, base, iovecs, kind_and_direction, bytes);
}

#endif
