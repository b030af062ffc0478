/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_IO_URING_H
#define BEYLA_LIB_IO_URING_H

/*
 * io_uring moves bytes in three places: in io_uring_enter, in threads of its own, and in work that a thread does on its way out of any
 * system call. In none of them do the registers tell the buffer, and in the last they belong to a call that may look like I/O.
 */

static __always_inline bool io_uring__is_receive(__u64 nr)
{
	switch (nr) {
	case NR_READ:
	case NR_READV:
	case NR_PREADV2:
	case NR_RECVFROM:
	case NR_RECVMSG:
	case NR_RECVMMSG:
		return true;
	}
	return false;
}

/* Whether the thread's registers are of the very call that moves bytes of `sk` now. */
static __always_inline bool io_uring__is_own_call(struct task_struct *task, struct pt_regs *regs, struct sock *sk, __u8 direction)
{
	__u64 nr = regs->orig_ax;

	switch (nr) {
	case NR_SPLICE:
		return sock_of_fd(task, (__u32)regs->dx) == sk || sock_of_fd(task, (__u32)regs->di) == sk;
	case NR_IO_URING_ENTER:
		return false;
	}
	return io_uring__is_receive(nr) == (direction == DIRECTION_IN) && sock_of_fd(task, (__u32)regs->di) == sk;
}

/* Whether this I/O was submitted through io_uring. One load for threads that never used it. */
static __always_inline bool io_uring__is_at_work(struct task_struct *task, struct pt_regs *regs, struct sock *sk, __u8 direction)
{
	if (task->flags & PF_IO_WORKER)
		return true;
	if (!bpf_core_field_exists(task->io_uring) || !task->io_uring)
		return false;
	return !io_uring__is_own_call(task, regs, sk, direction);
}

/* include/uapi/linux/io_uring.h */
enum {
	IORING_OP_READV = 1,
	IORING_OP_WRITEV = 2,
	IORING_OP_READ_FIXED = 4,
	IORING_OP_WRITE_FIXED = 5,
	IORING_OP_SENDMSG = 9,
	IORING_OP_RECVMSG = 10,
	IORING_OP_READ = 22,
	IORING_OP_WRITE = 23,
	IORING_OP_SEND = 26,
	IORING_OP_RECV = 27,
	IORING_OP_SEND_ZC = 47,
	IORING_OP_SENDMSG_ZC = 48,
	IORING_RECV_MULTISHOT = 1 << 1,
	IORING_RECVSEND_BUNDLE = 1 << 4,
	IOSQE_BUFFER_SELECT = 1 << 5,
};

/* False for an operation that moves no bytes of a socket. */
static __always_inline bool io_uring__direction(__u8 opcode, __u8 *direction)
{
	switch (opcode) {
	case IORING_OP_READV:
	case IORING_OP_READ_FIXED:
	case IORING_OP_READ:
	case IORING_OP_RECV:
	case IORING_OP_RECVMSG:
		*direction = DIRECTION_IN;
		return true;
	case IORING_OP_WRITEV:
	case IORING_OP_WRITE_FIXED:
	case IORING_OP_WRITE:
	case IORING_OP_SEND:
	case IORING_OP_SENDMSG:
	case IORING_OP_SEND_ZC:
	case IORING_OP_SENDMSG_ZC:
		*direction = DIRECTION_OUT;
		return true;
	}
	return false;
}

/*
 * Where a completed operation found, or put, its bytes. The buffer still belongs to the operation; a vector or a message header of a
 * send need not exist any more (the kernel copied it at submission) and is left alone. That of a receive is written to at completion.
 */
static __always_inline void io_uring__buffer(struct io *io, struct io_kiocb *request)
{
	struct io_sr_msg *message = (struct io_sr_msg *)&request->cmd;
	struct io_rw *rw = (struct io_rw *)&request->cmd;

	switch (BPF_CORE_READ(request, opcode)) {
	case IORING_OP_READ:
	case IORING_OP_WRITE:
	case IORING_OP_READ_FIXED:
	case IORING_OP_WRITE_FIXED:
		io->base = BPF_CORE_READ(rw, addr);
		io->kind = IO_BUFFER;
		return;
	case IORING_OP_RECV:
	case IORING_OP_SEND:
	case IORING_OP_SEND_ZC:
		if (BPF_CORE_READ(message, flags) & (IORING_RECV_MULTISHOT | IORING_RECVSEND_BUNDLE))
			return;
		/* After a part was moved, `buf` is where the rest begins. */
		io->base = (__u64)BPF_CORE_READ(message, buf) - BPF_CORE_READ(message, done_io);
		io->kind = IO_BUFFER;
		return;
	case IORING_OP_RECVMSG:
		if (BPF_CORE_READ(message, flags) & (IORING_RECV_MULTISHOT | IORING_RECVSEND_BUNDLE))
			return;
		if (!(BPF_CORE_READ(request, flags) & IOSQE_BUFFER_SELECT))
			io__from_msghdr(io, (__u64)BPF_CORE_READ(message, buf));
	}
}

#endif
