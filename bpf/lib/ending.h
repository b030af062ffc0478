/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_ENDING_H
#define BEYLA_LIB_ENDING_H

/* Nothing more will be said on this connection. Global, verified once: what is reported is written twice in places. */
__noinline int connection__end(__u64 sock)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);

	if (!conn)
		return 0;
	if (conn->claimed) {
		struct close_record record = {
			.header = { .size = sizeof(record), .kind = RECORD_CLOSE, .abi = BEYLA_ABI_VERSION },
			.connection = conn->id,
			.ns = bpf_ktime_get_ns(),
			.last_seq = connection__last_seq(conn),
			.last_stream = connection__last_stream(conn),
		};

		record.header.flags = (conn->midstream ? RECORD_FLAG_MIDSTREAM : 0) | (conn->is_framed ? RECORD_FLAG_FRAME : 0);

		turn__flush(conn);
		record.ends_lost = conn->ends_lost;
		if (bpf_ringbuf_output(&ring, &record, sizeof(record), emit__wakeup(sizeof(record))) &&
		    bpf_ringbuf_output(&lifecycle, &record, sizeof(record), 0))
			count(COUNTER_CLOSES_LOST);
	}
	tap__connection_ends(conn);
	bpf_map_delete_elem(&connections, &sock);
	return 0;
}

static __always_inline void connection__ended(struct sock *sk)
{
	struct connection *conn = connection__get(sk);

	if (conn)
		connection__end(conn->slots[DIRECTION_IN].record.sock);
}

#endif
