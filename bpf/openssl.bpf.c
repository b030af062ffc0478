// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Taps in OpenSSL and BoringSSL: plaintext is at hand when SSL_read and SSL_write return. Where each program is attached: lib/tap.h.
 * SSL_peek takes nothing out of the stream and is left alone.
 */
#include "prelude.h"

static __always_inline __u64 thread_id(void)
{
	return (__u32)bpf_get_current_pid_tgid();
}

static __always_inline int enter(struct pt_regs *ctx, enum tap_kind kind, __u64 length_at)
{
	__u32 pid = current__pid();

	if (pid_table__has(pid))
		tap__enter(thread_id(), pid | (__u64)kind << 32, ctx->di, ctx->si, length_at);
	return 0;
}

SEC("uprobe")
int openssl_read(struct pt_regs *ctx)
{
	return enter(ctx, TAP_READ, 0);
}

SEC("uprobe")
int openssl_read_ex(struct pt_regs *ctx)
{
	return enter(ctx, TAP_READ_EX, ctx->cx);
}

SEC("uprobe")
int openssl_write(struct pt_regs *ctx)
{
	return enter(ctx, TAP_WRITE, 0);
}

SEC("uprobe")
int openssl_write_ex(struct pt_regs *ctx)
{
	return enter(ctx, TAP_WRITE_EX, ctx->cx);
}

SEC("uprobe")
int openssl_sendfile(struct pt_regs *ctx)
{
	return enter(ctx, TAP_SENDFILE, 0);
}

SEC("uprobe")
int openssl_handshake(struct pt_regs *ctx)
{
	return enter(ctx, TAP_HANDSHAKE, 0);
}

SEC("uprobe")
int openssl_shutdown(struct pt_regs *ctx)
{
	return enter(ctx, TAP_SHUTDOWN, 0);
}

SEC("uprobe")
int openssl_free(struct pt_regs *ctx)
{
	struct tap_context key = { .id = thread_id(), .pid = current__pid() };
	__u64 session = ctx->di;
	struct tap_call *call;

	if (!pid_table__has(key.pid))
		return 0;
	tap__forget(session, key.pid, 0);
	call = bpf_map_lookup_elem(&tap_calls, &key);
	if (call && call->session == session) {
		call->kind = TAP_NONE;
		call->asking = 0;
	}
	return 0;
}

/* What SSL_*_ex stored through its last argument, if it succeeded. */
static __always_inline __s64 stored_length(__u64 at, __s32 succeeded)
{
	__u64 length = 0;

	if (succeeded == 1)
		bpf_probe_read_user(&length, sizeof(length), (void *)at);
	return length;
}

/* The call had no plaintext. If the session is not bound yet, what its thread sends next may be its ClientHello. */
static __always_inline void wants_more(struct tap_call *call, __u32 pid)
{
	if (tap__received_nothing(call->session, pid) || call->is_fed)
		return;
	call->asking = call->session;
	call->since_ns = bpf_ktime_get_ns();
}

/* `remembers`: the library keeps the random of the ClientHello in its session. */
static __always_inline int returns(struct pt_regs *ctx, bool remembers)
{
	struct tap_context key = { .id = thread_id(), .pid = current__pid() };
	__s32 result = ctx->ax;
	struct tap_call *call;
	__u32 kind;
	__s64 bytes;

	if (!pid_table__has(key.pid))
		return 0;
	call = bpf_map_lookup_elem(&tap_calls, &key);
	if (!call) {
		count(COUNTER_TAP_UNBOUND);
		return 0;
	}
	if (call->nested) {
		call->nested -= 1;
		return 0;
	}
	kind = call->kind;
	bytes = 0;
	if (kind == TAP_READ || kind == TAP_READ_EX)
		bytes = kind == TAP_READ ? result : stored_length(call->length_at, result);
	if (remembers && kind && kind != TAP_SHUTDOWN)
		tap__settle(key.id, key.pid, bytes > 0);
	else if (kind && call->read_sock)
		tap__claim(call, call->session, key.pid, bytes > 0);
	call->remembers = remembers;
	call->kind = TAP_NONE;
	switch (kind) {
	case TAP_READ:
	case TAP_READ_EX:
		if (bytes > 0)
			tap__received(call->session, key.pid, call->buffer, bytes);
		else
			wants_more(call, key.pid);
		break;
	case TAP_HANDSHAKE:
		wants_more(call, key.pid);
		break;
	case TAP_WRITE:
	case TAP_WRITE_EX:
		bytes = kind == TAP_WRITE ? result : stored_length(call->length_at, result);
		if (bytes > 0)
			tap__sent(call->session, key.pid, call->buffer, IO_BUFFER, bytes);
		break;
	case TAP_SENDFILE:
		bytes = ctx->ax;
		if (bytes > 0)
			tap__sent(call->session, key.pid, 0, IO_NONE, bytes);
		break;
	}
	return 0;
}

SEC("uretprobe")
int openssl_return(struct pt_regs *ctx)
{
	return returns(ctx, false);
}

SEC("uretprobe")
int openssl3_return(struct pt_regs *ctx)
{
	return returns(ctx, true);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
