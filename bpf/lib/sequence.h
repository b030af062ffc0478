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
#else
#define SOCK_READ(sk, field) ((sk)->field)
#endif

/* Sent so far, as a sequence number. */
static __always_inline __u32 sequence__sent_in(const struct tcp_sock *tp, __u8 state)
{
	__u32 seq = BPF_CORE_READ(tp, write_seq);

	/* A FIN takes one number that is no byte. */
	if (state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_CLOSING || state == TCP_LAST_ACK)
		seq -= 1;
	return seq;
}

/* Read so far, as a sequence number. */
static __always_inline __u32 sequence__read_in(const struct tcp_sock *tp, __u8 state)
{
	__u32 seq = BPF_CORE_READ(tp, copied_seq);

	/* The peer's FIN is read together with the last byte before it. */
	if ((state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING || state == TCP_CLOSE) &&
	    seq == BPF_CORE_READ(tp, rcv_nxt))
		seq -= 1;
	return seq;
}

static __always_inline __u32 sequence__sent(struct sock *sk)
{
	return sequence__sent_in((struct tcp_sock *)sk, SOCK_READ(sk, __sk_common.skc_state));
}

static __always_inline __u32 sequence__read(struct sock *sk)
{
	return sequence__read_in((struct tcp_sock *)sk, SOCK_READ(sk, __sk_common.skc_state));
}

/* All that was said until now is accounted for. */
static __always_inline void sequence__catch_up(struct connection *conn, struct sock *sk)
{
	conn->write_seq = sequence__sent(sk);
	conn->read_seq = sequence__read(sk);
}

#endif
