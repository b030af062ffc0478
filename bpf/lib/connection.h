/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_CONNECTION_H
#define BEYLA_LIB_CONNECTION_H

static __always_inline __u32 sock__netns(struct sock *sk)
{
#ifdef SOCK_IS_WALKED
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
#else
	return sk->__sk_common.skc_net.net->ns.inum;
#endif
}

static __always_inline __u16 sock__local_port(struct sock *sk)
{
	return SOCK_READ(sk, __sk_common.skc_num);
}

static __always_inline bool sock__is_tcp(struct sock *sk)
{
	__u16 family = SOCK_READ(sk, __sk_common.skc_family);

	return (family == AF_INET || family == AF_INET6) && SOCK_READ(sk, sk_protocol) == IPPROTO_TCP;
}

/*
 * Whether a TCP socket carries a part of a connection of Multipath TCP. The program has another socket for that, which is not TCP, so none of its
 * calls is ever seen on this one.
 */
static __always_inline bool sock__is_subflow(struct sock *sk)
{
	struct tcp_sock *tp = TCP_SOCK(sk);

	return tp && bpf_core_field_exists(tp->is_mptcp) && SOCK_READ(tp, is_mptcp);
}

static __always_inline struct port_value *sock__listening_port(struct sock *sk)
{
	struct port_key key = { .netns = sock__netns(sk), .port = sock__local_port(sk) };

	return bpf_map_lookup_elem(&ports, &key);
}

/*
 * Whether the entry is of an earlier connection, whose socket was at the same address: its death was not seen. (Nothing is told to anybody
 * for some milliseconds while another program attaches itself to, or leaves, the same tracepoint.) A socket that is closed has no port.
 */
static __always_inline bool connection__is_of_another(const struct connection *conn, struct sock *sk)
{
	__u32 ports = SOCK_READ(sk, __sk_common.skc_portpair);

	return ports != conn->ports && (__u16)ports && ports >> 16 && (__u16)conn->ports && conn->ports >> 16;
}

static __always_inline struct connection *connection__get(struct sock *sk)
{
	__u64 key = (__u64)sk;

	return bpf_map_lookup_elem(&connections, &key);
}

/*
 * Ids are numbered by each CPU for itself: number << CONNECTION_CPU_BITS | CPU. That is below 2^53, so exact in a JavaScript number, for 34
 * years of 1,000 new connections a second on a CPU, and there are no more CPUs than 8192 on x86.
 */
#define CONNECTION_CPU_BITS 13
/* Only what interrupts this program on its CPU can come between, and not time and again. */
#define CONNECTION_ID_TRIES 8

/*
 * 5.10 has no atomic operation that returns a value. The number counted to is ours alone if it is the one after what was there before: it grows
 * by single steps, and of all that saw it at the one and then at the other, one made the step and another would have seen two. 0 when
 * there is none, which cannot happen.
 */
__noinline __u64 connection__new_id(void)
{
	__u32 zero = 0;
	volatile __u64 *last = bpf_map_lookup_elem(&connection_ids, &zero);
	__u64 number;

	if (!last)
		return 0;
	for (int i = 0; i < CONNECTION_ID_TRIES; i++) {
		number = *last + 1;
		__sync_fetch_and_add(last, 1);
		if (*last == number)
			return number << CONNECTION_CPU_BITS |
			       (bpf_get_smp_processor_id() & ((1 << CONNECTION_CPU_BITS) - 1));
	}
	return 0;
}

static __always_inline void connection__address(struct turn_record *record, struct sock *sk)
{
	__be32 local;
	__be32 remote;

	record->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	record->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	record->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (record->family == AF_INET6) {
		BPF_CORE_READ_INTO(&record->local_address, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&record->remote_address, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
		return;
	}
	record->local_address[10] = 0xff;
	record->local_address[11] = 0xff;
	record->remote_address[10] = 0xff;
	record->remote_address[11] = 0xff;
	local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	__builtin_memcpy(&record->local_address[12], &local, sizeof(local));
	__builtin_memcpy(&record->remote_address[12], &remote, sizeof(remote));
}

static __always_inline void connection__addresses(struct connection *conn, struct sock *sk)
{
	conn->ports = BPF_CORE_READ(sk, __sk_common.skc_portpair);
	connection__address(&conn->slots[DIRECTION_IN].record, sk);
	connection__address(&conn->slots[DIRECTION_OUT].record, sk);
}

static __always_inline void connection__set_role(struct connection *conn, enum role role)
{
	conn->role = role;
	conn->slots[DIRECTION_IN].record.role = role;
	conn->slots[DIRECTION_OUT].record.role = role;
	conn->request_direction = role == ROLE_CLIENT ? DIRECTION_OUT : DIRECTION_IN;
}

static __always_inline void connection__init_record(struct turn_record *record, struct connection *conn, __u64 key,
						    __u32 netns, __u8 direction)
{
	record->header.kind = RECORD_TURN;
	record->header.abi = BEYLA_ABI_VERSION;
	record->connection = conn->id;
	record->sock = key;
	record->netns = netns;
	record->direction = direction;
}

/* Admits a socket. What was said until now is not accounted for; the caller corrects that for the bytes of the present call. */
static __always_inline struct connection *connection__create(struct sock *sk)
{
	__u64 key = (__u64)sk;
	__u32 zero = 0;
	struct connection *template = bpf_map_lookup_elem(&connection_template, &zero);
	struct connection *conn;
	__u32 netns;

	if (!template)
		return NULL;
	if (bpf_map_update_elem(&connections, &key, template, BPF_NOEXIST)) {
		/* Who says something on it will be counted. */
		return bpf_map_lookup_elem(&connections, &key);
	}
	conn = bpf_map_lookup_elem(&connections, &key);
	if (!conn)
		return NULL;
	count(COUNTER_CONNECTIONS);
	netns = sock__netns(sk);
	conn->id = connection__new_id();
	sequence__catch_up(conn, sk);
	connection__init_record(&conn->slots[DIRECTION_IN].record, conn, key, netns, DIRECTION_IN);
	connection__init_record(&conn->slots[DIRECTION_OUT].record, conn, key, netns, DIRECTION_OUT);
	connection__addresses(conn, sk);
	return conn;
}

/*
 * Whether a connection was new when a call began that has just read or sent so many bytes: TCP counts what was received and sent on it, a FIN
 * that it received for one.
 */
static __always_inline bool sock__was_unused(struct sock *sk, __u64 read, __u64 sent)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	__u32 unread = BPF_CORE_READ(tp, rcv_nxt) - BPF_CORE_READ(tp, copied_seq);

	return BPF_CORE_READ(tp, bytes_received) - unread - read <= 1 && BPF_CORE_READ(tp, bytes_sent) <= sent;
}

/*
 * A connection whose beginning was not seen: it is older than the tracer, or its beginning came while the program that notes it was interrupted.
 * Who speaks first is known only if its local port is a listening one; if it was not used yet, nothing is missing.
 */
static __always_inline struct connection *connection__create_unseen(struct sock *sk, const struct port_value *port, __u64 read,
								    __u64 sent)
{
	struct connection *conn = connection__create(sk);

	if (!conn)
		return NULL;
	conn->midstream = !port || !sock__was_unused(sk, read, sent);
	if (port)
		connection__set_role(conn, ROLE_SERVER);
	return conn;
}

static __always_inline bool connection__is_stream(const struct connection *conn)
{
	return conn->slots[DIRECTION_IN].record.header.kind == RECORD_CHUNK;
}

/* How many turns and chunks it has had. */
static __always_inline __u32 connection__last_seq(const struct connection *conn)
{
	if (!connection__is_stream(conn))
		return conn->seq;
	return conn->chunk_seq[DIRECTION_IN] + conn->chunk_seq[DIRECTION_OUT] - conn->stream_seq;
}

/* The highest id of its requests, as far as the frames of either direction tell. */
static __always_inline __u32 connection__last_stream(const struct connection *conn)
{
	__u32 in = conn->walks[DIRECTION_IN].last_stream;
	__u32 out = conn->walks[DIRECTION_OUT].last_stream;

	return in > out ? in : out;
}

static __always_inline __u32 verdict__index(__u64 id)
{
	return (id ^ id >> 13) & (VERDICT_TABLE_SIZE - 1);
}

static __always_inline enum verdict connection__verdict(struct connection *conn)
{
	__u32 index = verdict__index(conn->id);
	__u64 *place = bpf_map_lookup_elem(&verdicts, &index);

	if (place && *place >> 2 == conn->id) {
		__u8 verdict = *place & 3;

		/* Taken once: the kernel changes to stream mode by itself, too, and an old verdict must not undo that. */
		*place = 0;
		conn->wants_turns = verdict == VERDICT_TURNS && connection__is_stream(conn);
		if (!conn->wants_turns)
			conn->verdict = verdict;
	}
	return conn->verdict;
}

#endif
