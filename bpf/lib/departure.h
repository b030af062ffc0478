/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_DEPARTURE_H
#define BEYLA_LIB_DEPARTURE_H

/*
 * When did the bytes of a writing call leave?
 *
 * A call returns after its bytes have left, and on loopback the peer may have read them by then: an effect would precede its cause. TCP stamps
 * each segment as it leaves, with CLOCK_MONOTONIC:
 *   - tcp_wstamp_ns is the stamp of the last segment, be it an acknowledgement. If nothing is unsent, the last byte left at that time or before.
 *   - first_tx_mstamp, in microseconds, is the stamp of the first segment that was sent when nothing was in flight, until that is
 *     acknowledged. A long call may see that happen, so it is noted before.
 * A stamp that is not later than the last known event of the connection, or later than now, is of something else.
 */
static __always_inline __u64 departure__flight(__u64 sock)
{
	return BPF_CORE_READ((struct tcp_sock *)sock, first_tx_mstamp) * 1000;
}

/* The same where the socket may be read with plain loads (sequence.h): a call of a helper for each word is what costs here. */
static __always_inline __u64 departure__flight_of(struct sock *sk)
{
	struct tcp_sock *tp = TCP_SOCK(sk);

	return tp ? SOCK_READ(tp, first_tx_mstamp) * 1000 : 0;
}

/* A segment arrives, which may acknowledge what a call has sent that has not returned yet. */
static __always_inline void departure__note(struct connection *conn, struct sock *sk)
{
	bool is_under_way = conn->seq && conn->direction == DIRECTION_OUT && !connection__is_stream(conn);
	struct tcp_sock *tp;

	/* A turn of TLS begins before any of its ciphertext leaves. */
	if (conn->departed_ns || (is_under_way && (!conn->tls || conn->tls_sent)))
		return;
	tp = TCP_SOCK(sk);
	if (tp && SOCK_READ(tp, write_seq) != conn->write_seq)
		conn->departed_ns = SOCK_READ(tp, first_tx_mstamp) * 1000;
}

static __always_inline bool departure__is_between(const struct connection *conn, __u64 stamp, __u64 last)
{
	return stamp < last && stamp > conn->slots[DIRECTION_OUT].record.last_ns && stamp > conn->slots[DIRECTION_IN].record.last_ns;
}

/* When the first byte left, where the last one left at `last`; `flight` is what departure__flight says. */
static __always_inline __u64 departure__first(const struct connection *conn, __u64 flight, __u64 last)
{
	__u64 stamp = conn->departed_ns;

	if (departure__is_between(conn, stamp, last))
		return stamp;
	return departure__is_between(conn, flight, last) ? flight : last;
}

/* Where bytes are not credited to turns: the call is over. */
static __always_inline void departure__done(struct connection *conn, __u64 sock)
{
	conn->departed_ns = 0;
	conn->write_seq = BPF_CORE_READ((struct tcp_sock *)sock, write_seq);
}

/* When the last byte left, by the stamp of the last segment. */
static __always_inline __u64 departure__at(const struct connection *conn, __u64 stamp, bool is_all_sent, __u64 now)
{
	return is_all_sent && stamp < now && stamp > conn->slots[DIRECTION_OUT].record.last_ns ? stamp : now;
}

static __always_inline __u64 departure__last(const struct connection *conn, __u64 sock, __u64 now)
{
	struct tcp_sock *tp = (struct tcp_sock *)sock;

	return departure__at(conn, BPF_CORE_READ(tp, tcp_wstamp_ns), BPF_CORE_READ(tp, snd_nxt) == BPF_CORE_READ(tp, write_seq), now);
}

static __always_inline __u64 departure__last_of(const struct connection *conn, struct sock *sk, __u64 now)
{
	struct tcp_sock *tp = TCP_SOCK(sk);

	if (!tp)
		return now;
	return departure__at(conn, SOCK_READ(tp, tcp_wstamp_ns), SOCK_READ(tp, snd_nxt) == SOCK_READ(tp, write_seq), now);
}

#endif
