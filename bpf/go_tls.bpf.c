// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Taps in Go's crypto/tls. Stacks of goroutines move, so there is no return probe: what Write is given is sent whole or the connection
 * fails, and what Read gives is seen where it is copied to the caller. Where each program is attached: lib/tap.h.
 */
#include "prelude.h"

/* The arguments of a call, whichever way they are passed. */
struct go_call {
	__u64 goroutine;
	__u64 arguments[3];
	__u32 pid;
	bool is_selected;
	/* At the `jbe` of an entry, and right after it: the stack is too small, and the function will be begun again. */
	bool restarts;
};

/* Since Go 1.17: in registers. */
static __always_inline struct go_call in_registers(struct pt_regs *ctx)
{
	struct go_call call = { .pid = current__pid() };

	call.is_selected = pid_table__has(call.pid);
	call.restarts = ctx->flags & (FLAGS_CARRY | FLAGS_ZERO);
	call.goroutine = ctx->r14;
	call.arguments[0] = ctx->ax;
	call.arguments[1] = ctx->bx;
	call.arguments[2] = ctx->cx;
	return call;
}

/* Before: on the stack, above so many bytes. */
static __always_inline struct go_call on_stack(struct pt_regs *ctx, __u64 skipped)
{
	struct go_call call = { .pid = current__pid() };
	struct tap_runtime *runtime;
	__u64 at = ctx->sp + skipped;

	call.restarts = ctx->flags & (FLAGS_CARRY | FLAGS_ZERO);
	if (!pid_table__has(call.pid))
		return call;
	runtime = bpf_map_lookup_elem(&tap_runtimes, &call.pid);
	if (!runtime)
		return call;
	call.is_selected = true;
	call.goroutine = tap__goroutine(runtime);
	bpf_probe_read_user(call.arguments, sizeof(call.arguments), (void *)at);
	return call;
}

/* At an entry the return address lies below the arguments; at a CALL it is not there yet. */
#define AT_ENTRY 8
#define AT_CALL 0

static __always_inline int enter(const struct go_call *call, enum tap_kind kind)
{
	if (call->is_selected && !call->restarts)
		tap__enter(call->goroutine, call->pid | (__u64)kind << 32, call->arguments[0], call->arguments[1],
			   call->arguments[2]);
	return 0;
}

static __always_inline int read_begins(const struct go_call *call)
{
	if (call->is_selected && !call->restarts)
		tap__received_nothing(call->arguments[0], call->pid);
	return enter(call, TAP_READ);
}

static __always_inline int write_begins(const struct go_call *call)
{
	enter(call, TAP_WRITE);
	if (call->is_selected && !call->restarts && (__s64)call->arguments[2] > 0)
		tap__sent(call->arguments[0], call->pid, call->arguments[1], IO_BUFFER, call->arguments[2]);
	return 0;
}

static __always_inline int handshake_begins(const struct go_call *call)
{
	if (call->is_selected)
		tap__forget(call->arguments[0], call->pid);
	return enter(call, TAP_HANDSHAKE);
}

/* The alert that is sent by it is of no call that this goroutine has begun before. */
static __always_inline int close_begins(const struct go_call *go)
{
	struct tap_context key = { .id = go->goroutine, .pid = go->pid };
	struct tap_call *call;

	if (!go->is_selected)
		return 0;
	tap__forget(go->arguments[0], go->pid);
	call = bpf_map_lookup_elem(&tap_calls, &key);
	if (call)
		call->kind = TAP_NONE;
	return 0;
}

/* bytes.Reader */
struct reader {
	__u64 base;
	__s64 length;
	__s64 capacity;
	__s64 position;
};

/*
 * crypto/tls.(*Conn).Read calls bytes.(*Reader).Read(&c.input, buffer): what it will copy lies there already. The Conn is the one that
 * Read was entered with, or, for a Read that began before the probes were there, as far before its `input` as in another call.
 */
static __always_inline int read_copies(const struct go_call *go)
{
	struct tap_context key = { .id = go->goroutine, .pid = go->pid };
	__u64 input = go->arguments[0];
	struct reader reader = {};
	struct tap_runtime *runtime;
	struct tap_call *call;
	__u64 session;
	__s64 bytes;

	if (!go->is_selected || bpf_probe_read_user(&reader, sizeof(reader), (void *)input))
		return 0;
	bytes = reader.length - reader.position;
	if (bytes > (__s64)go->arguments[2])
		bytes = go->arguments[2];
	if (bytes <= 0)
		return 0;
	call = bpf_map_lookup_elem(&tap_calls, &key);
	runtime = bpf_map_lookup_elem(&tap_runtimes, &go->pid);
	if (call && call->kind == TAP_READ) {
		session = call->session;
		call->kind = TAP_NONE;
		if (runtime && !runtime->reader_offset)
			runtime->reader_offset = input - session;
	} else if (runtime && runtime->reader_offset) {
		session = input - runtime->reader_offset;
		if (call)
			tap__claim(call, session, key.pid);
	} else {
		count(COUNTER_TAP_UNBOUND);
		return 0;
	}
	tap__received(session, key.pid, reader.base + reader.position, bytes);
	return 0;
}

/* What the Read that this goroutine is in gives its caller. */
static __always_inline int read_gives(const struct go_call *go, __u64 base, __s64 bytes)
{
	struct tap_context key = { .id = go->goroutine, .pid = go->pid };
	struct tap_call *call;

	if (!go->is_selected || bytes <= 0)
		return 0;
	call = bpf_map_lookup_elem(&tap_calls, &key);
	if (!call || call->kind != TAP_READ) {
		count(COUNTER_TAP_UNBOUND);
		return 0;
	}
	call->kind = TAP_NONE;
	tap__received(call->session, key.pid, base ? base : call->buffer, bytes);
	return 0;
}

SEC("uprobe")
int go_tls_read(struct pt_regs *ctx)
{
	struct go_call call = in_registers(ctx);

	return read_begins(&call);
}

SEC("uprobe")
int go_tls_read_call(struct pt_regs *ctx)
{
	struct go_call call = in_registers(ctx);

	return read_copies(&call);
}

SEC("uprobe")
int go_tls_read_return(struct pt_regs *ctx)
{
	struct go_call call = in_registers(ctx);

	return read_gives(&call, 0, ctx->ax);
}

/* runtime.memmove(to, from, n) */
SEC("uprobe")
int go_tls_read_copy(struct pt_regs *ctx)
{
	struct go_call call = in_registers(ctx);

	return read_gives(&call, call.arguments[1], call.arguments[2]);
}

SEC("uprobe")
int go_tls_write(struct pt_regs *ctx)
{
	struct go_call call = in_registers(ctx);

	return write_begins(&call);
}

SEC("uprobe")
int go_tls_handshake(struct pt_regs *ctx)
{
	struct go_call call = in_registers(ctx);

	return handshake_begins(&call);
}

SEC("uprobe")
int go_tls_close(struct pt_regs *ctx)
{
	struct go_call call = in_registers(ctx);

	return close_begins(&call);
}

SEC("uprobe")
int go_tls_read_stack(struct pt_regs *ctx)
{
	struct go_call call = on_stack(ctx, AT_ENTRY);

	return read_begins(&call);
}

SEC("uprobe")
int go_tls_read_call_stack(struct pt_regs *ctx)
{
	struct go_call call = on_stack(ctx, AT_CALL);

	return read_copies(&call);
}

SEC("uprobe")
int go_tls_read_return_stack(struct pt_regs *ctx)
{
	struct go_call call = on_stack(ctx, AT_ENTRY);
	__s64 bytes = 0;

	/* The result follows the receiver and the slice. */
	if (call.is_selected)
		bpf_probe_read_user(&bytes, sizeof(bytes), (void *)(ctx->sp + AT_ENTRY + 32));
	return read_gives(&call, 0, bytes);
}

SEC("uprobe")
int go_tls_read_copy_stack(struct pt_regs *ctx)
{
	struct go_call call = on_stack(ctx, AT_CALL);

	return read_gives(&call, call.arguments[1], call.arguments[2]);
}

SEC("uprobe")
int go_tls_write_stack(struct pt_regs *ctx)
{
	struct go_call call = on_stack(ctx, AT_ENTRY);

	return write_begins(&call);
}

SEC("uprobe")
int go_tls_handshake_stack(struct pt_regs *ctx)
{
	struct go_call call = on_stack(ctx, AT_ENTRY);

	return handshake_begins(&call);
}

SEC("uprobe")
int go_tls_close_stack(struct pt_regs *ctx)
{
	struct go_call call = on_stack(ctx, AT_ENTRY);

	return close_begins(&call);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
