/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_COUNTERS_H
#define BEYLA_LIB_COUNTERS_H

/* An atomic addition, because a program may be preempted by one that counts the same on its CPU. */
static __always_inline void count(enum counter which)
{
	__u32 index = which;
	__u64 *value = bpf_map_lookup_elem(&counters, &index);

	if (value)
		__sync_fetch_and_add(value, 1);
}

/* What was counted too early. */
static __always_inline void uncount(enum counter which)
{
	__u32 index = which;
	__u64 *value = bpf_map_lookup_elem(&counters, &index);

	if (value)
		__sync_fetch_and_add(value, -1);
}

#endif
