/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_ARRIVAL_H
#define BEYLA_LIB_ARRIVAL_H

/*
 * When did the first byte that the program has not read yet reach the socket?
 *
 * TCP's own sequence numbers answer it. At tcp_probe the segment is about to be processed: if the program has read all there
 * was (copied_seq == rcv_nxt) and the segment brings rcv_nxt, its first byte is that byte. Retransmissions, keep-alive probes
 * and out-of-order segments fail the test exactly, and the state of turns does not matter.
 */

/*
 * HTTP/2: other frames may wait in the socket when a request arrives, such as those that tell how much of an answer was read. Each segment that
 * arrives behind unread bytes is marked, as many as there is room for, and what is read is reported in parts (socket_io.h).
 */
static __always_inline bool arrival__marks(const struct connection *conn)
{
	return conn->is_framed && !conn->tls && conn->marks < ARRIVAL_MARKS;
}

static __always_inline void arrival__mark(struct connection *conn, __u32 seq, __u64 now)
{
	__u64 at = conn->marks & (ARRIVAL_MARKS - 1);

	asm volatile("" : "+r"(at));
	conn->mark_seq[at] = seq;
	conn->mark_ns[at] = now;
	conn->marks += 1;
}

static __always_inline void arrival__note(struct connection *conn, struct sock *sk, struct sk_buff *skb, __u64 now)
{
	struct tcp_sock *tp = TCP_SOCK(sk);
	struct tcp_skb_cb *cb = (struct tcp_skb_cb *)__builtin_preserve_access_index(&skb->cb);
	__u32 range[2] = {};
	bool is_first;
	__u32 next;

	if (!tp)
		return;
	next = SOCK_READ(tp, rcv_nxt);
	is_first = next == SOCK_READ(tp, copied_seq);
	departure__note(conn, sk);
	if (!is_first && !arrival__marks(conn))
		return;
	/* seq and end_seq are neighbours at the start of the control block. */
	bpf_probe_read_kernel(range, sizeof(range), cb);
	if ((__s32)(range[0] - next) > 0 || (__s32)(range[1] - next) <= 0)
		return;
	/* A FIN takes one number that is no byte. */
	if (range[1] == next + 1 && BPF_CORE_READ(cb, tcp_flags) & TCP_FLAG_FIN)
		return;
	if (!is_first) {
		arrival__mark(conn, next, now);
		return;
	}
	if (!conn->arrived_ns) {
		conn->arrived_seq = next;
		conn->arrived_ns = now;
	} else {
		conn->arrived2_seq = next;
		conn->arrived2_ns = now;
	}
}

/* Takes the arrival of the bytes just read, which end before `copied`, the socket's copied_seq; leaves one that belongs to bytes still unread. */
static __always_inline __u64 arrival__take(struct connection *conn, __u32 copied)
{
	__u64 arrived = conn->arrived_ns;

	if (!arrived || (__s32)(conn->arrived_seq - copied) >= 0)
		return 0;
	conn->arrived_ns = 0;
	if (conn->arrived2_ns) {
		if ((__s32)(conn->arrived2_seq - copied) >= 0) {
			conn->arrived_seq = conn->arrived2_seq;
			conn->arrived_ns = conn->arrived2_ns;
		}
		conn->arrived2_ns = 0;
	}
	return arrived;
}

#endif
