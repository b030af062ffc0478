/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_SELECTION_H
#define BEYLA_LIB_SELECTION_H

/*
 * Processes that the kernel selects by itself, because user space would be told too late: it has decided before that whoever executes a certain
 * file, or listens on a certain port, is selected, whatever else may be true of the process. It is told, and confirms the choice or takes it back.
 */

/* The top bit says that somebody has asked for the time (I_CTIME_QUERIED, since 6.13). */
#define CHANGED_NS_MASK 0x7fffffff

static __always_inline void executable__changed(struct executable_key *key, struct inode *inode)
{
	struct inode___6_5 *until_6_5 = (struct inode___6_5 *)inode;
	struct inode___6_10 *until_6_10 = (struct inode___6_10 *)inode;
	struct inode___6_11 *since = (struct inode___6_11 *)inode;

	if (bpf_core_field_exists(since->i_ctime_sec)) {
		key->changed_s = BPF_CORE_READ(since, i_ctime_sec);
		key->changed_ns = BPF_CORE_READ(since, i_ctime_nsec) & CHANGED_NS_MASK;
	} else if (bpf_core_field_exists(until_6_10->__i_ctime)) {
		key->changed_s = BPF_CORE_READ(until_6_10, __i_ctime.tv_sec);
		key->changed_ns = BPF_CORE_READ(until_6_10, __i_ctime.tv_nsec);
	} else if (bpf_core_field_exists(until_6_5->i_ctime)) {
		key->changed_s = BPF_CORE_READ(until_6_5, i_ctime.tv_sec);
		key->changed_ns = BPF_CORE_READ(until_6_5, i_ctime.tv_nsec);
	}
}

/* The file that /proc/PID/exe leads to; NULL for a kernel thread. */
static __always_inline struct file *task__executable(struct task_struct *task)
{
	return BPF_CORE_READ(task, mm, exe_file);
}

static __always_inline void executable__name(struct executable_key *key, struct file *file)
{
	const unsigned char *name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	__u32 length = BPF_CORE_READ(file, f_path.dentry, d_name.len);
	__u64 begins[2] = {};

	bpf_probe_read_kernel_str(begins, sizeof(begins), name);
	key->name_begins = begins[0];
	if (length > sizeof(key->name_ends))
		bpf_probe_read_kernel(&key->name_ends, sizeof(key->name_ends), name + length - sizeof(key->name_ends));
}

static __always_inline void executable__identify(struct executable_key *key, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	if (!inode)
		return;
	key->inode = BPF_CORE_READ(inode, i_ino);
	key->device = BPF_CORE_READ(inode, i_sb, s_dev);
	executable__changed(key, inode);
	executable__name(key, file);
}

static __always_inline __u32 executable__flags(const struct executable_key *key)
{
	__u32 *flags = bpf_map_lookup_elem(&executables, key);

	return flags ? *flags : 0;
}

/* Programs that hold listening sockets for others are never selected by a port alone (packages/core/src/processes/selector.ts). */
static __always_inline bool executable__holds_ports(struct file *file)
{
	__u64 name[2] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(file, f_path.dentry, d_name.name));
	/* "systemd", "init", "docker-proxy", "rootlessport" */
	return (name[0] == 0x00646d6574737973 && !name[1]) || (name[0] == 0x0000000074696e69 && !name[1]) ||
	       (name[0] == 0x702d72656b636f64 && name[1] == 0x0000000079786f72) ||
	       (name[0] == 0x7373656c746f6f72 && name[1] == 0x0000000074726f70);
}

static __always_inline bool port__selects(__u16 port)
{
	__u32 index = port >> 6;
	__u64 *bits = bpf_map_lookup_elem(&selecting_ports, &index);

	return bits && *bits >> (port & 63) & 1;
}

static __always_inline bool selection__add(__u32 pid)
{
	if (pid_table__add(pid))
		return true;
	count(COUNTER_PIDS_FULL);
	return false;
}

/* Whether a process that executes a file was selected by that. */
static __always_inline bool selection__by_executable(__u32 pid, __u32 flags)
{
	__u32 zero = 0;
	struct selection_rules *rules = bpf_map_lookup_elem(&selection, &zero);

	return rules && pid && flags & EXECUTABLE_SELECTED && pid != rules->own_pid && selection__add(pid);
}

/* Whether the current process, which begins to listen, was selected by that. */
static __always_inline bool selection__by_port(__u32 pid, __u16 port)
{
	__u32 zero = 0;
	struct selection_rules *rules = bpf_map_lookup_elem(&selection, &zero);
	struct executable_key key = {};
	struct file *file;

	if (!rules || !pid || pid == rules->own_pid || !port__selects(port))
		return false;
	file = task__executable((struct task_struct *)bpf_get_current_task());
	if (!file)
		return false;
	if (rules->any_by_port)
		return !executable__holds_ports(file) && selection__add(pid);
	executable__identify(&key, file);
	return executable__flags(&key) & EXECUTABLE_BY_PORT && selection__add(pid);
}

#endif
