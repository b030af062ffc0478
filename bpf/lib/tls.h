/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_TLS_H
#define BEYLA_LIB_TLS_H

/*
 * What a socket tells of its TLS without a key: that it is TLS, and when the ciphertext came and left. Ciphertext itself is never reported.
 *
 * A program reads ciphertext earlier than its tap has plaintext of it, so the times are kept for the tap: when the first application data
 * that no tap has received yet arrived and was read. Where records begin is followed by their headers, because a part of a record has
 * no plaintext yet, and the last message of a handshake looks like application data but never has any.
 */

#define TLS_HEADER 5
/* Records of one call whose headers are looked at; after more of them it is not known where the next one begins. */
#define TLS_RECORDS 16

enum {
	TLS_CHANGE_CIPHER_SPEC = 0x14,
	TLS_HANDSHAKE = 0x16,
	TLS_APPLICATION_DATA = 0x17,
	TLS_CLIENT_HELLO = 1,
};

/* Beside the kind of a buffer: tap__read() is to know of every record in it. */
#define TLS_NOTES_RECORDS 0x100
/* The same from a record on that may be a KeyUpdate (TLS 1.3): those after it need other keys. */
#define TLS_NOTES_AFTER_UPDATE 0x200
/* A header, a message of 5 bytes, its type and a tag. */
#define TLS_KEY_UPDATE_SIZE (TLS_HEADER + 5 + 1 + 16)

__noinline int tap__read(__u64 sock, __u64 end_of_record);

/* Bytes of a record, header included; 0 where this is no header of one. The first byte is the lowest. */
static __always_inline __u32 tls__record_size(__u64 header)
{
	__u8 type = header;

	if (type < TLS_CHANGE_CIPHER_SPEC || type > TLS_APPLICATION_DATA || (header >> 8 & 0xff) != 3 || (header >> 16 & 0xff) > 4)
		return 0;
	return TLS_HEADER + (header >> 24 & 0xff) * 256 + (header >> 32 & 0xff);
}

/* TLS begins with a handshake; on a connection that is older than the tracer it may be at any point. */
static __always_inline bool tls__may_begin(const struct connection *conn, __u8 type)
{
	return type == TLS_HANDSHAKE || (conn->midstream && type >= TLS_CHANGE_CIPHER_SPEC && type <= TLS_APPLICATION_DATA);
}

static __always_inline bool tls__begins(const struct connection *conn, const struct slot *slot)
{
	return tls__may_begin(conn, slot->prefix[0]) && slot->record.captured >= 3 && slot->prefix[1] == 3 && slot->prefix[2] <= 4 &&
	       !conn->tls;
}

/* The last 8 bytes of a ClientHello's random: behind the headers of record and message, a version and 24 more of it. */
#define TLS_RANDOM_END 35
#define TLS_RANDOM_PART 8
/* Each ClientHello is looked for in so many sessions, until it is known where they keep it. */
#define TLS_TICKETS 8

/*
 * ClientHellos are noted by process: on one host both ends may have the same one, and proxies between them. Numbers of processes are far shorter
 * than a random.
 */
static __always_inline __u64 tls__hello_key(__u64 random, __u32 pid)
{
	return random ^ ((__u64)pid << 32 | pid);
}

/*
 * A process sends a ClientHello that it has read on another connection: it passes on what others say to each other, such as a proxy
 * that was asked to CONNECT. No plaintext of either connection is in it.
 */
static __always_inline bool tls__is_passed_on(struct connection *conn, const struct tap_hello *hello)
{
	struct connection *origin;
	__u64 sock;

	if (!hello || !hello->was_read || hello->connection == conn->id)
		return false;
	sock = hello->sock;
	origin = bpf_map_lookup_elem(&connections, &sock);
	if (origin && origin->id == hello->connection)
		origin->tls_passed_on = 1;
	return true;
}

/* Nothing else has these bytes: whose memory has them, has this connection (lib/tap.h). */
static __always_inline void tls__note_hello(struct connection *conn, __u64 random, bool is_read)
{
	__u32 pid = current__pid();
	struct tap_hello hello = {
		.sock = conn->slots[DIRECTION_IN].record.sock,
		.connection = conn->id,
		.was_read = is_read,
	};
	__u64 key = tls__hello_key(random, pid);
	struct tap_layout fresh = { .tickets = TLS_TICKETS };
	struct tap_layout *layout;

	if (!is_read && random && tls__is_passed_on(conn, bpf_map_lookup_elem(&tap_hellos, &key))) {
		conn->tls_passed_on = 1;
		return;
	}
	conn->tls_random = random && !bpf_map_update_elem(&tap_hellos, &key, &hello, BPF_ANY);
	layout = bpf_map_lookup_elem(&tap_layouts, &pid);
	if (layout)
		layout->tickets = TLS_TICKETS;
	else
		bpf_map_update_elem(&tap_layouts, &pid, &fresh, BPF_NOEXIST);
}

static __always_inline void tls__give_turn_back(struct connection *conn, struct slot *slot)
{
	conn->seq -= 1;
	slot->record.seq = 0;
	uncount(COUNTER_TURNS);
}

/* The turn that has just begun is ciphertext: as if it had not been. Global, verified once. */
__noinline int tls__begin(__u64 sock, __u64 direction)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct slot *slot;

	if (!conn)
		return 0;
	slot = connection__slot(conn, direction);
	conn->tls = 1;
	conn->tls_hello = slot->prefix[0] == TLS_HANDSHAKE && slot->record.captured == TLS_HEADER;
	if (slot->prefix[0] == TLS_HANDSHAKE && slot->record.captured >= TLS_RANDOM_END + TLS_RANDOM_PART &&
	    slot->prefix[TLS_HEADER] == TLS_CLIENT_HELLO) {
		__u64 random;

		__builtin_memcpy(&random, &slot->prefix[TLS_RANDOM_END], sizeof(random));
		tls__note_hello(conn, random, !(direction & 1));
	}
	conn->awaited[DIRECTION_IN] = 0;
	conn->awaited[DIRECTION_OUT] = 0;
	/* What came before, such as the CONNECT that opened a tunnel, is not of this stream of plaintext. */
	conn->stream_bytes[DIRECTION_IN] = 0;
	conn->stream_bytes[DIRECTION_OUT] = 0;
	if (!(direction & 1)) {
		conn->tls_arrived_ns = slot->record.arrived_ns;
		/* Their answer was seen before our write returned, which was ciphertext, too. */
		if (conn->owed && conn->slots[DIRECTION_OUT].record.seq)
			tls__give_turn_back(conn, &conn->slots[DIRECTION_OUT]);
	}
	conn->owed = 0;
	/* A head of fewer than 3 bytes is out already, and with it the number. */
	if (conn->head_reported && direction != conn->request_direction)
		slot->record.seq = 0;
	else
		tls__give_turn_back(conn, slot);
	return 0;
}

/* OpenSSL reads the header of a record for itself, so the rest of a ClientHello comes with the next read. */
static __always_inline void tls__hello_goes_on(struct connection *conn, __u64 base, __u64 bytes)
{
	__u64 random = 0;
	__u8 type = 0;

	conn->tls_hello = 0;
	if (bytes < TLS_RANDOM_END - TLS_HEADER + TLS_RANDOM_PART || bpf_probe_read_user(&type, sizeof(type), (void *)base))
		return;
	if (type == TLS_CLIENT_HELLO &&
	    !bpf_probe_read_user(&random, sizeof(random), (void *)(base + TLS_RANDOM_END - TLS_HEADER)))
		tls__note_hello(conn, random, true);
}

/*
 * Ciphertext was read. Where nothing arrived into an empty socket since the last read, its arrival is that of what was read then, as long
 * as that read left some of it.
 */
__noinline int tls__received(__u64 sock, __u64 base, __u64 kind, __u64 bytes)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct tcp_sock *tp = (struct tcp_sock *)sock;
	__u64 at = base;
	__u64 left = bytes;
	__u64 arrived;
	bool notes_later = kind & TLS_NOTES_AFTER_UPDATE;
	bool notes = kind & TLS_NOTES_RECORDS;
	__u32 record_left;

	if (!conn)
		return 0;
	kind &= 0xff;
	arrived = arrival__take(conn, BPF_CORE_READ(tp, copied_seq));
	if (arrived || conn->tls_drained)
		conn->tls_arrived_ns = arrived;
	conn->tls_read_ns = bpf_ktime_get_ns();
	conn->tls_drained = BPF_CORE_READ(tp, rcv_nxt) == BPF_CORE_READ(tp, copied_seq);
	if (kind == IO_VECTOR) {
		struct user_iovec segment = {};

		bpf_probe_read_user(&segment, sizeof(segment), (void *)base);
		if (segment.length >= bytes)
			kind = IO_BUFFER;
		at = segment.base;
	}
	if (kind != IO_BUFFER) {
		conn->tls_unsure = 1;
		conn->tls_data = 1;
		return 0;
	}
	if (conn->tls_hello && bytes != TLS_HEADER)
		tls__hello_goes_on(conn, at, bytes);
	record_left = conn->tls_unsure ? 0 : conn->tls_record_left;
	if (!record_left && bytes == TLS_HEADER)
		conn->tls_inside = 1;
	for (int i = 0; i < TLS_RECORDS; i++) {
		__u64 header = 0;

		if (notes && record_left && record_left <= left)
			tap__read(sock, at + record_left);
		if (record_left >= left) {
			record_left -= left;
			left = 0;
			break;
		}
		at += record_left;
		left -= record_left;
		record_left = 0;
		if (left < TLS_HEADER)
			break;
		bpf_probe_read_user(&header, TLS_HEADER, (void *)at);
		record_left = tls__record_size(header);
		if (!record_left)
			break;
		if (notes_later && record_left == TLS_KEY_UPDATE_SIZE)
			notes = true;
		if ((header & 0xff) == TLS_APPLICATION_DATA)
			conn->tls_data = 1;
		if ((header & 0xff) == TLS_APPLICATION_DATA && !conn->tls_first_read_ns) {
			conn->tls_first_arrived_ns = conn->tls_arrived_ns;
			conn->tls_first_read_ns = conn->tls_read_ns;
		}
	}
	conn->tls_unsure = left != 0;
	conn->tls_record_left = record_left;
	return 0;
}

/* The program asked for plaintext and whole records were read, but there was none: they were of the handshake. */
static __always_inline void tls__nothing_received(struct connection *conn)
{
	if (conn->tls_unsure || !conn->tls_record_left)
		conn->tls_first_read_ns = 0;
}

/* When plaintext that a tap receives now arrived as ciphertext, and was read. */
static __always_inline void tls__stamp(struct connection *conn, struct turn_record *record)
{
	if (conn->tls_first_read_ns) {
		record->arrived_ns = conn->tls_first_arrived_ns;
		record->first_ns = conn->tls_first_read_ns;
	} else if (conn->tls_read_ns) {
		record->arrived_ns = conn->tls_arrived_ns;
		record->first_ns = conn->tls_read_ns;
	}
}

#endif
