/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_MAPS_H
#define BEYLA_MAPS_H

/* Every map with its life story. Sizes marked (loader) are replaced before load. */

/*
 * connections: key is the address of struct sock. Inserted when a selected process connects, when a handshake on a listening
 * port of one completes, when a segment for such a port arrives on a connection older than the tracer, or at the first
 * I/O of a selected process. Removed in tcp_destroy_sock. Preallocated (tracing programs on 5.10 need that); full = counted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096); /* (loader) */
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

/* One zeroed connection: too big for the stack. Never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connection);
} connection_template SEC(".maps");

/*
 * pids: the selected processes, two candidate places per pid (pid_table.h). Written by user space on selection, by
 * sched_process_fork for children; cleared by sched_process_exit and user space. An array, because its look-up is inlined.
 */
#define PID_TABLE_SIZE 65536
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PID_TABLE_SIZE);
	__type(key, __u32);
	__type(value, __u64);
} pids SEC(".maps");

/* ports: listening ports of selected processes. Written by inet_sock_set_state and user space; removed by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct port_key);
	__type(value, struct port_value);
} ports SEC(".maps");

/*
 * verdicts: what user space wants of a connection, at verdict__index(id): id << 2 | enum verdict. A connection copies its verdict
 * when it sees it, so a later collision does no harm; one before that delays the verdict until user space repeats it.
 */
#define VERDICT_TABLE_SIZE 8192
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VERDICT_TABLE_SIZE);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

/* counters: index enum counter. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_MAX);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* ring: turns, chunks, closes. Drained on a timer and when wakeup_bytes is crossed. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20); /* (loader) */
} ring SEC(".maps");

/* lifecycle: exec, fork, exit, listen. A ring of its own, so that a storm of processes cannot push out turns. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 128 << 10);
} lifecycle SEC(".maps");

#endif
