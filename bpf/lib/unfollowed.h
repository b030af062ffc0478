/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_UNFOLLOWED_H
#define BEYLA_LIB_UNFOLLOWED_H

/*
 * Requests that selected processes move where nothing is followed: on sockets that are not TCP, and by calls of 32-bit programs. A call that
 * begins like a request is counted, by the cause; nothing of it is kept.
 */

/* Buffers of a vector that may be empty before the first that is not. */
#define UNFOLLOWED_EMPTY 3
/* Of a request line so many words of eight bytes are looked at for its end. */
#define UNFOLLOWED_WORDS 256
/* What is left behind them of 16 bytes tells a target. */
#define UNFOLLOWED_METHOD_MAX 11

/* Up to 8 bytes at `from`, the rest is 0. Global, like the others here, so that the verifier does not follow each way through each use. */
__noinline __u64 beginning__word(__u64 from, __u64 length)
{
	__u64 word = 0;

	if (!length)
		return 0;
	length = length < sizeof(word) ? length : sizeof(word);
	length = ((length - 1) & (sizeof(word) - 1)) + 1;
	asm volatile("" : "+r"(length));
	if (bpf_probe_read_user(&word, length, (void *)from))
		count(COUNTER_CAPTURE_FAULT);
	return word;
}

/* One of the first 16 bytes of a call. */
static __always_inline __u8 beginning__byte(__u64 low, __u64 high, __u64 at)
{
	return (at < 8 ? low : high) >> (8 * at & 63);
}

/* Whether a target begins like one: a path, "*" or a whole URL. */
static __always_inline bool beginning__is_target(__u64 low, __u64 high, __u64 at)
{
	__u8 first = beginning__byte(low, high, at);

	return first == '/' || first == '*' ||
	       (first == 'h' && beginning__byte(low, high, at + 1) == 't' && beginning__byte(low, high, at + 2) == 't' &&
		beginning__byte(low, high, at + 3) == 'p');
}

#define CONNECT_LINE 0x205443454e4e4f43ULL /* "CONNECT " */

/*
 * A method and a target: "GET /", "M-SEARCH *", "CONNECT ". Servers in Go read a byte ahead while they answer, so that the next call may begin
 * with "ET /".
 */
__noinline int beginning__is_method(__u64 low, __u64 high)
{
	if (low == CONNECT_LINE)
		return true;
	for (__u64 i = 0; i <= UNFOLLOWED_METHOD_MAX; i++) {
		__u8 byte = beginning__byte(low, high, i);

		if (byte == ' ')
			return i && beginning__is_target(low, high, i + 1);
		if ((byte < 'A' || byte > 'Z') && !(i && byte == '-'))
			return false;
	}
	return false;
}

/* handshake(22), and the version that the record of a ClientHello has, and of no other message since TLS 1.1. */
#define TLS_HELLO 0x010316
#define TLS_HELLO_BYTES 0xffffff

/* The ClientHello of TLS, behind which requests are. Many libraries read the header of a record by itself. */
static __always_inline bool beginning__is_hello(__u64 low, __u64 length)
{
	return (low & TLS_HELLO_BYTES) == TLS_HELLO && (__u8)(low >> 24) <= 0x40 &&
	       (length == 5 || (length > 5 && (low >> 40 & 0xffff) == 1));
}

#define LINE_END 0x0d002e312f505454ULL /* "TTP/1.", any number, and a carriage return */
#define LINE_END_BYTES 0xff00ffffffffffffULL

/*
 * Whether the first line ends like that of a request: logs have lines that begin alike, and programs write those to Unix sockets, too. A line
 * that is longer than what is looked at passes.
 */
__noinline int beginning__is_line(__u64 from, __u64 length)
{
	__u64 found = 0;
	__u64 at = 0;

	for (__u64 i = 0; i < UNFOLLOWED_WORDS; i++) {
		__u64 word;

		at = i * sizeof(word);
		if (at >= length)
			return false;
		word = beginning__word(from + at, length - at) ^ LF_BYTES;
		found = (word - LOW_BITS) & ~word & HIGH_BITS;
		if (found)
			break;
	}
	if (!found)
		return true;
	at += head__first_byte(found);
	return at >= sizeof(__u64) && (beginning__word(from + at - sizeof(__u64), sizeof(__u64)) & LINE_END_BYTES) == LINE_END;
}

/* Counts a call of `bytes` bytes as `which` if it begins like a request. Global, verified once. */
__noinline int unfollowed__call(__u64 which, __u64 base, __u64 iovecs, __u64 kind, __u64 bytes)
{
	struct user_iovec buffer = { .base = base, .length = kind == IO_BUFFER ? bytes : 0 };
	__u64 high;
	__u64 low;

	for (__u64 i = 0; kind == IO_VECTOR && i <= UNFOLLOWED_EMPTY && i < iovecs && !buffer.length; i++) {
		if (bpf_probe_read_user(&buffer, sizeof(buffer), (void *)(base + i * sizeof(buffer)))) {
			count(COUNTER_CAPTURE_FAULT);
			return 0;
		}
	}
	if (buffer.length > bytes)
		buffer.length = bytes;
	low = beginning__word(buffer.base, buffer.length);
	high = buffer.length > sizeof(low) ? beginning__word(buffer.base + sizeof(low), buffer.length - sizeof(low)) : 0;
	if (http2__is_preface(low, high) || beginning__is_hello(low, buffer.length) ||
	    (beginning__is_method(low, high) && beginning__is_line(buffer.base, buffer.length)))
		count(which);
	return 0;
}

/* Datagrams are no streams of requests. */
static __always_inline bool unfollowed__may_be(struct sock *sk)
{
	__u16 type = SOCK_READ(sk, sk_type);

	return type == SOCK_STREAM || type == SOCK_SEQPACKET;
}

/* A call on a socket that is not TCP. */
static __always_inline void unfollowed__socket(struct sock *sk, const struct io *io, __u64 bytes)
{
	__u64 which = COUNTER_OTHER_SOCKETS;

	if (!unfollowed__may_be(sk))
		return;
	if (SOCK_READ(sk, __sk_common.skc_family) == AF_UNIX)
		which = COUNTER_UNIX_SOCKETS;
	else if (SOCK_READ(sk, sk_protocol) == IPPROTO_MPTCP)
		which = COUNTER_MPTCP;
	unfollowed__call(which, io->base, io->count, io->kind, bytes);
}

#endif
