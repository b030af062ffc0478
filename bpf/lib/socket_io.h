/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_SOCKET_IO_H
#define BEYLA_LIB_SOCKET_IO_H

/* What every source does with one finished I/O call: who is it, which connection, how does user space want it. */

/* Bytes that io_uring moved in stream mode go out without content when something else happens before their operation completes. */
static __always_inline void socket_io__give_up_content(struct connection *conn, __u64 sock, __u8 direction)
{
	__u64 awaited = conn->awaited[direction & 1];

	if (!awaited)
		return;
	conn->awaited[direction & 1] = 0;
	chunk__report(sock, 0, 0, IO_IO_URING | direction << 8, awaited);
}

/*
 * How many of the bytes that were read last, and are not reported yet, arrived together: each frame of HTTP/2 is to have its own arrival. Global,
 * verified once.
 */
__noinline int socket_io__part(__u64 sock, __u64 bytes)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	__u32 start = BPF_CORE_READ((struct tcp_sock *)sock, copied_seq) - (__u32)bytes;
	__s32 ahead;

	if (!conn)
		return bytes;
	for (int i = 0; i < ARRIVAL_MARKS; i++) {
		FORGET();
		if (!conn->marks || (__s32)(conn->mark_seq[0] - start) > 0)
			break;
		conn->part_ns = conn->mark_ns[0];
		for (int to = 0; to < ARRIVAL_MARKS - 1; to++) {
			conn->mark_seq[to] = conn->mark_seq[to + 1];
			conn->mark_ns[to] = conn->mark_ns[to + 1];
		}
		conn->marks -= 1;
	}
	ahead = conn->mark_seq[0] - start;
	return conn->marks && ahead < (__s32)bytes ? ahead : bytes;
}

static __always_inline void socket_io__stream(struct connection *conn, __u8 direction, const struct io *io, __u64 bytes)
{
	__u64 sock = conn->slots[DIRECTION_IN].record.sock;
	__u64 base = io->base;

	if (reads_io_uring) {
		/* A report of nothing is the switch to stream mode: what is awaited until then belongs to turns. */
		if (conn->slots[DIRECTION_IN].record.header.kind != RECORD_CHUNK)
			chunk__report(sock, 0, 0, IO_BUFFER | DIRECTION_OUT << 8, 0);
		socket_io__give_up_content(conn, sock, !direction);
		if (io->kind == IO_IO_URING) {
			conn->awaited[direction & 1] += bytes;
			return;
		}
		socket_io__give_up_content(conn, sock, direction);
	}
	if (conn->marks && direction == DIRECTION_IN) {
		if (io->kind != IO_BUFFER)
			conn->marks = 0;
		for (int i = 0; i < ARRIVAL_MARKS; i++) {
			__u32 part = socket_io__part(sock, bytes);

			if (part >= bytes)
				break;
			chunk__report(sock, base, 0, IO_BUFFER | DIRECTION_IN << 8, part);
			base += part;
			bytes -= part;
		}
	}
	chunk__report(sock, base, io->count, io->kind | direction << 8, bytes);
}

/*
 * A connection that was not followed so far, of a process that is: where both sides had said something before the present call, an exchange or more went
 * by unseen. What is older than the tracer, as its processes are, nobody expects to be seen.
 */
static __always_inline void socket_io__note_joined(const struct tcp_sock *tp, __u64 direction, __u64 bytes)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u64 received = BPF_CORE_READ(tp, bytes_received);
	__u64 sent = BPF_CORE_READ(tp, bytes_sent);
	__u64 key = (__u64)tp;
	__u32 *evicted_ports = bpf_map_lookup_elem(&evicted, &key);

	if (evicted_ports && *evicted_ports == BPF_CORE_READ((struct sock *)tp, __sk_common.skc_portpair)) {
		bpf_map_delete_elem(&evicted, &key);
		return;
	}
	if (received > (direction == DIRECTION_IN ? bytes : 0) && sent > (direction == DIRECTION_OUT ? bytes : 0) &&
	    BPF_CORE_READ(task, group_leader, start_time) > started_ns)
		count(COUNTER_JOINED_LATE);
}

/*
 * The first I/O of a selected process on a connection. Others may have used it before: a worker that was forked while its parent was being
 * selected, or any worker of a port that was selected by another one. What they said is not known, and none of it may be taken for a
 * part of what is said from here on. TCP's numbers tell whether there was something; then the connection counts as older than the tracer.
 */
__noinline int socket_io__claim(__u64 sock, __u64 direction, __u64 bytes)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct tcp_sock *tp = (struct tcp_sock *)sock;
	__u8 state = BPF_CORE_READ((struct sock *)sock, __sk_common.skc_state);
	__u32 sent = sequence__sent_in(tp, state);
	__u32 read = sequence__read_in(tp, state);

	if (!conn || conn->claimed)
		return 0;
	conn->claimed = 1;
	if (conn->midstream)
		socket_io__note_joined(tp, direction, bytes);
	/* They may have changed since it was made known: a socket that connects gets its own one late. */
	connection__addresses(conn, (struct sock *)sock);
	if (direction == DIRECTION_OUT)
		sent -= bytes;
	else
		read -= bytes;
	if (conn->is_connecting) {
		/* That it is established was not seen, so there was nothing to compare with. */
		conn->is_connecting = 0;
		conn->write_seq = sent;
		conn->read_seq = read;
		return 0;
	}
	if ((__s32)(sent - conn->write_seq) <= 0 && (__s32)(read - conn->read_seq) <= 0)
		return 0;
	if (conn->role == ROLE_SERVER && !conn->midstream)
		count(COUNTER_JOINED_LATE);
	conn->midstream = 1;
	conn->established_ns = 0;
	conn->write_seq = sent;
	conn->read_seq = read;
	if (conn->arrived_ns && (__s32)(read - conn->arrived_seq) > 0) {
		conn->arrived_ns = conn->arrived2_seq == read ? conn->arrived2_ns : 0;
		conn->arrived_seq = read;
		conn->arrived2_ns = 0;
	}
	return 0;
}

/* In stream mode: whether all that was sent has been reported with the present call. If not, it will not be asked for what came before it. */
static __always_inline bool socket_io__is_accounted(struct connection *conn, struct sock *sk, __u8 direction, __u64 bytes)
{
	__u32 sent = sequence__sent(sk);
	__u32 before = direction == DIRECTION_OUT ? sent - bytes : sent;
	bool is_accounted = before == conn->write_seq;

	sequence__catch_up(conn, sk);
	return is_accounted;
}

static __always_inline void socket_io__done(struct sock *sk, __u8 direction, __s64 result, const struct io *io)
{
	__u64 bytes = result;
	__u64 now = bpf_ktime_get_ns();
	struct connection *conn = connection__of(sk);
	struct port_value *port;

	if (!conn) {
		if (!sock__is_tcp(sk)) {
			unfollowed__socket(sk, io, bytes);
			return;
		}
		port = sock__listening_port(sk);
		conn = connection__create_unseen(sk, port, direction == DIRECTION_IN ? bytes : 0,
						 direction == DIRECTION_OUT ? bytes : 0);
		if (!conn) {
			if (direction == (port ? DIRECTION_IN : DIRECTION_OUT))
				count(COUNTER_CONNECTIONS_FULL);
			return;
		}
		sequence__take_back(conn, direction, bytes);
		if (conn->role == ROLE_UNKNOWN)
			conn->request_direction = (direction ^ head__is_answer(io->base, io->kind)) & 1;
	}
	if (!conn->claimed)
		socket_io__claim(conn->slots[DIRECTION_IN].record.sock, direction, bytes);
	if (io->kind == IO_IO_URING)
		count(COUNTER_IO_URING);
	switch (connection__verdict(conn)) {
	case VERDICT_IGNORE:
		return;
	case VERDICT_STREAM:
		if (conn->tls)
			break;
		if (conn->is_framed || !chunk__leaves(conn->slots[DIRECTION_IN].record.sock, direction,
						      socket_io__is_accounted(conn, sk, direction, bytes))) {
			socket_io__stream(conn, direction, io, bytes);
			break;
		}
		sequence__take_back(conn, direction, bytes);
		/* fallthrough */
	default:
		if (conn->tls)
			break;
		if (direction == DIRECTION_IN)
			turn__received(conn, sk, io, bytes, now);
		else
			turn__sent(conn, sk, io, bytes, now);
	}
	if (!conn->tls)
		return;
	if (direction == DIRECTION_OUT) {
		rustls__socket_wrote(conn->slots[DIRECTION_IN].record.sock, io->base, io->kind, bytes);
		for (int i = 0; i < RUSTLS_DELIVERIES && conn->tls_due; i++)
			rustls__deliver_due(conn->slots[DIRECTION_IN].record.sock);
	}
	tap__socket_io(conn->slots[DIRECTION_IN].record.sock, io->base, io->kind | direction << 8, bytes);
	if (!conn->tls_bound)
		tap__unbound_io(conn->slots[DIRECTION_IN].record.sock, direction, bytes);
}

/*
 * What source_io_uring.bpf.c does with one completed operation. Where several operations of a direction are under way, whose bytes are
 * awaited cannot be told: their content is given up rather than guessed.
 */
static __always_inline void socket_io__completed(struct sock *sk, __u8 direction, __s64 result, const struct io *io)
{
	struct connection *conn = connection__get(sk);
	__u64 bytes = result;

	if (!conn && !sock__is_tcp(sk))
		unfollowed__socket(sk, io, bytes);
	if (!conn || conn->tls || conn->awaited[direction & 1] != bytes)
		return;
	if (conn->slots[DIRECTION_IN].record.header.kind == RECORD_CHUNK) {
		conn->awaited[direction & 1] = 0;
		chunk__report(conn->slots[DIRECTION_IN].record.sock, io->base, io->count, io->kind | direction << 8, bytes);
	} else {
		turn__completed(conn, direction, io, bytes);
	}
}

#endif
