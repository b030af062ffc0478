/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_TURN_H
#define BEYLA_LIB_TURN_H

/*
 * Folds I/O calls into turns and decides when to report them:
 *   - the side that asks: the whole turn, when the answer begins (or the connection ends);
 *   - the side that answers: a HEAD at its first write, and a FINAL when the other side speaks or the connection ends, only if
 *     the turn grew after its HEAD. In between, user space may look the connection up.
 */

/*
 * Where source_io_uring.bpf.o is loaded, what io_uring moves is counted when the socket moves it and captured when the operation
 * completes (turn__completed), in the thread that then knows the buffer. Until then the turn is incomplete: its head is not reported
 * and it is not finished, unless its slot is needed or the connection ends.
 */
static __always_inline bool turn__is_awaited(const struct connection *conn, __u8 direction)
{
	return reads_io_uring && conn->awaited[direction & 1];
}

/* The bytes that are awaited will not be had. */
static __always_inline void turn__give_up_content(struct connection *conn, __u8 direction)
{
	struct slot *slot = connection__slot(conn, direction);

	conn->awaited[direction & 1] = 0;
	slot->record.tail = 0;
	if (slot->record.captured)
		return;
	slot->record.header.flags |= RECORD_FLAG_NO_PREFIX;
	count(COUNTER_IO_URING_UNREAD);
}

/* Global, verified once: to write to the connection on this path, inlined, doubles what 5.10 has to verify. */
__noinline int turn__end_lost(__u64 sock)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);

	count(COUNTER_ENDS_LOST);
	if (conn)
		conn->ends_lost += 1;
	return 0;
}

/* The turn is over: whatever user space does not know of it must go out now, or be counted. */
static __always_inline void turn__finish(struct connection *conn, __u8 direction, __u16 flags)
{
	struct slot *slot = connection__slot(conn, direction);
	__u16 captured = slot->record.captured;

	if (!slot->record.seq)
		return;
	if (turn__is_awaited(conn, direction))
		turn__give_up_content(conn, direction);
	if (direction == conn->request_direction || !conn->head_reported) {
		if (!emit__slot(slot, flags | RECORD_FLAG_HEAD | RECORD_FLAG_FINAL))
			count(COUNTER_TURNS_LOST);
	} else if (slot->record.bytes != conn->reported_bytes) {
		/* The prefix goes again only if it was not complete the first time. */
		if (captured == conn->reported_captured)
			slot->record.captured = 0;
		if (!emit__slot(slot, flags | RECORD_FLAG_FINAL))
			turn__end_lost(slot->record.sock);
		slot->record.captured = captured;
	}
	slot->record.seq = 0;
}

static __always_inline void turn__begin(struct connection *conn, __u8 direction, __u64 now)
{
	struct slot *slot = connection__slot(conn, direction);

	conn->direction = direction;
	conn->seq += 1;
	if (direction != conn->request_direction) {
		conn->head_reported = 0;
		conn->reported_bytes = 0;
		conn->reported_captured = 0;
	}
	slot->record.header.flags = (conn->midstream ? RECORD_FLAG_MIDSTREAM : 0) | (conn->tls ? RECORD_FLAG_TLS : 0);
	slot->record.seq = conn->seq;
	slot->record.arrived_ns = 0;
	slot->record.first_ns = now;
	slot->record.last_ns = now;
	slot->record.bytes = 0;
	slot->record.offset = conn->stream_bytes[direction & 1];
	slot->record.tail = 0;
	slot->record.context = 0;
	slot->record.captured = 0;
	slot->record.head = 0;
	conn->heads[direction & 1].state = HEAD_UNKNOWN;
	slot->record.pid = current__pid();
	slot->record.tid = current__tid();
	count(COUNTER_TURNS);
}

/*
 * The write that a turn was opened for was not seen to return before something else was written: another process did it, or its hook comes
 * too late. The turn says that it happened, and how many bytes it had.
 */
static __always_inline void turn__give_up_write(struct connection *conn)
{
	struct slot *slot = &conn->slots[DIRECTION_OUT];

	slot->record.bytes += conn->owed;
	slot->record.tail = 0;
	conn->stream_bytes[DIRECTION_OUT] += conn->owed;
	conn->unpaid += conn->owed;
	conn->owed = 0;
	turn__finish(conn, DIRECTION_OUT, slot->record.captured ? 0 : RECORD_FLAG_NO_PREFIX);
}

/*
 * The other side speaks. A turn that still waits for its write to return, or for its operation of io_uring to complete, is finished by
 * that (turn__late_write, turn__completed).
 */
static __always_inline void turn__flip(struct connection *conn, __u8 direction, __u64 now)
{
	if (conn->seq && !turn__is_awaited(conn, conn->direction)) {
		if (conn->direction == DIRECTION_IN || !conn->owed)
			turn__finish(conn, conn->direction, 0);
	}
	if (direction == DIRECTION_OUT && conn->owed)
		turn__give_up_write(conn);
	if (turn__is_awaited(conn, direction))
		turn__finish(conn, direction, 0);
	turn__begin(conn, direction, now);
}

/* stream.h, chunk.h */
__noinline int stream__begins(__u64 sock, __u64 direction_of_call, __u64 bytes);
__noinline int stream__pipelines(__u64 sock, __u64 direction_of_call, __u64 bytes);
static __always_inline void chunk__content(__u64 sock, __u64 base, __u64 iovecs, __u64 kind_and_direction, __u64 bytes);

/* Captures, and notices what the connection is: HTTP/2 and pipelined HTTP/1 go over to stream mode, TLS is none of ours. */
static __always_inline void turn__capture(struct connection *conn, struct slot *slot, __u8 direction, const struct io *io, __u64 bytes)
{
	__u64 sock = slot->record.sock;
	int found = capture__io(sock, io->base, io->count, io->kind | direction << 8, bytes);

	if (found) {
		if (found == CAPTURED_HTTP2)
			stream__begins(sock, direction, bytes);
		else
			stream__pipelines(sock, direction, bytes);
		chunk__content(sock, io->base, io->count, io->kind | direction << 8, bytes);
	} else if (tls__begins(conn, slot)) {
		tls__begin(sock, direction);
	}
}

static __always_inline void turn__add(struct connection *conn, __u8 direction, const struct io *io, __u64 bytes, __u64 now)
{
	struct slot *slot = connection__slot(conn, direction);

	slot->record.last_ns = now;
	slot->record.bytes += bytes;
	conn->stream_bytes[direction & 1] += bytes;
	if (reads_io_uring && io->kind == IO_IO_URING) {
		slot->record.header.flags |= RECORD_FLAG_IO_URING;
		conn->awaited[direction & 1] += bytes;
		return;
	}
	if (turn__is_awaited(conn, direction))
		turn__give_up_content(conn, direction);
	turn__capture(conn, slot, direction, io, bytes);
}

/* HEAD of an answer. A head the ring refuses is tried again with the next write, and at the latest when the turn ends. */
static __always_inline void turn__report_head(struct connection *conn, __u8 direction)
{
	struct slot *slot = connection__slot(conn, direction);

	if (conn->head_reported || !slot->record.seq || direction == conn->request_direction || turn__is_awaited(conn, direction))
		return;
	if (emit__slot(slot, RECORD_FLAG_HEAD)) {
		conn->head_reported = 1;
		conn->reported_bytes = slot->record.bytes;
		conn->reported_captured = slot->record.captured;
	}
}

/*
 * Bytes were read that no hook has seen (splice, or a process that is not selected). They go before those of the present call: in the turn
 * that is open, else their place in the stream stays empty. `bytes` is what the present call read.
 */
static __always_inline void turn__skip_unseen(struct connection *conn, __u32 read_seq, __u64 bytes)
{
	struct slot *slot = &conn->slots[DIRECTION_IN];
	__u32 unseen = read_seq - conn->read_seq - (__u32)bytes;

	conn->read_seq = read_seq;
	if ((__s32)unseen <= 0)
		return;
	count(COUNTER_READS_UNSEEN);
	conn->stream_bytes[DIRECTION_IN] += unseen;
	if (conn->direction == DIRECTION_IN && slot->record.seq) {
		slot->record.bytes += unseen;
		slot->record.tail = 0;
	}
	splice__wanted(slot->record.sock);
}

/*
 * Whether a call begins with a request although its side is speaking already. Behind an answer that came early, the rest of a body and the
 * next request are said without a word between them: a turn that begins with neither tells nothing of the latter. Global, verified once.
 * A false alarm, by a body that says so at the beginning of a call, is a turn more, whose bytes are where they were.
 */
__noinline int turn__begins_anew(__u64 sock, __u64 direction, __u64 base, __u64 kind)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct user_iovec segment = { .base = base, .length = 8 };
	struct slot *slot;
	__u8 bytes[8] = {};
	int length = 0;

	if (!conn || direction != conn->request_direction || turn__is_awaited(conn, direction))
		return 0;
	slot = connection__slot(conn, direction);
	/* A turn that begins with a request goes on with its body. */
	if (head__begins_request(slot))
		return 0;
	if (kind == IO_VECTOR && bpf_probe_read_user(&segment, sizeof(segment), (void *)base))
		return 0;
	if ((kind != IO_BUFFER && kind != IO_VECTOR) || segment.length < sizeof(bytes))
		return 0;
	if (bpf_probe_read_user(bytes, sizeof(bytes), (void *)segment.base))
		return 0;
	for (int i = 0; i < 8; i++) {
		if (bytes[i] < 'A' || bytes[i] > 'Z') {
			length = bytes[i] == ' ' ? i : 0;
			break;
		}
	}
	return length >= 3;
}

static __always_inline void turn__received(struct connection *conn, struct sock *sk, const struct io *io, __u64 bytes, __u64 now)
{
	struct slot *slot = &conn->slots[DIRECTION_IN];
	__u32 write_seq = sequence__sent(sk);
	__u32 read_seq = sequence__read(sk);
	__u64 arrived = arrival__take(conn, read_seq);
	__u32 unseen = write_seq - conn->write_seq;

	turn__skip_unseen(conn, read_seq, bytes);
	/*
	 * The peer may answer before the hook of our own write has run (another thread is still in that call). The socket's
	 * write_seq tells: bytes were sent that no turn has. Their turn comes before this one, and is finished by that hook.
	 */
	if ((__s32)unseen > 0) {
		if (!conn->seq || conn->direction != DIRECTION_OUT) {
			turn__flip(conn, DIRECTION_OUT, departure__first(conn, departure__flight_of(sk), arrived ? arrived : now));
			conn->slots[DIRECTION_OUT].record.header.flags |= RECORD_FLAG_INFERRED;
			count(COUNTER_INFERRED);
		}
		conn->owed = unseen;
		conn->write_seq = write_seq;
	}
	if (!conn->seq || conn->direction != DIRECTION_IN ||
	    (conn->request_direction == DIRECTION_IN && turn__begins_anew(slot->record.sock, DIRECTION_IN, io->base, io->kind))) {
		conn->unpaid = 0;
		turn__flip(conn, DIRECTION_IN, now);
		if (arrived) {
			slot->record.arrived_ns = arrived;
		} else if (conn->seq == 1 && conn->established_ns) {
			/* TCP_DEFER_ACCEPT and data on the last packet of the handshake bypass tcp_probe; that packet established us. */
			slot->record.arrived_ns = conn->established_ns;
			slot->record.header.flags |= RECORD_FLAG_ARRIVAL_ESTABLISHED;
		}
	}
	turn__add(conn, DIRECTION_IN, io, bytes, now);
	turn__report_head(conn, DIRECTION_IN);
}

/* A write that returns after the answer to it was read: its turn is not the open one. */
static __always_inline void turn__late_write(struct connection *conn, struct sock *sk, const struct io *io, __u64 bytes, __u64 now)
{
	__u32 owed = conn->owed;

	turn__add(conn, DIRECTION_OUT, io, bytes, departure__last_of(conn, sk, now));
	if (conn->tls)
		return;
	if (bytes < owed) {
		conn->owed = owed - bytes;
		return;
	}
	conn->owed = 0;
	conn->write_seq += bytes - owed;
	if (conn->direction == DIRECTION_OUT)
		turn__report_head(conn, DIRECTION_OUT);
	else if (!turn__is_awaited(conn, DIRECTION_OUT))
		turn__finish(conn, DIRECTION_OUT, 0);
}

/*
 * Where a write belongs is told by TCP, not by what happened before: `beyond` is what was sent behind all that turns account for. A write
 * that is within it is new, whatever is still owed; one that is not was accounted for already, by the turn that waits for it.
 */
static __always_inline void turn__sent(struct connection *conn, struct sock *sk, const struct io *io, __u64 bytes, __u64 now)
{
	__u64 sock = conn->slots[DIRECTION_OUT].record.sock;
	__s32 beyond = sequence__sent(sk) - conn->write_seq;
	bool is_new = beyond > 0 && (__u32)beyond >= bytes;
	__u64 left;

	if (conn->owed) {
		if (!is_new) {
			turn__late_write(conn, sk, io, bytes, now);
			return;
		}
		turn__give_up_write(conn);
	} else if (!is_new && conn->unpaid >= bytes) {
		/* The hook of a write that was given up. */
		conn->unpaid -= bytes;
		return;
	}
	conn->write_seq += bytes;
	left = departure__last_of(conn, sk, now);
	if (!conn->seq || conn->direction != DIRECTION_OUT ||
	    (conn->request_direction == DIRECTION_OUT && turn__begins_anew(sock, DIRECTION_OUT, io->base, io->kind)))
		turn__flip(conn, DIRECTION_OUT, departure__first(conn, departure__flight_of(sk), left));
	conn->departed_ns = 0;
	turn__add(conn, DIRECTION_OUT, io, bytes, left);
	turn__report_head(conn, DIRECTION_OUT);
}

/* An operation of io_uring that moved all the bytes that are awaited has completed. */
static __always_inline void turn__completed(struct connection *conn, __u8 direction, const struct io *io, __u64 bytes)
{
	struct slot *slot = connection__slot(conn, direction);

	conn->awaited[direction & 1] = 0;
	turn__capture(conn, slot, direction, io, bytes);
	if (conn->direction == direction)
		turn__report_head(conn, direction);
	else
		turn__finish(conn, direction, 0);
}

/* The program can send no more on this connection, but still read: what it sent last is over. */
static __always_inline void turn__flush_sent(struct connection *conn)
{
	if (conn->seq && conn->claimed && conn->slots[DIRECTION_IN].record.header.kind != RECORD_CHUNK && !conn->owed)
		turn__finish(conn, DIRECTION_OUT, RECORD_FLAG_CLOSED);
}

/* Nothing more will be said: report what is still held. */
static __always_inline void turn__flush(struct connection *conn)
{
	__u16 flags;

	if (!conn->seq || !conn->claimed)
		return;
	if (conn->slots[DIRECTION_IN].record.header.kind == RECORD_CHUNK) {
		if (turn__is_awaited(conn, DIRECTION_IN) || turn__is_awaited(conn, DIRECTION_OUT))
			count(COUNTER_IO_URING_UNREAD);
		return;
	}
	flags = RECORD_FLAG_CLOSED | (conn->was_reset ? RECORD_FLAG_RESET : 0);
	turn__finish(conn, DIRECTION_IN, flags);
	turn__finish(conn, DIRECTION_OUT, flags);
	conn->owed = 0;
}

#endif
