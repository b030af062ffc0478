/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_IO_H
#define BEYLA_LIB_IO_H

/* Where the bytes of an I/O call lie in user memory, found from the registers of the system call that moved them. */

enum io_kind {
	IO_NONE,     /* not in user memory, or not in a form we follow */
	IO_BUFFER,   /* one buffer at `base` */
	IO_VECTOR,   /* `count` iovecs at `base` */
	IO_IO_URING, /* submitted through io_uring: the registers are not of a socket call (io_uring.h) */
};

struct io {
	__u64 base;
	__u64 count;
	enum io_kind kind;
	__u32 flags; /* MSG_* of a receiving call */
};

struct user_iovec {
	__u64 base;
	__u64 length;
};

/* struct user_msghdr (include/linux/socket.h), 64-bit: name, namelen, iov, iovlen, ... */
#define USER_MSGHDR_IOV 16

#if defined(__TARGET_ARCH_x86)
enum {
	NR_READ = 0,
	NR_WRITE = 1,
	NR_READV = 19,
	NR_WRITEV = 20,
	NR_SENDFILE = 40,
	NR_SENDTO = 44,
	NR_RECVFROM = 45,
	NR_SENDMSG = 46,
	NR_RECVMSG = 47,
	NR_SPLICE = 275,
	NR_RECVMMSG = 299,
	NR_SENDMMSG = 307,
	NR_PREADV2 = 327,
	NR_PWRITEV2 = 328,
	NR_IO_URING_ENTER = 426,
	USER_64BIT_CS = 0x33,
};
#endif

static __always_inline void io__from_msghdr(struct io *io, __u64 msghdr)
{
	__u64 iov[2] = {};

	/* msg_iov and msg_iovlen are neighbours. */
	if (bpf_probe_read_user(iov, sizeof(iov), (void *)(msghdr + USER_MSGHDR_IOV))) {
		count(COUNTER_CAPTURE_FAULT);
		return;
	}
	io->base = iov[0];
	io->count = iov[1];
	io->kind = IO_VECTOR;
}

/* Takes nothing out of the stream: a look ahead, or what the kernel has to say of earlier sends. */
static __always_inline bool io__is_stream(__u32 flags)
{
	return !(flags & (MSG_PEEK | MSG_ERRQUEUE));
}

/* The bytes were thrown away, not copied: what lies in the buffer is not theirs. */
static __always_inline void io__apply_flags(struct io *io, __u32 flags)
{
	if (flags & MSG_TRUNC)
		io->kind = IO_NONE;
}

static __always_inline void io__from_registers(struct io *io, struct pt_regs *regs)
{
	__u64 nr = regs->orig_ax;

	io->base = regs->si;
	io->count = 0;
	io->kind = IO_NONE;
	io->flags = 0;
	switch (nr) {
	case NR_RECVFROM:
		io->flags = regs->r10;
		io->kind = IO_BUFFER;
		break;
	case NR_READ:
	case NR_WRITE:
	case NR_SENDTO:
		io->kind = IO_BUFFER;
		break;
	case NR_READV:
	case NR_WRITEV:
	case NR_PREADV2:
	case NR_PWRITEV2:
		io->count = regs->dx;
		io->kind = IO_VECTOR;
		break;
	case NR_RECVMSG:
		io->flags = regs->dx;
		io__from_msghdr(io, io->base);
		break;
	case NR_SENDMSG:
		io__from_msghdr(io, io->base);
		break;
	case NR_RECVMMSG:
		io->flags = regs->r10;
		/* Which of several messages this is cannot be told; a single one is an ordinary message. */
		if (regs->dx == 1)
			io__from_msghdr(io, io->base);
		break;
	case NR_SENDMMSG:
		if (regs->dx == 1)
			io__from_msghdr(io, io->base);
		break;
	case NR_SENDFILE:
	case NR_SPLICE:
		break;
	}
}

#endif
