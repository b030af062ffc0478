/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_SPLICE_H
#define BEYLA_LIB_SPLICE_H

/*
 * Bytes were read from a socket that no hook has seen, perhaps by splice(2). User space is told once for each connection, and then loads
 * splice.bpf.o, which costs something at every read of the machine and so is not there before.
 */
__noinline int splice__wanted(__u64 sock)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);

	if (!conn || conn->told_unseen)
		return 0;
	conn->told_unseen = 1;
	emit__process(RECORD_UNSEEN, current__pid(), 0, BPF_RB_FORCE_WAKEUP);
	return 0;
}

#endif
