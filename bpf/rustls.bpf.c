// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The tap in rustls, see lib/rustls.h. */
#include "prelude.h"

enum {
	CALL_ENCRYPT = 1,
	CALL_DECRYPT = 2,
};

/* Result<OutboundOpaqueMessage>: a vector of bytes, 5 of them for the record's header. */
struct encrypted {
	__u64 tag;
	__u64 capacity;
	__u64 at;
	__u64 length;
};

/* Result<InboundPlainMessage>: numbered as the variants of rustls::Error are, and success after all of them. */
struct decrypted {
	__u8 variant;
	__u8 pad1[7];
	__u64 at;
	__u64 length;
	__u8 content;
	__u8 pad0[7];
};

/* No error that decrypting has is numbered so high. */
#define SUCCESS_MIN 0x12
/* TLS 1.2 with AES-GCM has a part of the nonce in front of the plaintext; aws-lc-rs leaves it there. */
#define NONCE_SIZE 8

static __always_inline struct rustls_record *begin_call(__u64 thread, struct pt_regs *ctx, __u32 pid, __u32 kind)
{
	__u32 zero = 0;
	struct rustls_record *blank = bpf_map_lookup_elem(&rustls_blank, &zero);
	struct rustls_record *call;

	if (!blank || bpf_map_update_elem(&rustls_calls, &thread, blank, BPF_ANY))
		return NULL;
	call = bpf_map_lookup_elem(&rustls_calls, &thread);
	if (!call)
		return NULL;
	call->out = ctx->di;
	call->cipher = ctx->si;
	call->number = ctx->cx;
	call->pid = pid;
	call->tid = current__tid();
	call->kind = kind;
	return call;
}

/* Remembers where a piece is and how it begins. */
static __always_inline void hold(struct rustls_held *held, __u64 base, __u64 length)
{
	__u64 size = length < RUSTLS_COMPARED ? length : RUSTLS_COMPARED;

	held->base = base;
	held->length = length;
	asm volatile("" : "+r"(size));
	size &= 2 * RUSTLS_COMPARED - 1;
	if (size <= RUSTLS_COMPARED)
		bpf_probe_read_user(held->head, size, (void *)base);
}

static __always_inline void hold_plaintext(struct rustls_record *call, const struct rustls_plaintext *plaintext)
{
	call->content = plaintext->content;
	call->bytes = rustls__bytes(plaintext);
	if (!plaintext->chunks) {
		hold(&call->held[0], plaintext->at, plaintext->length);
		return;
	}
	if (plaintext->start)
		return;
	for (__u32 i = 0; i < RUSTLS_HELD; i++) {
		struct user_iovec piece = {};

		if (i >= plaintext->pieces)
			break;
		bpf_probe_read_user(&piece, sizeof(piece), (void *)(plaintext->chunks + i * sizeof(piece)));
		hold(&call->held[i], piece.base, piece.length);
	}
}

static __always_inline __u8 first_byte(const struct rustls_plaintext *plaintext)
{
	__u8 byte = 0;

	if (!plaintext->chunks)
		bpf_probe_read_user(&byte, sizeof(byte), (void *)plaintext->at);
	return byte;
}

SEC("uprobe")
int rustls_encrypt(struct pt_regs *ctx)
{
	struct rustls_plaintext plaintext = {};
	__u64 thread = bpf_get_current_pid_tgid();
	__u32 pid = current__pid();
	struct rustls_record *call;
	struct connection *conn;
	__u64 sock;

	if (!pid_table__has(pid))
		return 0;
	/* The content is the first byte after the words; the rest of the message is not needed. */
	if (bpf_probe_read_user(&plaintext, __builtin_offsetof(struct rustls_plaintext, pad0), (void *)ctx->dx) ||
	    plaintext.content > RUSTLS_CONTENT_MAX || rustls__bytes(&plaintext) > RUSTLS_PLAINTEXT_MAX) {
		count(COUNTER_TAP_UNBOUND);
		return 0;
	}
	conn = rustls__connection(ctx->si, pid, ctx->cx);
	if (!conn) {
		call = begin_call(thread, ctx, pid, CALL_ENCRYPT);
		if (call)
			hold_plaintext(call, &plaintext);
		return 0;
	}
	if (plaintext.content == RUSTLS_HANDSHAKE && first_byte(&plaintext) == RUSTLS_KEY_UPDATE)
		rustls__settle(conn, DIRECTION_OUT, false);
	if (plaintext.content != RUSTLS_APPLICATION_DATA)
		return 0;
	sock = conn->slots[DIRECTION_IN].record.sock;
	if (plaintext.chunks)
		rustls__pieces(sock, &plaintext);
	else
		rustls__data(sock, IO_BUFFER | DIRECTION_OUT << 8, plaintext.at, plaintext.length);
	return 0;
}

SEC("uprobe")
int rustls_encrypt_return(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct encrypted result = {};
	struct rustls_record *call;
	__u64 overhead;
	__u64 tag = 0;

	if (!pid_table__has(current__pid()))
		return 0;
	call = bpf_map_lookup_elem(&rustls_calls, &thread);
	if (!call || call->kind != CALL_ENCRYPT)
		return 0;
	bpf_probe_read_user(&result, sizeof(result), (void *)call->out);
	overhead = result.length - call->bytes;
	/* A header of 5 bytes, a tag of 16, and: nothing, the content's type (TLS 1.3), or a nonce of 8 (TLS 1.2). */
	if ((overhead == 21 || overhead == 22 || overhead == 29) &&
	    !bpf_probe_read_user(&tag, sizeof(tag), (void *)(result.at + result.length - TAP_TAG_PART)))
		bpf_map_update_elem(&rustls_records, &tag, call, BPF_ANY);
	else if (call->content == RUSTLS_APPLICATION_DATA)
		count(COUNTER_TAP_UNBOUND);
	bpf_map_delete_elem(&rustls_calls, &thread);
	return 0;
}

/* The connection that the record was read from. */
static __always_inline struct connection *reader(__u32 pid, __u64 end_of_record)
{
	struct tap_opened *opened;
	struct connection *conn;
	__u64 tag = 0;
	__u64 sock;

	bpf_probe_read_user(&tag, sizeof(tag), (void *)(end_of_record - TAP_TAG_PART));
	opened = bpf_map_lookup_elem(&tap_reads, &tag);
	if (!opened || opened->pid != pid)
		return NULL;
	sock = opened->sock;
	conn = bpf_map_lookup_elem(&connections, &sock);
	return conn && conn->id == opened->connection ? conn : NULL;
}

SEC("uprobe")
int rustls_decrypt(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct user_iovec payload = {};
	__u32 pid = current__pid();
	struct rustls_record *call;
	struct connection *conn;

	if (!pid_table__has(pid))
		return 0;
	bpf_probe_read_user(&payload, sizeof(payload), (void *)ctx->dx);
	conn = rustls__connection(ctx->si, pid, ctx->cx);
	if (!conn) {
		conn = reader(pid, payload.base + payload.length);
		if (conn)
			rustls__bind(conn->slots[DIRECTION_IN].record.sock, ctx->si, pid, ctx->cx);
	}
	call = begin_call(thread, ctx, pid, CALL_DECRYPT);
	if (!call)
		return 0;
	call->sock = conn ? conn->slots[DIRECTION_IN].record.sock : 0;
	call->bytes = payload.length;
	call->held[0].base = payload.base;
	return 0;
}

/* Plaintext lies where its ciphertext lay, and is shorter. An error may leave the place and length of an earlier success. */
static __always_inline bool is_opened(const struct decrypted *result, const struct rustls_record *call)
{
	__u64 base = call->held[0].base;

	if (result->variant < SUCCESS_MIN || result->content > RUSTLS_CONTENT_MAX)
		return false;
	if (result->at == base)
		return result->length + TAP_TAG_SIZE <= call->bytes;
	return result->at == base + NONCE_SIZE && result->length + NONCE_SIZE + TAP_TAG_SIZE == call->bytes;
}

SEC("uprobe")
int rustls_decrypt_return(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct decrypted result = {};
	struct rustls_record *call;
	struct connection *conn;
	__u8 first = 0;
	__u64 sock;

	if (!pid_table__has(current__pid()))
		return 0;
	call = bpf_map_lookup_elem(&rustls_calls, &thread);
	if (!call || call->kind != CALL_DECRYPT) {
		count(COUNTER_TAP_UNBOUND);
		return 0;
	}
	call->kind = 0;
	sock = call->sock;
	bpf_probe_read_user(&result, __builtin_offsetof(struct decrypted, pad0), (void *)call->out);
	conn = bpf_map_lookup_elem(&connections, &sock);
	if (!is_opened(&result, call)) {
		count(COUNTER_TAP_UNBOUND);
		if (conn)
			conn->midstream = 1;
		return 0;
	}
	if (!conn) {
		if (result.content == RUSTLS_APPLICATION_DATA)
			count(COUNTER_TAP_UNBOUND);
		return 0;
	}
	if (result.content == RUSTLS_APPLICATION_DATA) {
		rustls__data(sock, IO_BUFFER | DIRECTION_IN << 8, result.at, result.length);
		return 0;
	}
	tls__nothing_received(conn);
	bpf_probe_read_user(&first, sizeof(first), (void *)result.at);
	if (result.content == RUSTLS_HANDSHAKE && first == RUSTLS_KEY_UPDATE)
		rustls__settle(conn, DIRECTION_IN, false);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
