/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_LIFECYCLE_H
#define BEYLA_LIB_LIFECYCLE_H

static __always_inline void lifecycle__forked(struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_pid = task__pid(parent);
	__u32 child_pid = task__pid(child);

	if (parent_pid == child_pid || !pid_table__has(parent_pid))
		return;
	if (!pid_table__add(child_pid)) {
		count(COUNTER_PIDS_FULL);
		return;
	}
	emit__process(RECORD_FORK, child_pid, parent_pid, 0);
}

static __always_inline void lifecycle__exited(struct task_struct *task)
{
	__u32 pid = task__pid(task);

	if (!pid_table__has(pid) || BPF_CORE_READ(task, signal, live.counter) != 0)
		return;
	pid_table__remove(pid);
	emit__process(RECORD_EXIT, pid, 0, 0);
}

static __always_inline void lifecycle__executed(struct task_struct *task)
{
	struct exec_record record = {
		.header = { .size = sizeof(record), .kind = RECORD_EXEC, .abi = BEYLA_ABI_VERSION },
		.ns = bpf_ktime_get_ns(),
		.pid = task__pid(task),
	};
	struct file *file = task__executable(task);
	__u32 flags;

	if (file)
		executable__identify(&record.executable, file);
	if (!pid_table__has(record.pid)) {
		flags = executable__flags(&record.executable);
		if (flags & EXECUTABLE_UNWANTED)
			return;
		if (selection__by_executable(record.pid, flags))
			record.header.flags = RECORD_FLAG_SELECTED;
	}
	if (bpf_ringbuf_output(&lifecycle, &record, sizeof(record), 0))
		count(COUNTER_LIFECYCLE_LOST);
}

static __always_inline void lifecycle__listening(struct sock *sk)
{
	__u32 pid = current__pid();
	bool is_followed = pid_table__has(pid);
	struct listen_record record = {
		.header = { .size = sizeof(record), .kind = RECORD_LISTEN, .abi = BEYLA_ABI_VERSION },
		.ns = bpf_ktime_get_ns(),
		.pid = pid,
		.netns = sock__netns(sk),
		.port = sock__local_port(sk),
		.family = BPF_CORE_READ(sk, __sk_common.skc_family),
	};

	if (!is_followed && selection__by_port(pid, record.port)) {
		is_followed = true;
		record.header.flags = RECORD_FLAG_SELECTED;
	}
	if (is_followed) {
		struct port_key key = { .netns = record.netns, .port = record.port };
		struct port_value value = { .pid = pid };

		if (bpf_map_update_elem(&ports, &key, &value, BPF_NOEXIST) && !bpf_map_lookup_elem(&ports, &key))
			count(COUNTER_PORTS_FULL);
	}
	if (bpf_ringbuf_output(&lifecycle, &record, sizeof(record), 0))
		count(COUNTER_LIFECYCLE_LOST);
}

/* A socket that was disconnected (AF_UNSPEC) may connect again, to another peer: that is another connection. */
static __always_inline void lifecycle__connecting(struct sock *sk)
{
	struct connection *conn;

	connection__ended(sk);
	if (!pid_table__has(current__pid()))
		return;
	conn = connection__create(sk);
	if (!conn)
		return;
	connection__set_role(conn, ROLE_CLIENT);
	conn->is_connecting = 1;
}

static __always_inline void lifecycle__established(struct sock *sk, int old_state)
{
	struct connection *conn;
	struct port_value *port;

	if (old_state == TCP_SYN_SENT) {
		conn = connection__get(sk);
		if (conn && conn->is_connecting) {
			conn->is_connecting = 0;
			sequence__catch_up(conn, sk);
			/* Nothing of what will be said has left before this. */
			conn->slots[DIRECTION_OUT].record.last_ns = bpf_ktime_get_ns();
		}
		return;
	}
	port = sock__listening_port(sk);
	if (!port)
		return;
	connection__of(sk);
	conn = connection__create(sk);
	if (!conn)
		return;
	/* The segment that establishes it was counted already. Data in it bypasses tcp_probe (TCP_DEFER_ACCEPT). */
	if (BPF_CORE_READ((struct tcp_sock *)sk, data_segs_in))
		conn->established_ns = bpf_ktime_get_ns();
	connection__set_role(conn, ROLE_SERVER);
}

#endif
