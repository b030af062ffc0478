// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Source of I/O calls: the tracepoints that report every message sent or received on a socket (kernel >= 6.3). They hand over the
 * socket, cost nothing on calls that are not socket I/O, and see sendfile and io_uring. Of the latter they know bytes and times; where
 * the bytes are is told when the operation completes (source_io_uring.bpf.c).
 */
#include "prelude.h"
#include "lib/file.h"
#include "lib/io_uring.h"

static __always_inline void sock_length(struct sock *sk, __u8 direction, int result, int flags)
{
	struct task_struct *task;
	struct compat_call compat;
	struct pt_regs *regs;
	struct io io;

	if (result <= 0 || !pid_table__has(current__pid()))
		return;
	if (direction == DIRECTION_IN && !io__is_stream(flags))
		return;
	task = (struct task_struct *)bpf_get_current_task_btf();
	regs = (struct pt_regs *)bpf_task_pt_regs((void *)task);
	if (regs__are_compat(regs)) {
		if (compat__from_registers(&compat, regs))
			compat__moved(sk, &compat, result);
		return;
	}
	if (io_uring__is_at_work(task, regs, sk, direction)) {
		io = (struct io){ .kind = IO_IO_URING };
	} else {
		io__from_registers(&io, regs);
	}
	if (direction == DIRECTION_IN)
		io__apply_flags(&io, flags);
	socket_io__done(sk, direction, result, &io);
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length, struct sock *sk, int result, int flags)
{
	sock_length(sk, DIRECTION_OUT, result, flags);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *sk, int result, int flags)
{
	sock_length(sk, DIRECTION_IN, result, flags);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
