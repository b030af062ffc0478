// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * What happens to sockets and processes besides I/O: arrival, life and death of connections, fork, exec, exit.
 * Needed by every source. Owns the maps; the sources share them.
 */
#include "prelude.h"

SEC("tp_btf/tcp_probe")
int BPF_PROG(tcp_probe, struct sock *sk, struct sk_buff *skb)
{
	struct connection *conn = connection__get(sk);

	if (!conn) {
		struct port_value *port = sock__listening_port(sk);

		if (!port || sock__is_subflow(sk))
			return 0;
		conn = connection__create_unseen(sk, port, 0, 0);
		if (!conn)
			return 0;
	}
	arrival__note(conn, sk, skb, bpf_ktime_get_ns());
	return 0;
}

/*
 * The kernel skips a program that is interrupted on its CPU by what would run it again. So what a program does with states that a process enters
 * is apart from what another does with those that a segment brings, in a softirq that interrupts: the one that has nothing to
 * do is over at once.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, struct sock *sk, int old_state, int new_state)
{
	struct connection *conn;

	switch (new_state) {
	case TCP_LISTEN:
		if (sock__is_tcp(sk))
			lifecycle__listening(sk);
		break;
	case TCP_SYN_SENT:
		if (sock__is_tcp(sk) && !sock__is_subflow(sk))
			lifecycle__connecting(sk);
		break;
	/* The process closes. After TCP_CLOSE, which a reset may bring while another CPU is in a call, it still will. */
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		conn = connection__get(sk);
		if (!conn)
			break;
		/* shutdown(SHUT_WR) leaves the other half open. */
		if (new_state == TCP_FIN_WAIT1 && !(sk->sk_shutdown & RCV_SHUTDOWN))
			turn__flush_sent(conn);
		else
			turn__flush(conn);
		break;
	case TCP_CLOSE:
		if (sk->sk_err != ECONNRESET)
			break;
		conn = connection__get(sk);
		if (conn)
			conn->was_reset = 1;
		break;
	}
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_established, struct sock *sk, int old_state, int new_state)
{
	if (new_state == TCP_ESTABLISHED && sock__is_tcp(sk) && !sock__is_subflow(sk))
		lifecycle__established(sk, old_state);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy_sock, struct sock *sk)
{
	connection__ended(sk);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	lifecycle__forked(parent, child);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task)
{
	lifecycle__executed(task);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	lifecycle__exited(task);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
