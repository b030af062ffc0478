// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Beside source_sock_length: the content of what io_uring moves. The socket's tracepoints tell that bytes moved, in whatever thread; the
 * completion tells the buffer, which the program has not been given back yet. Optional: without it turns of io_uring have no content.
 */
#define SOCK_IS_WALKED
#include "prelude.h"
#include "lib/file.h"
#include "lib/io_uring.h"

SEC("tp_btf/io_uring_complete")
int BPF_PROG(io_uring_complete, void *ring, struct io_kiocb *request)
{
	struct io io = { .kind = IO_IO_URING };
	__u8 direction;
	struct sock *sk;
	__s32 result;

	/* The further completions of a multishot operation come without their request. */
	if (!request || !pid_table__has(current__pid()))
		return 0;
	result = BPF_CORE_READ(request, cqe.res);
	if (result <= 0 || !io_uring__direction(BPF_CORE_READ(request, opcode), &direction))
		return 0;
	sk = sock_of_file(BPF_CORE_READ(request, cmd.file));
	if (!sk)
		return 0;
	io_uring__buffer(&io, request);
	socket_io__completed(sk, direction, result, &io);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
