/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_COMPAT_H
#define BEYLA_LIB_COMPAT_H

/*
 * Calls of 32-bit programs, which have other numbers, registers and structures. They are not followed, but what they move is looked at as far
 * as it takes to count requests.
 */

#if defined(__TARGET_ARCH_x86)
enum {
	NR32_READ = 3,
	NR32_WRITE = 4,
	NR32_SOCKETCALL = 102,
	NR32_READV = 145,
	NR32_WRITEV = 146,
	NR32_SENDTO = 369,
	NR32_SENDMSG = 370,
	NR32_RECVFROM = 371,
	NR32_RECVMSG = 372,
	NR32_PREADV2 = 378,
	NR32_PWRITEV2 = 379,
};

/* The first argument of socketcall (include/uapi/linux/net.h). */
enum {
	SOCKETCALL_SEND = 9,
	SOCKETCALL_RECV = 10,
	SOCKETCALL_SENDTO = 11,
	SOCKETCALL_RECVFROM = 12,
	SOCKETCALL_SENDMSG = 16,
	SOCKETCALL_RECVMSG = 17,
};
#endif

/* struct compat_msghdr: name, namelen, iov, iovlen, ... */
#define COMPAT_MSGHDR_IOV 8

struct compat_iovec {
	__u32 base;
	__u32 length;
};

/* Where the bytes of a call lie: all of them, or the first of several buffers. */
struct compat_call {
	__u32 nr; /* NR32_* of the call that does the same */
	__u32 fd;
	__u32 buffer;
	__u32 length; /* of the first of several buffers, else the greatest number */
	__u32 flags;  /* MSG_* of a receiving call */
};

static __always_inline bool regs__are_compat(const struct pt_regs *regs)
{
	return regs->cs != USER_64BIT_CS;
}

static __always_inline __u32 compat__nr_of_socketcall(__u32 which)
{
	switch (which) {
	case SOCKETCALL_SEND:
	case SOCKETCALL_SENDTO:
		return NR32_SENDTO;
	case SOCKETCALL_RECV:
	case SOCKETCALL_RECVFROM:
		return NR32_RECVFROM;
	case SOCKETCALL_SENDMSG:
		return NR32_SENDMSG;
	case SOCKETCALL_RECVMSG:
		return NR32_RECVMSG;
	}
	return NR32_SOCKETCALL;
}

/* The first of several buffers, which are described at `iovecs`. */
static __always_inline void compat__first_buffer(struct compat_call *call, __u32 iovecs)
{
	struct compat_iovec segment = {};

	if (bpf_probe_read_user(&segment, sizeof(segment), (void *)(__u64)iovecs))
		count(COUNTER_CAPTURE_FAULT);
	call->buffer = segment.base;
	call->length = segment.length;
}

/* False for a call that moves no bytes, or of which it is not known where they are. */
static __always_inline bool compat__from_registers(struct compat_call *call, struct pt_regs *regs)
{
	__u32 arguments[4] = { regs->bx, regs->cx, regs->dx, regs->si };
	__u32 iovecs = 0;

	call->nr = regs->orig_ax;
	if (call->nr == NR32_SOCKETCALL) {
		call->nr = compat__nr_of_socketcall(regs->bx);
		if (bpf_probe_read_user(arguments, sizeof(arguments), (void *)(__u64)(__u32)regs->cx))
			count(COUNTER_CAPTURE_FAULT);
	}
	call->fd = arguments[0];
	call->buffer = arguments[1];
	call->length = ~0U;
	call->flags = 0;
	switch (call->nr) {
	case NR32_RECVFROM:
		call->flags = arguments[3];
		return true;
	case NR32_READ:
	case NR32_WRITE:
	case NR32_SENDTO:
		return true;
	case NR32_RECVMSG:
		call->flags = arguments[2];
		/* fallthrough */
	case NR32_SENDMSG:
		bpf_probe_read_user(&iovecs, sizeof(iovecs), (void *)(__u64)(call->buffer + COMPAT_MSGHDR_IOV));
		compat__first_buffer(call, iovecs);
		return true;
	case NR32_READV:
	case NR32_WRITEV:
	case NR32_PREADV2:
	case NR32_PWRITEV2:
		compat__first_buffer(call, call->buffer);
		return true;
	}
	return false;
}

/* Bytes of a socket were moved by such a call. */
static __always_inline void compat__moved(struct sock *sk, const struct compat_call *call, __u64 bytes)
{
	struct connection *conn = connection__get(sk);

	if (!unfollowed__may_be(sk))
		return;
	/* It is counted here, and not once more as one that nobody took. */
	if (conn)
		conn->unfollowed = 1;
	unfollowed__call(COUNTER_COMPAT, call->buffer, 0, IO_BUFFER, call->length < bytes ? call->length : bytes);
}

#endif
