// SPDX-License-Identifier: Apache-2.0
/*
 * A 32-bit HTTP/1.1 server without a library, so that it can be compiled where there is none for 32 bits.
 *
 *     http-32bit CALLS
 *
 * CALLS, with which it receives and sends: read recv socketcall vector message
 *
 * Serves one connection after another and answers each request with five bytes. Prints `READY port`.
 */
enum {
	NR_EXIT = 1,
	NR_READ = 3,
	NR_WRITE = 4,
	NR_CLOSE = 6,
	NR_SOCKETCALL = 102,
	NR_READV = 145,
	NR_WRITEV = 146,
	NR_SENDTO = 369,
	NR_SENDMSG = 370,
	NR_RECVFROM = 371,
	NR_RECVMSG = 372,
};

enum { SOCKET = 1, BIND = 2, LISTEN = 4, ACCEPT = 5, GETSOCKNAME = 6, SEND = 9, RECV = 10 };

struct iovec {
	char *base;
	unsigned length;
};

struct msghdr {
	void *name;
	int namelen;
	struct iovec *iov;
	unsigned iovlen;
	void *control;
	unsigned controllen;
	unsigned flags;
};

static char request[8192];
static char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

static int call(int nr, int a, int b, int c, int d)
{
	int result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(0) : "memory");
	return result;
}

static int socketcall(int which, int a, int b, int c, int d)
{
	int arguments[4] = { a, b, c, d };

	return call(NR_SOCKETCALL, which, (int)arguments, 0, 0);
}

static void print_port(unsigned port)
{
	char line[] = "READY 00000\n";

	for (int at = 10; at >= 6; at--, port /= 10)
		line[at] = '0' + port % 10;
	call(NR_WRITE, 1, (int)line, sizeof(line) - 1, 0);
}

/* Three buffers; the request line is in the first one. */
static unsigned split(struct iovec *iov, char *buffer, unsigned length)
{
	iov[0] = (struct iovec){ buffer, 32 };
	iov[1] = (struct iovec){ buffer + 32, 2 };
	iov[2] = (struct iovec){ buffer + 34, length - 34 };
	return 3;
}

static int move(char how, int fd, int sends, char *buffer, unsigned length)
{
	struct iovec iov[3];
	struct msghdr message = { .iov = iov, .iovlen = split(iov, buffer, length) };

	switch (how) {
	case 'v':
		return call(sends ? NR_WRITEV : NR_READV, fd, (int)iov, message.iovlen, 0);
	case 'm':
		return call(sends ? NR_SENDMSG : NR_RECVMSG, fd, (int)&message, 0, 0);
	case 's':
		return socketcall(sends ? SEND : RECV, fd, (int)buffer, length, 0);
	case 'R':
		return call(sends ? NR_SENDTO : NR_RECVFROM, fd, (int)buffer, length, 0);
	default:
		return call(sends ? NR_WRITE : NR_READ, fd, (int)buffer, length, 0);
	}
}

static int serve(const char *calls)
{
	/* "read" and "recv" begin alike. */
	char how = calls[0] == 'r' && calls[2] == 'c' ? 'R' : calls[0];
	unsigned char address[16] = { 2, 0, 0, 0, 127, 0, 0, 1 };
	int length = sizeof(address);
	int listener = socketcall(SOCKET, 2, 1, 0, 0);

	if (listener < 0 || socketcall(BIND, listener, (int)address, length, 0) || socketcall(LISTEN, listener, 64, 0, 0) ||
	    socketcall(GETSOCKNAME, listener, (int)address, (int)&length, 0))
		return 1;
	print_port(address[2] << 8 | address[3]);
	for (;;) {
		int fd = socketcall(ACCEPT, listener, 0, 0, 0);

		while (move(how, fd, 0, request, sizeof(request)) > 0)
			move(how, fd, 1, answer, sizeof(answer) - 1);
		call(NR_CLOSE, fd, 0, 0, 0);
	}
}

__attribute__((used)) static void begin(int *stack)
{
	call(NR_EXIT, stack[0] == 2 ? serve((const char *)stack[2]) : 2, 0, 0, 0);
}

__asm__(".globl _start\n_start:\n\tmov %esp, %eax\n\tand $-16, %esp\n\tsub $12, %esp\n\tpush %eax\n\tcall begin\n");
