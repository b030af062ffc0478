/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_ENDING_H
#define BEYLA_LIB_ENDING_H

#define UNCLAIMED_INTERVAL_NS 100000000ULL

/* A connection to a selected port on which something was said to somebody else: who listens is looked for anew. */
static __always_inline void connection__unclaimed(struct connection *conn, const struct tcp_sock *tp)
{
	struct turn_record *about = &conn->slots[DIRECTION_IN].record;
	struct listen_record record = {
		.header = { .size = sizeof(record), .kind = RECORD_UNCLAIMED, .abi = BEYLA_ABI_VERSION },
		.ns = bpf_ktime_get_ns(),
		/* The socket itself has given its port back. */
		.netns = about->netns,
		.port = about->local_port,
		.family = about->family,
	};
	struct port_key key = { .netns = record.netns, .port = record.port };
	struct port_value *port;

	/* A FIN counts as one. */
	if (conn->role != ROLE_SERVER || conn->midstream || BPF_CORE_READ(tp, bytes_received) <= 1)
		return;
	count(COUNTER_UNCLAIMED);
	port = bpf_map_lookup_elem(&ports, &key);
	if (!port || record.ns - port->unclaimed_ns < UNCLAIMED_INTERVAL_NS)
		return;
	port->unclaimed_ns = record.ns;
	if (bpf_ringbuf_output(&lifecycle, &record, sizeof(record), 0))
		count(COUNTER_LIFECYCLE_LOST);
}

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

		record.header.flags = (conn->midstream ? RECORD_FLAG_MIDSTREAM : 0) | (conn->is_framed ? RECORD_FLAG_FRAME : 0) |
				      (conn->was_reset ? RECORD_FLAG_RESET : 0);

		turn__flush(conn);
		record.ends_lost = conn->ends_lost;
		if (bpf_ringbuf_output(&ring, &record, sizeof(record), emit__wakeup(sizeof(record))) &&
		    bpf_ringbuf_output(&lifecycle, &record, sizeof(record), 0))
			count(COUNTER_CLOSES_LOST);
	} else if (!conn->unfollowed) {
		connection__unclaimed(conn, (struct tcp_sock *)sock);
	}
	tap__connection_ends(conn);
	bpf_map_delete_elem(&connections, &sock);
	return 0;
}

/* The entry of a socket; one of an earlier connection at the same address ends here. */
static __always_inline struct connection *connection__of(struct sock *sk)
{
	struct connection *conn = connection__get(sk);

	if (!conn || !connection__is_of_another(conn, sk))
		return conn;
	connection__end(conn->slots[DIRECTION_IN].record.sock);
	return NULL;
}

static __always_inline void connection__ended(struct sock *sk)
{
	struct connection *conn = connection__get(sk);

	if (conn)
		connection__end(conn->slots[DIRECTION_IN].record.sock);
}

#endif
