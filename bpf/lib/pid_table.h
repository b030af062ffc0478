/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_PID_TABLE_H
#define BEYLA_LIB_PID_TABLE_H

/*
 * A set of pids in an array map: each pid has two places and sits in one of them. A place holds pid (low half) or 0.
 * Places are whole 8-byte words written with plain stores. The first place is pid modulo 65536: where pid_max is no larger, nothing collides
 * and every place has one pid. Elsewhere two CPUs, or one and user space, might put two pids into one place at once, and there is no atomic operation
 * but add before 5.12: so a place is taken in the map `pid_owners` first, whose updates are atomic. A look-up needs nothing of that.
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

/* Whether the place is this pid's from now on. */
static __always_inline bool pid_table__take(__u32 index, __u32 pid)
{
	__u64 *place = bpf_map_lookup_elem(&pids, &index);
	__u32 *owner;

	if (!place)
		return false;
	if (pids_collide && bpf_map_update_elem(&pid_owners, &index, &pid, BPF_NOEXIST)) {
		owner = bpf_map_lookup_elem(&pid_owners, &index);
		if (!owner || *owner != pid)
			return false;
	}
	*place = pid;
	return true;
}

static __always_inline void pid_table__leave(__u32 index, __u32 pid)
{
	__u64 *place = bpf_map_lookup_elem(&pids, &index);

	if (!place || *place != pid)
		return;
	*place = PID_TOMBSTONE;
	if (pids_collide)
		bpf_map_delete_elem(&pid_owners, &index);
}

static __always_inline bool pid_table__add(__u32 pid)
{
	return pid_table__take(pid_table__first(pid), pid) ||
	       (pids_collide && pid_table__take(pid_table__second(pid), pid));
}

static __always_inline void pid_table__remove(__u32 pid)
{
	pid_table__leave(pid_table__first(pid), pid);
	if (pids_collide)
		pid_table__leave(pid_table__second(pid), pid);
}

#endif
