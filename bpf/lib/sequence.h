/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_SEQUENCE_H
#define BEYLA_LIB_SEQUENCE_H

/*
 * TCP's own sequence numbers tell which bytes of a connection our hooks have not seen: `write_seq` counts what was sent and `copied_seq`
 * what was read, by whomever and in whatever way. A connection remembers up to which number of each its turns account for.
 */

/*
 * A socket that the tracepoint itself hands over may be read with plain loads; one found by walking the file table is a mere number
 * to the verifier and needs a helper call for every read. Objects of the second kind define SOCK_IS_WALKED.
 */
#ifdef SOCK_IS_WALKED
#define SOCK_READ(sk, field) BPF_CORE_READ(sk, field)
#define TCP_SOCK(sk) ((struct tcp_sock *)(sk))
#else
#define SOCK_READ(sk, field) ((sk)->field)
#define TCP_SOCK(sk) bpf_skc_to_tcp_sock(sk)
#endif

/* Our FIN takes a number that is no byte. */
static __always_inline bool sequence__has_sent_fin(__u8 state)
{
	return state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_CLOSING || state == TCP_LAST_ACK;
}

/* The peer's FIN, too; it is read together with the last byte before it, and is then the last number of all. */
static __always_inline bool sequence__may_have_read_fin(__u8 state)
{
	return state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING || state == TCP_CLOSE;
}

/* Sent so far, as a sequence number; `tp` is a mere number to the verifier. */
static __always_inline __u32 sequence__sent_in(const struct tcp_sock *tp, __u8 state)
{
	return BPF_CORE_READ(tp, write_seq) - sequence__has_sent_fin(state);
}

/* Read so far, likewise. */
static __always_inline __u32 sequence__read_in(const struct tcp_sock *tp, __u8 state)
{
	__u32 seq = BPF_CORE_READ(tp, copied_seq);

	if (sequence__may_have_read_fin(state) && seq == BPF_CORE_READ(tp, rcv_nxt))
		seq -= 1;
	return seq;
}

static __always_inline __u32 sequence__sent(struct sock *sk)
{
	struct tcp_sock *tp = TCP_SOCK(sk);

	return tp ? SOCK_READ(tp, write_seq) - sequence__has_sent_fin(SOCK_READ(sk, __sk_common.skc_state)) : 0;
}

static __always_inline __u32 sequence__read(struct sock *sk)
{
	struct tcp_sock *tp = TCP_SOCK(sk);
	__u32 seq;

	if (!tp)
		return 0;
	seq = SOCK_READ(tp, copied_seq);
	if (sequence__may_have_read_fin(SOCK_READ(sk, __sk_common.skc_state)) && seq == SOCK_READ(tp, rcv_nxt))
		seq -= 1;
	return seq;
}

/* All that was said until now is accounted for. */
static __always_inline void sequence__catch_up(struct connection *conn, struct sock *sk)
{
	conn->write_seq = sequence__sent(sk);
	conn->read_seq = sequence__read(sk);
}

/* All but what the present call moved. */
static __always_inline void sequence__take_back(struct connection *conn, __u8 direction, __u64 bytes)
{
	if (direction == DIRECTION_OUT)
		conn->write_seq -= bytes;
	else
		conn->read_seq -= bytes;
}

#endif
