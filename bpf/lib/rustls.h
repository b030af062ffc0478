/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_RUSTLS_H
#define BEYLA_LIB_RUSTLS_H

/*
 * The tap in rustls. A Rust program moves its connections about in memory, and most of rustls is inlined; but the record ciphers of a
 * connection stay where they are, and are called through tables of functions, so that these functions exist in every program:
 *   MessageEncrypter::encrypt(out, cipher, message, number)    the plaintext of a record that will be sent
 *   MessageDecrypter::decrypt(out, cipher, message, number)    a record that was received, decrypted in place
 *
 * Whose socket a cipher is of is proven by the ciphertext: the last eight bytes of a record, the end of its authentication tag, are as
 * good as unique. Those of a record that an unknown cipher makes are looked for in what is written to sockets; those of records that
 * are read are kept until an unknown cipher is given one. No order of calls, thread or time is relied upon.
 *
 * A cipher numbers its records from 0. A number that is not the next one is that of another cipher at the same address.
 *
 * Programs of rustls.bpf.o, SEC("uprobe"), on any instruction where rdi, rsi, rdx and rcx still are the arguments:
 *   rustls_encrypt  rustls_decrypt
 * and on each RET of the same functions:
 *   rustls_encrypt_return  rustls_decrypt_return
 * Before they are attached, tap_runtimes needs an entry of kind TAP_RUNTIME_RUSTLS for each process, for the sockets' side.
 */

/* Records of one write that are looked at. */
#define RUSTLS_RECORDS 8
/* Calls that deliver what is due after a write. */
#define RUSTLS_DELIVERIES 32
/* Pieces of one plaintext. */
#define RUSTLS_PIECES 16
#define RUSTLS_PLAINTEXT_MAX 16384

/* Rust numbers the variants of rustls::ContentType as they are listed in its source. */
enum rustls_content {
	RUSTLS_HANDSHAKE = 2,
	RUSTLS_APPLICATION_DATA = 3,
	RUSTLS_CONTENT_MAX = 5,
	RUSTLS_DUE, /* a record that was application data and is written: the rest of it may be written later */
};

/* First byte of a handshake message after which a cipher is replaced. */
#define RUSTLS_KEY_UPDATE 24

/* rustls::OutboundPlainMessage as rustc lays it out: `chunks` is 0 where there is one piece, of `length` bytes at `at`. */
struct rustls_plaintext {
	__u64 chunks;
	union {
		__u64 at;
		__u64 pieces;
	};
	union {
		__u64 length;
		__u64 start;
	};
	__u64 end;
	__u8 content;
	__u8 pad0[7];
};

static __always_inline __u64 rustls__bytes(const struct rustls_plaintext *plaintext)
{
	return plaintext->chunks ? plaintext->end - plaintext->start : plaintext->length;
}

static __always_inline struct connection *rustls__connection(__u64 cipher, __u32 pid, __u64 number)
{
	struct tap_session_key key = { .session = cipher, .pid = pid };
	struct rustls_cipher *known = bpf_map_lookup_elem(&rustls_ciphers, &key);
	struct connection *conn;
	__u64 sock;

	if (!known)
		return NULL;
	sock = known->sock;
	conn = bpf_map_lookup_elem(&connections, &sock);
	if (!conn || conn->id != known->connection || known->next != number) {
		if (conn && conn->id == known->connection)
			conn->tls_settled = 0;
		bpf_map_delete_elem(&rustls_ciphers, &key);
		return NULL;
	}
	known->next = number + 1;
	return conn;
}

/* It was proven that this record of a cipher is of this connection. Global: its stack must not add to that of a delivery. */
__noinline int rustls__bind(__u64 sock, __u64 cipher, __u64 pid, __u64 number)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct tap_session_key key = { .session = cipher, .pid = pid };
	struct rustls_cipher value = { .sock = sock, .next = number + 1 };
	struct rustls_cipher *known = bpf_map_lookup_elem(&rustls_ciphers, &key);

	if (!conn)
		return 0;
	if (known && known->connection == conn->id) {
		if (known->next <= number)
			known->next = value.next;
		return 0;
	}
	/* What was said before is not known. */
	if (number)
		conn->midstream = 1;
	conn->tls_bound = 1;
	conn->tls_seen = 1;
	value.connection = conn->id;
	bpf_map_update_elem(&rustls_ciphers, &key, &value, BPF_ANY);
	return 0;
}

/* The program and the kernel agree whose data of this direction is, until the cipher is replaced. */
static __always_inline void rustls__settle(struct connection *conn, __u8 direction, bool settled)
{
	if (settled)
		conn->tls_settled |= 1 << direction;
	else
		conn->tls_settled &= ~(1 << direction);
}

static __always_inline void rustls__deliver(struct connection *conn, __u8 direction, __u64 base, __u64 kind, __u64 bytes)
{
	if (!bytes)
		return;
	if (direction == DIRECTION_OUT)
		tap__begin_write(conn);
	rustls__settle(conn, direction, true);
	tap__deliver(conn, direction, base, kind, bytes);
}

/* The same, global: verified once. */
__noinline int rustls__data(__u64 sock, __u64 kind_and_direction, __u64 base, __u64 bytes)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);

	if (conn)
		rustls__deliver(conn, kind_and_direction >> 8 & 1, base, kind_and_direction & 0xff, bytes);
	return 0;
}

/* Pieces as the program handed them over. */
static __always_inline void rustls__pieces(__u64 sock, const struct rustls_plaintext *plaintext)
{
	__u64 at = plaintext->chunks;
	__u64 skipped = plaintext->start;
	__u64 left = rustls__bytes(plaintext);

	for (__u32 i = 0; i < RUSTLS_PIECES && left; i++) {
		struct user_iovec piece = {};

		if (i >= plaintext->pieces)
			break;
		bpf_probe_read_user(&piece, sizeof(piece), (void *)(at + i * sizeof(piece)));
		if (piece.length <= skipped) {
			skipped -= piece.length;
			continue;
		}
		piece.base += skipped;
		piece.length -= skipped;
		skipped = 0;
		if (piece.length > left)
			piece.length = left;
		rustls__data(sock, IO_BUFFER | DIRECTION_OUT << 8, piece.base, piece.length);
		left -= piece.length;
	}
	if (left)
		rustls__data(sock, IO_NONE | DIRECTION_OUT << 8, 0, left);
}

static __always_inline bool rustls__is_same(const struct rustls_held *held)
{
	for (__u32 i = 0; i < RUSTLS_COMPARED / 8; i++) {
		__u64 now = 0;

		if ((i + 1) * sizeof(now) > held->length)
			break;
		if (bpf_probe_read_user(&now, sizeof(now), (void *)(held->base + i * sizeof(now))) || now != held->head[i])
			return false;
	}
	return true;
}

static __always_inline bool rustls__is_here(const struct rustls_record *record)
{
	__u64 bytes = 0;

	for (int i = 0; i < RUSTLS_HELD; i++) {
		if (!rustls__is_same(&record->held[i]))
			return false;
		bytes += record->held[i].length;
	}
	return bytes == record->bytes;
}

static __always_inline void rustls__is_due(struct connection *conn, struct rustls_record *record, __u64 tag)
{
	__u64 last = conn->tls_due_last;
	struct rustls_record *before = conn->tls_due ? bpf_map_lookup_elem(&rustls_records, &last) : NULL;

	if (before)
		before->next = tag;
	else
		conn->tls_due = tag;
	conn->tls_due_last = tag;
}

/*
 * Some bytes that are written to a socket are the end of a record: of the cipher whose they are. Its plaintext could not be reported when
 * it was encrypted; it is now, if the same thread is still at it and the bytes are still there.
 */
__noinline int rustls__written(__u64 sock, __u64 end_of_record)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct rustls_record *record;
	__u64 tag = 0;

	if (bpf_probe_read_user(&tag, sizeof(tag), (void *)(end_of_record - TAP_TAG_PART)))
		return 0;
	record = bpf_map_lookup_elem(&rustls_records, &tag);
	if (!conn || !record || record->pid != current__pid())
		return 0;
	rustls__bind(sock, record->cipher, record->pid, record->number);
	if (record->content != RUSTLS_APPLICATION_DATA) {
		bpf_map_delete_elem(&rustls_records, &tag);
		return 0;
	}
	if (record->tid != current__tid() || !rustls__is_here(record)) {
		count(COUNTER_TAP_UNBOUND);
		conn->midstream = 1;
		record->held[0].base = 0;
		record->held[0].length = record->bytes;
		record->delivered = RUSTLS_HELD - 1;
	}
	record->content = RUSTLS_DUE;
	rustls__is_due(conn, record, tag);
	return 0;
}

/* Delivers the next piece of what is due. Called by the program itself, one by one: in deeper calls the stack would not do. */
__noinline int rustls__deliver_due(__u64 sock)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct rustls_record *record;
	struct rustls_held *held;
	__u64 tag;

	if (!conn)
		return 0;
	tag = conn->tls_due;
	record = bpf_map_lookup_elem(&rustls_records, &tag);
	if (!record) {
		conn->tls_due = 0;
		return 0;
	}
	/* The last piece stands for a plaintext that is gone. */
	held = &record->held[record->delivered & (RUSTLS_HELD - 1)];
	if (!record->held[0].base)
		held = &record->held[0];
	record->delivered += 1;
	if (record->delivered >= RUSTLS_HELD)
		conn->tls_due = record->next;
	rustls__deliver(conn, DIRECTION_OUT, held->base, held->base ? IO_BUFFER : IO_NONE, held->length);
	return 0;
}

/* rustls hands over its records one by one, or as a vector of them. */
__noinline int rustls__socket_wrote(__u64 sock, __u64 base, __u64 kind, __u64 bytes)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	__u64 left = bytes;

	if (!conn || !rustls__proves(conn, DIRECTION_OUT, current__pid()))
		return 0;
	if (kind == IO_BUFFER)
		rustls__written(sock, base + bytes);
	for (int i = 0; i < RUSTLS_RECORDS && kind == IO_VECTOR; i++) {
		struct user_iovec segment = {};

		bpf_probe_read_user(&segment, sizeof(segment), (void *)(base + i * sizeof(segment)));
		if (segment.length > TAP_TAG_PART)
			rustls__written(sock, segment.base + segment.length);
		if (segment.length >= left)
			break;
		left -= segment.length;
	}
	return 0;
}

#endif
