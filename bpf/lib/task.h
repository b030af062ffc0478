/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_TASK_H
#define BEYLA_LIB_TASK_H

/*
 * Process ids as the PID namespace of the library numbers them: what it reads in its /proc, selects, and gets in records. In the initial
 * namespace, the usual case, the verifier removes everything but the plain number.
 */

/* MAX_PID_NS_LEVEL (include/linux/pid_namespace.h) */
#define PID_LEVELS 32
/* enum pid_type (include/linux/pid_types.h), the same since 4.19 */
#define PIDTYPE_TGID 1

/* The number of a struct pid in the library's namespace; 0 where it is not visible there. Global: verified once. */
__noinline int pid__in_namespace(__u64 address)
{
	struct pid *pid = (struct pid *)address;
	__u32 level = BPF_CORE_READ(pid, level);
	__u64 numbers = address + bpf_core_field_offset(pid->numbers);

	for (__u32 i = 0; i < PID_LEVELS; i++) {
		struct upid *number = (struct upid *)(numbers + i * bpf_core_type_size(struct upid));

		if (i > level)
			break;
		if (BPF_CORE_READ(number, ns, ns.inum) == pid_namespace)
			return BPF_CORE_READ(number, nr);
	}
	return 0;
}

static __always_inline __u32 task__pid(struct task_struct *task)
{
	if (!pid_namespace)
		return BPF_CORE_READ(task, tgid);
	return pid__in_namespace((__u64)BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]));
}

static __always_inline __u32 current__pid(void)
{
	if (!pid_namespace)
		return bpf_get_current_pid_tgid() >> 32;
	return task__pid((struct task_struct *)bpf_get_current_task());
}

static __always_inline __u32 current__parent(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	return task__pid(BPF_CORE_READ(task, real_parent));
}

static __always_inline __u32 current__tid(void)
{
	struct task_struct *task;

	if (!pid_namespace)
		return (__u32)bpf_get_current_pid_tgid();
	task = (struct task_struct *)bpf_get_current_task();
	return pid__in_namespace((__u64)BPF_CORE_READ(task, thread_pid));
}

#endif
