// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Taps in OpenSSL and BoringSSL. What a read gives to the program is at hand where it is copied to the program's buffer, what a write took
 * where it is about to return. Where each program is attached: lib/tap.h. SSL_peek takes nothing out of the stream: it only ends the read that
 * a copy would else belong to.
 */
#include "prelude.h"

/* Frames of SSL_write and what it is made of are smaller; another stack is farther away. */
#define FRAME_MAX 1024

static __always_inline __u64 thread_id(void)
{
	return (__u32)bpf_get_current_pid_tgid();
}

/* Whose session is it? Asked at the entry of each call, until it is known. */
static __always_inline void learn(__u64 session, __u32 pid)
{
	if (!tap__connection(session, pid))
		tap__prove(session, pid);
}

/* A call whose end is seen. */
static __always_inline void enter(struct pt_regs *ctx, __u32 pid, enum tap_kind kind, __u64 length_at)
{
	struct tap_context key = { .id = thread_id(), .pid = pid };
	struct tap_call *call;

	learn(ctx->di, pid);
	tap__enter(key.id, pid | (__u64)kind << 32, ctx->di, ctx->si, kind == TAP_WRITE ? (__u32)ctx->dx : ctx->dx);
	call = bpf_map_lookup_elem(&tap_calls, &key);
	if (!call)
		return;
	call->length_at = length_at;
	call->stack = ctx->sp;
}

/*
 * When an empty read ends is not seen; that it was one shows when the program asks again. Ciphertext that was read before it, or by it, was
 * of the handshake then.
 */
static __always_inline void asks(struct connection *conn)
{
	if (conn->tls_asked_ns && (conn->tls_inside || conn->tls_first_read_ns < conn->tls_asked_ns))
		tls__nothing_received(conn);
	conn->tls_asked_ns = bpf_ktime_get_ns();
}

SEC("uprobe")
int openssl_read(struct pt_regs *ctx)
{
	__u32 pid = current__pid();
	struct connection *conn;

	if (!pid_table__has(pid))
		return 0;
	enter(ctx, pid, TAP_READ, 0);
	conn = tap__connection(ctx->di, pid);
	if (conn)
		asks(conn);
	return 0;
}

/* memcpy(to, from, n) inside of a read. */
SEC("uprobe")
int openssl_copy(struct pt_regs *ctx)
{
	struct tap_context key = { .id = thread_id(), .pid = current__pid() };
	__u64 bytes = ctx->dx;
	struct tap_call *call;
	__u64 session;

	if (!pid_table__has(key.pid))
		return 0;
	call = bpf_map_lookup_elem(&tap_calls, &key);
	/* Messages of a handshake are copied here as well, but not to the program. */
	if (!call || call->kind != TAP_READ || call->buffer != ctx->di || !bytes || bytes > call->length)
		return 0;
	call->buffer += bytes;
	call->length -= bytes;
	session = call->session;
	if (!tap__connection(session, key.pid))
		tap__prove_by_tag(session, key.pid, ctx->si + bytes);
	tap__received(session, key.pid, ctx->si, bytes);
	return 0;
}

SEC("uprobe")
int openssl_write(struct pt_regs *ctx)
{
	__u32 pid = current__pid();

	if (pid_table__has(pid))
		enter(ctx, pid, TAP_WRITE, 0);
	return 0;
}

SEC("uprobe")
int openssl_write_ex(struct pt_regs *ctx)
{
	__u32 pid = current__pid();

	if (pid_table__has(pid))
		enter(ctx, pid, TAP_WRITE_EX, ctx->cx);
	return 0;
}

/*
 * Node writes while the handshake is still under way, and again what was not taken then, until it is. What it wrote first is what will be sent;
 * when it leaves, the last try tells. Once something was received there is no handshake any more.
 */
static __always_inline bool is_tried_again(struct connection *conn, __u64 from, __u64 bytes)
{
	bool is_same;
	__u64 first = 0;
	__u64 last = 0;

	if (conn->role == ROLE_SERVER || conn->stream_bytes[DIRECTION_IN])
		return false;
	if (bytes >= sizeof(first)) {
		bpf_probe_read_user(&first, sizeof(first), (void *)from);
		bpf_probe_read_user(&last, sizeof(last), (void *)(from + bytes - sizeof(last)));
	}
	is_same = conn->tls_tried_bytes == bytes && conn->tls_tried_first == first && conn->tls_tried_last == last;
	conn->tls_tried_bytes = bytes;
	conn->tls_tried_first = first;
	conn->tls_tried_last = last;
	if (is_same) {
		conn->tls_sent = 0;
		conn->tls_first_sent_ns = 0;
		conn->tls_last_sent_ns = 0;
	}
	return is_same;
}

/* Whatever the program gives is taken. */
SEC("uprobe")
int openssl_write_all(struct pt_regs *ctx)
{
	__u32 pid = current__pid();
	__s32 bytes = ctx->dx;
	struct connection *conn;

	if (!pid_table__has(pid) || bytes <= 0)
		return 0;
	enter(ctx, pid, TAP_NONE, 0);
	conn = tap__connection(ctx->di, pid);
	if (conn && is_tried_again(conn, ctx->si, bytes))
		return 0;
	tap__begin_write(conn);
	tap__sent(ctx->di, pid, ctx->si, IO_BUFFER, bytes);
	return 0;
}

SEC("uprobe")
int openssl_sendfile(struct pt_regs *ctx)
{
	__u32 pid = current__pid();

	if (pid_table__has(pid))
		enter(ctx, pid, TAP_SENDFILE, 0);
	return 0;
}

/* BoringSSL shakes hands inside of its own SSL_read and SSL_write, which go on then. */
SEC("uprobe")
int openssl_handshake(struct pt_regs *ctx)
{
	struct tap_context key = { .id = thread_id(), .pid = current__pid() };
	struct tap_call *call;

	if (!pid_table__has(key.pid))
		return 0;
	call = bpf_map_lookup_elem(&tap_calls, &key);
	if (call && call->kind && call->session == ctx->di && call->stack - ctx->sp < FRAME_MAX)
		learn(ctx->di, key.pid);
	else
		enter(ctx, key.pid, TAP_HANDSHAKE, 0);
	return 0;
}

SEC("uprobe")
int openssl_free(struct pt_regs *ctx)
{
	struct tap_context key = { .id = thread_id(), .pid = current__pid() };
	__u64 session = ctx->di;
	struct tap_call *call;

	if (!pid_table__has(key.pid))
		return 0;
	tap__forget(session, key.pid);
	call = bpf_map_lookup_elem(&tap_calls, &key);
	if (call && call->session == session) {
		call->session = 0;
		call->kind = TAP_NONE;
	}
	return 0;
}

/* The session lives on, perhaps with another socket. A handshake begins with that, too. */
SEC("uprobe")
int openssl_reset(struct pt_regs *ctx)
{
	__u32 pid = current__pid();

	if (pid_table__has(pid))
		tap__forget(ctx->di, pid);
	return 0;
}

/* What SSL_write_ex stored through its last argument, if it succeeded. */
static __always_inline __s64 stored_length(__u64 at, __s32 succeeded)
{
	__u64 length = 0;

	if (succeeded == 1)
		bpf_probe_read_user(&length, sizeof(length), (void *)at);
	return length;
}

/*
 * While probes of a process's own make way for those of the file, both see a return, one right after the other at the same instruction. Half a
 * millisecond is what the first may take on a busy machine.
 */
#define SAME_RETURN_NS 500000

static __always_inline bool is_seen_twice(const struct tap_call *call, __u64 stack)
{
	return call && !call->kind && call->returned_stack == stack && bpf_ktime_get_ns() - call->returned_ns < SAME_RETURN_NS;
}

SEC("uprobe")
int openssl_return(struct pt_regs *ctx)
{
	struct tap_context key = { .id = thread_id(), .pid = current__pid() };
	__s32 result = ctx->ax;
	struct tap_call *call;
	__u64 buffer;
	__u64 session;
	__s64 bytes = result;
	__u32 kind;

	if (!pid_table__has(key.pid))
		return 0;
	call = bpf_map_lookup_elem(&tap_calls, &key);
	/* Of a call that began unseen, or that another one on this thread has displaced: programs switch stacks. */
	if (!call || !call->kind || call->kind == TAP_HANDSHAKE || call->stack - ctx->sp + FRAME_MAX > 2 * FRAME_MAX) {
		if (result > 0 && !is_seen_twice(call, ctx->sp))
			count(COUNTER_TAP_UNBOUND);
		return 0;
	}
	call->returned_stack = ctx->sp;
	call->returned_ns = bpf_ktime_get_ns();
	kind = call->kind;
	buffer = call->buffer;
	session = call->session;
	call->kind = TAP_NONE;
	if (kind == TAP_WRITE_EX)
		bytes = stored_length(call->length_at, result);
	else if (kind == TAP_SENDFILE)
		bytes = ctx->ax;
	if (bytes <= 0)
		return 0;
	if (kind == TAP_READ)
		tap__received(session, key.pid, buffer, bytes);
	else
		tap__sent(session, key.pid, kind == TAP_SENDFILE ? 0 : buffer, kind == TAP_SENDFILE ? IO_NONE : IO_BUFFER, bytes);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
