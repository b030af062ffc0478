// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Beside source_sock_length: reads by splice(2), which pass by the tracepoints of messages. TCP reports how much was taken out of the
 * receive queue whenever a program reads; of a splice its own position tells how many bytes. Loaded when a connection of a
 * selected process was read without a hook having seen it (RECORD_UNSEEN), since it runs at every read of every TCP socket.
 */
#include "prelude.h"

SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(tcp_rcv_space_adjust, struct sock *sk)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs((void *)task);
	struct io io = { .kind = IO_NONE };
	struct connection *conn;
	__s32 bytes;

	/* Other calls have a hook of their own behind this place. */
	if (regs->orig_ax != NR_SPLICE || task->flags & PF_IO_WORKER || !pid_table__has(current__pid()))
		return 0;
	conn = connection__get(sk);
	if (!conn || !conn->claimed || conn->tls || conn->is_framed)
		return 0;
	bytes = sequence__read(sk) - conn->read_seq;
	if (bytes > 0)
		socket_io__done(sk, DIRECTION_IN, bytes, &io);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
