/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_SOCKET_IO_H
#define BEYLA_LIB_SOCKET_IO_H

/* What every source does with one finished I/O call: who is it, which connection, how does user space want it. */

static __always_inline void socket_io__done(struct sock *sk, __u8 direction, __s64 result, const struct io *io)
{
	__u64 bytes = result;
	__u64 now = bpf_ktime_get_ns();
	struct connection *conn = connection__get(sk);

	if (!conn) {
		if (!sock__is_tcp(sk))
			return;
		conn = connection__create_midstream(sk, now, sock__listening_port(sk));
		if (!conn)
			return;
		if (direction == DIRECTION_OUT)
			conn->write_seq -= bytes;
		if (conn->role == ROLE_UNKNOWN)
			conn->request_direction = direction;
	}
	conn->claimed = 1;
	if (io->kind == IO_IO_URING)
		count(COUNTER_IO_URING);
	switch (connection__verdict(conn)) {
	case VERDICT_IGNORE:
		return;
	case VERDICT_STREAM:
		chunk__report(conn->slots[DIRECTION_IN].record.sock, io->base, io->count, io->kind | direction << 8, bytes);
		return;
	default:
		if (direction == DIRECTION_IN)
			turn__received(conn, sk, io, bytes, now);
		else
			turn__sent(conn, io, bytes, now);
	}
}

#endif
