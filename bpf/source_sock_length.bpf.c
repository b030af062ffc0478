// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Source of I/O calls: the tracepoints that report every message sent or received on a socket (kernel >= 6.3). They hand over the
 * socket, cost nothing on calls that are not socket I/O, and see io_uring and sendfile.
 */
#include "prelude.h"

static __always_inline void sock_length(struct sock *sk, __u8 direction, int result, int flags)
{
	struct io io;

	if (result <= 0 || !pid_table__has(bpf_get_current_pid_tgid() >> 32))
		return;
	if (direction == DIRECTION_IN && !io__is_stream(flags))
		return;
	io__from_registers(&io, (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()));
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
