// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Source of I/O calls: the end of every system call (kernel >= 5.10), for kernels without sock_*_length, kprobes and fentry.
 * A tracepoint on system calls slows every call of every process by about 0.1 us, which is why this is the last resort.
 * Blind to io_uring.
 */
#define SOCK_IS_WALKED
#include "prelude.h"
#include "lib/file.h"

/* What recvmmsg and sendmmsg really moved is in the messages themselves; result is their number. */
static __always_inline __s64 mmsg_bytes(__u64 messages, __s64 result)
{
	__s64 bytes = 0;

	for (int i = 0; i < 8; i++) {
		__u32 length = 0;

		if (i >= result)
			break;
		/* struct mmsghdr: a 56-byte msghdr, then msg_len. */
		bpf_probe_read_user(&length, sizeof(length), (void *)(messages + i * 64 + 56));
		bytes += length;
	}
	return bytes;
}

/* The end of a call of a 32-bit program, which may be one that moves bytes. */
static __always_inline void compat_call_ended(struct pt_regs *regs, long result)
{
	struct compat_call call;
	struct sock *sk;

	if (!pid_table__has(current__pid()) || !compat__from_registers(&call, regs) || !io__is_stream(call.flags))
		return;
	sk = sock_of_fd((struct task_struct *)bpf_get_current_task(), call.fd);
	if (sk)
		compat__moved(sk, &call, result);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long result)
{
	__u8 direction;
	struct io io;
	struct sock *sk;
	__u64 fd;
	__u64 nr;

	if (result <= 0)
		return 0;
	if (regs__are_compat(regs)) {
		compat_call_ended(regs, result);
		return 0;
	}
	nr = regs->orig_ax;
	switch (nr) {
	case NR_READ:
	case NR_READV:
	case NR_PREADV2:
	case NR_RECVFROM:
	case NR_RECVMSG:
	case NR_RECVMMSG:
		direction = DIRECTION_IN;
		break;
	case NR_WRITE:
	case NR_WRITEV:
	case NR_PWRITEV2:
	case NR_SENDTO:
	case NR_SENDMSG:
	case NR_SENDMMSG:
	case NR_SENDFILE:
	case NR_SPLICE:
		direction = DIRECTION_OUT;
		break;
	default:
		return 0;
	}
	if (!pid_table__has(current__pid()))
		return 0;
	fd = regs->di;
	if (nr == NR_SPLICE) {
		/* splice(in, off, out, off, ...): a socket may be at either end. */
		sk = sock_of_fd((struct task_struct *)bpf_get_current_task(), (__u32)regs->dx);
		if (!sk) {
			sk = sock_of_fd((struct task_struct *)bpf_get_current_task(), (__u32)fd);
			direction = DIRECTION_IN;
		}
	} else {
		sk = sock_of_fd((struct task_struct *)bpf_get_current_task(), (__u32)fd);
	}
	if (!sk)
		return 0;
	io__from_registers(&io, regs);
	if (!io__is_stream(io.flags))
		return 0;
	io__apply_flags(&io, io.flags);
	if (nr == NR_RECVMMSG || nr == NR_SENDMMSG)
		result = mmsg_bytes(regs->si, result);
	socket_io__done(sk, direction, result, &io);
	return 0;
}

/* io_uring moves bytes without a system call of its own: nothing of it is seen here, so at least its use is counted. */
SEC("tp_btf/io_uring_create")
int BPF_PROG(io_uring_create)
{
	if (pid_table__has(current__pid()))
		count(COUNTER_IO_URING);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
