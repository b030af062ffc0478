// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Tells user space at once when a selected process has loaded a library: only then can it be looked for taps before it is used.
 *
 * The dynamic loader calls an empty function, `_dl_debug_state`, for debuggers: glibc before it maps a library with all that it needs, and
 * again when they are mapped and nothing of them has run yet; musl between the two. Nothing else calls it after a program has begun.
 */
#include "prelude.h"

SEC("uprobe")
int loader_changed(struct pt_regs *ctx)
{
	__u32 pid = current__pid();

	if (pid_table__has(pid))
		emit__process(RECORD_LOADED, pid, 0, BPF_RB_FORCE_WAKEUP);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
