/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_PID_TABLE_H
#define BEYLA_LIB_PID_TABLE_H

/*
 * A set of pids in an array map: each pid has two places and sits in one of them. A place holds pid (low half) or 0.
 * Places are whole 8-byte words written with plain stores, so kernel and user space need no lock and no atomic
 * operation (5.10 has none but add). The first place is pid modulo 65536: with the usual pid_max of 32768 nothing collides.
 */

/*
 * Clearing a first place while another pid sits in its second one would hide that pid, so a cleared first place keeps a
 * tombstone: a value no pid has.
 */
#define PID_TOMBSTONE (1ULL << 32)

static __always_inline __u32 pid_table__first(__u32 pid)
{
	return pid & (PID_TABLE_SIZE - 1);
}

static __always_inline __u32 pid_table__second(__u32 pid)
{
	return ((pid * 0x9E3779B1u) >> 16) & (PID_TABLE_SIZE - 1);
}

static __always_inline bool pid_table__has(__u32 pid)
{
	__u32 index = pid_table__first(pid);
	__u64 *place = bpf_map_lookup_elem(&pids, &index);

	if (!place || *place == 0)
		return false;
	if (*place == pid)
		return true;
	index = pid_table__second(pid);
	place = bpf_map_lookup_elem(&pids, &index);
	return place && *place == pid;
}

static __always_inline bool pid_table__add(__u32 pid)
{
	__u32 index = pid_table__first(pid);
	__u64 *place = bpf_map_lookup_elem(&pids, &index);

	if (place && (*place == 0 || *place == PID_TOMBSTONE || *place == pid)) {
		*place = pid;
		return true;
	}
	index = pid_table__second(pid);
	place = bpf_map_lookup_elem(&pids, &index);
	if (place && (*place == 0 || *place == PID_TOMBSTONE || *place == pid)) {
		*place = pid;
		return true;
	}
	return false;
}

static __always_inline void pid_table__remove(__u32 pid)
{
	__u32 index = pid_table__first(pid);
	__u64 *place = bpf_map_lookup_elem(&pids, &index);

	if (place && *place == pid)
		*place = PID_TOMBSTONE;
	index = pid_table__second(pid);
	place = bpf_map_lookup_elem(&pids, &index);
	if (place && *place == pid)
		*place = PID_TOMBSTONE;
}

#endif
