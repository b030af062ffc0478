/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_UNFOLLOWED_H
#define BEYLA_LIB_UNFOLLOWED_H

/*
 * Requests that selected processes move where nothing is followed: on sockets that are not TCP, and by calls of 32-bit programs. A call that
 * begins like a request is counted, by the cause; nothing of it is kept.
 */

/* A call's first bytes may be in several buffers: so many of them are looked at. */
#define UNFOLLOWED_SEGMENTS 4

/* The first bytes of a call, as little-endian machines load them; what is not there is 0. */
struct beginning {
	__u64 low;
	__u64 high;
};

static __always_inline void beginning__add(struct beginning *begins, __u64 have, __u64 word)
{
	__u64 shift = 8 * (have & 7);

	if (have >= sizeof(word)) {
		begins->high |= word << shift;
		return;
	}
	begins->low |= word << shift;
	if (shift)
		begins->high |= word >> (64 - shift);
}

/* Up to 8 bytes at `from`, the rest is 0. */
static __always_inline __u64 beginning__word(__u64 from, __u64 length)
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

static __always_inline __u64 beginning__gather(struct beginning *begins, __u64 have, __u64 from, __u64 length)
{
	if (length > sizeof(*begins) - have)
		length = sizeof(*begins) - have;
	beginning__add(begins, have, beginning__word(from, length));
	if (length > sizeof(__u64))
		beginning__add(begins, have + sizeof(__u64), beginning__word(from + sizeof(__u64), length - sizeof(__u64)));
	return have + length;
}

static __always_inline __u8 beginning__byte(const struct beginning *begins, __u64 at)
{
	return (at < 8 ? begins->low : begins->high) >> (8 * at & 63);
}

/* Whether a target begins like one: a path, "*" or a whole URL. */
static __always_inline bool beginning__is_target(const struct beginning *begins, __u64 at)
{
	__u8 first = beginning__byte(begins, at);

	return first == '/' || first == '*' ||
	       (first == 'h' && beginning__byte(begins, at + 1) == 't' && beginning__byte(begins, at + 2) == 't' &&
		beginning__byte(begins, at + 3) == 'p');
}

#define CONNECT_LINE 0x205443454e4e4f43ULL /* "CONNECT " */
/* handshake(22), and the version of the record with a ClientHello, which is that of no other one since TLS 1.1 */
#define TLS_HELLO 0x010316
#define TLS_HELLO_BYTES 0xffffff
/* What is left behind them of 16 bytes tells a target. */
#define UNFOLLOWED_METHOD_MAX 11

/* A request line ("GET /", "M-SEARCH *", "CONNECT "), the preface of HTTP/2, or the ClientHello of TLS, behind which requests are. */
static __always_inline bool beginning__is_request(const struct beginning *begins)
{
	if (http2__is_preface(begins->low, begins->high) || begins->low == CONNECT_LINE || (begins->low & TLS_HELLO_BYTES) == TLS_HELLO)
		return true;
	for (__u64 i = 0; i <= UNFOLLOWED_METHOD_MAX; i++) {
		__u8 byte = beginning__byte(begins, i);

		if (byte == ' ')
			return i >= 3 && beginning__is_target(begins, i + 1);
		if ((byte < 'A' || byte > 'Z') && !(i && byte == '-'))
			return false;
	}
	return false;
}

/* Counts a call of `bytes` bytes as `which` if it begins like a request. Global, verified once. */
__noinline int unfollowed__call(__u64 which, __u64 base, __u64 iovecs, __u64 kind, __u64 bytes)
{
	struct beginning begins = {};
	__u64 have = 0;

	if (kind == IO_BUFFER) {
		beginning__gather(&begins, 0, base, bytes);
	} else if (kind == IO_VECTOR) {
		for (__u64 i = 0; i < UNFOLLOWED_SEGMENTS; i++) {
			struct user_iovec segment = {};

			if (i >= iovecs || have >= sizeof(begins) || have >= bytes)
				break;
			if (bpf_probe_read_user(&segment, sizeof(segment), (void *)(base + i * sizeof(segment)))) {
				count(COUNTER_CAPTURE_FAULT);
				break;
			}
			have = beginning__gather(&begins, have, segment.base, segment.length < bytes - have ? segment.length : bytes - have);
		}
	}
	if (beginning__is_request(&begins))
		count(which);
	return 0;
}

/* A call on a socket that is not TCP. Datagrams are no streams of requests. */
static __always_inline void unfollowed__socket(struct sock *sk, const struct io *io, __u64 bytes)
{
	__u16 type = SOCK_READ(sk, sk_type);
	__u64 which = COUNTER_OTHER_SOCKETS;

	if (type != SOCK_STREAM && type != SOCK_SEQPACKET)
		return;
	if (SOCK_READ(sk, __sk_common.skc_family) == AF_UNIX)
		which = COUNTER_UNIX_SOCKETS;
	else if (SOCK_READ(sk, sk_protocol) == IPPROTO_MPTCP)
		which = COUNTER_MPTCP;
	unfollowed__call(which, io->base, io->count, io->kind, bytes);
}

#endif
