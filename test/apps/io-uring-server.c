/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A keep-alive HTTP/1.1 server whose bytes all go through io_uring, by the raw system calls. Prints `READY <port>` and makes its
 * ring when it reads a line.
 *
 *   io-uring-server [recv|rw|recvmsg|multishot|vector] [--sqpoll] [--async] [--split]
 *
 *   recv       IORING_OP_RECV and SEND (default)
 *   rw         IORING_OP_READ and WRITE
 *   recvmsg    IORING_OP_RECVMSG and SEND
 *   multishot  one IORING_OP_RECV for all requests of a connection, into provided buffers
 *   vector     IORING_OP_RECV and SENDMSG, whose header does not outlive its submission
 *   --sqpoll   a thread of the kernel submits
 *   --async    every operation is done by a worker of the kernel (IOSQE_ASYNC)
 *   --split    each response takes two sends: head and body
 *
 * Answers `GET /status/<code>`, `GET /size/<bytes>` and any other path; bodies of requests are read by Content-Length.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES 256
#define CONNECTIONS 128
#define BUFFER 65536
#define BODY_MAX (1 << 20)
#define GROUP 7
#define GROUP_BUFFERS 64
#define GROUP_BUFFER 4096

#define PROVIDED UINT64_MAX

enum operation { RECEIVE, SEND, ACCEPT };

struct connection {
	int fd;
	bool ended;
	char in[BUFFER];
	size_t in_size;
	char *out;
	size_t out_size, out_sent, head_size;
	struct msghdr header;
	struct iovec vector;
};

static struct {
	int fd;
	unsigned *sq_head, *sq_tail, *sq_mask, *sq_flags, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned to_submit;
} ring;

static struct connection connections[CONNECTIONS];
static char group[GROUP_BUFFERS][GROUP_BUFFER];
static bool use_rw, use_recvmsg, use_multishot, use_vector, use_sqpoll, use_async, use_split;

static void die(const char *what)
{
	fprintf(stderr, "io-uring-server: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void set_up(void)
{
	struct io_uring_params params = { .flags = use_sqpoll ? IORING_SETUP_SQPOLL : 0, .sq_thread_idle = 2000 };
	char *sq;

	ring.fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
	if (ring.fd < 0)
		die("io_uring_setup");
	size_t sq_size = params.sq_off.array + params.sq_entries * sizeof(unsigned);
	size_t cq_size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	sq = mmap(NULL, sq_size > cq_size ? sq_size : cq_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd,
		  IORING_OFF_SQ_RING);
	ring.sqes = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_POPULATE, ring.fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || ring.sqes == MAP_FAILED)
		die("mmap");
	ring.sq_head = (unsigned *)(sq + params.sq_off.head);
	ring.sq_tail = (unsigned *)(sq + params.sq_off.tail);
	ring.sq_mask = (unsigned *)(sq + params.sq_off.ring_mask);
	ring.sq_flags = (unsigned *)(sq + params.sq_off.flags);
	ring.sq_array = (unsigned *)(sq + params.sq_off.array);
	ring.cq_head = (unsigned *)(sq + params.cq_off.head);
	ring.cq_tail = (unsigned *)(sq + params.cq_off.tail);
	ring.cq_mask = (unsigned *)(sq + params.cq_off.ring_mask);
	ring.cqes = (struct io_uring_cqe *)(sq + params.cq_off.cqes);
}

static struct io_uring_sqe *next_sqe(void)
{
	unsigned tail = *ring.sq_tail, index = tail & *ring.sq_mask;

	while (tail - __atomic_load_n(ring.sq_head, __ATOMIC_ACQUIRE) > *ring.sq_mask)
		;
	ring.sq_array[index] = index;
	memset(&ring.sqes[index], 0, sizeof(ring.sqes[index]));
	ring.to_submit++;
	return &ring.sqes[index];
}

static void push(struct io_uring_sqe *sqe, int number, enum operation operation)
{
	sqe->user_data = (uint64_t)number << 2 | operation;
	if (use_async)
		sqe->flags |= IOSQE_ASYNC;
	__atomic_store_n(ring.sq_tail, *ring.sq_tail + 1, __ATOMIC_RELEASE);
}

static void enter(unsigned wait)
{
	unsigned flags = wait ? IORING_ENTER_GETEVENTS : 0;

	if (use_sqpoll) {
		atomic_thread_fence(memory_order_seq_cst);
		if (__atomic_load_n(ring.sq_flags, __ATOMIC_RELAXED) & IORING_SQ_NEED_WAKEUP)
			flags |= IORING_ENTER_SQ_WAKEUP;
	}
	if (syscall(SYS_io_uring_enter, ring.fd, ring.to_submit, wait, flags, NULL, 0) < 0 && errno != EINTR)
		die("io_uring_enter");
	ring.to_submit = 0;
}

static void provide(char *address, int count, int first)
{
	struct io_uring_sqe *sqe = next_sqe();

	sqe->opcode = IORING_OP_PROVIDE_BUFFERS;
	sqe->fd = count;
	sqe->addr = (uint64_t)address;
	sqe->len = GROUP_BUFFER;
	sqe->off = (uint64_t)first;
	sqe->buf_group = GROUP;
	sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
	sqe->user_data = PROVIDED;
	__atomic_store_n(ring.sq_tail, *ring.sq_tail + 1, __ATOMIC_RELEASE);
}

static void receive(int number)
{
	struct connection *c = &connections[number];
	struct io_uring_sqe *sqe = next_sqe();

	sqe->fd = c->fd;
	sqe->opcode = use_rw ? IORING_OP_READ : IORING_OP_RECV;
	sqe->addr = (uint64_t)(c->in + c->in_size);
	sqe->len = (unsigned)(BUFFER - 1 - c->in_size);
	if (use_rw)
		sqe->off = (uint64_t)-1;
	if (use_recvmsg) {
		c->vector = (struct iovec){ c->in + c->in_size, BUFFER - 1 - c->in_size };
		c->header = (struct msghdr){ .msg_iov = &c->vector, .msg_iovlen = 1 };
		sqe->opcode = IORING_OP_RECVMSG;
		sqe->addr = (uint64_t)&c->header;
		sqe->len = 1;
	}
	if (use_multishot) {
		sqe->addr = 0;
		sqe->len = 0;
		sqe->ioprio = IORING_RECV_MULTISHOT;
		sqe->flags = IOSQE_BUFFER_SELECT;
		sqe->buf_group = GROUP;
	}
	push(sqe, number, RECEIVE);
}

static void send_rest(int number)
{
	struct connection *c = &connections[number];
	struct io_uring_sqe *sqe = next_sqe();
	size_t left = c->out_size - c->out_sent;

	if (use_split && c->out_sent < c->head_size)
		left = c->head_size - c->out_sent;
	sqe->fd = c->fd;
	sqe->opcode = use_rw ? IORING_OP_WRITE : IORING_OP_SEND;
	sqe->addr = (uint64_t)(c->out + c->out_sent);
	sqe->len = (unsigned)left;
	if (use_rw)
		sqe->off = (uint64_t)-1;
	else
		sqe->msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
	if (!use_vector) {
		push(sqe, number, SEND);
		return;
	}
	struct iovec vector = { c->out + c->out_sent, left };
	struct msghdr header = { .msg_iov = &vector, .msg_iovlen = 1 };

	sqe->opcode = IORING_OP_SENDMSG;
	sqe->addr = (uint64_t)&header;
	sqe->len = 1;
	push(sqe, number, SEND);
	/* Both are gone when this returns, which is allowed: the kernel has its copy once the operation is submitted. */
	enter(0);
}

/* Size of the request at the front, or 0 while it is not whole. */
static size_t request_size(const struct connection *c)
{
	const char *end = memmem(c->in, c->in_size, "\r\n\r\n", 4);
	const char *length;
	size_t size;

	if (!end)
		return 0;
	size = (size_t)(end - c->in) + 4;
	length = memmem(c->in, size, "Content-Length:", 15);
	if (length)
		size += strtoul(length + 15, NULL, 10);
	return c->in_size >= size ? size : 0;
}

static void respond(int number)
{
	struct connection *c = &connections[number];
	size_t size = request_size(c), body = 5;
	int status = 200;

	if (!size || c->out_size)
		return;
	sscanf(c->in, "%*s /status/%d", &status);
	sscanf(c->in, "%*s /size/%zu", &body);
	if (body > BODY_MAX)
		body = BODY_MAX;
	c->head_size = (size_t)sprintf(c->out, "HTTP/1.1 %d Text\r\nContent-Length: %zu\r\n\r\n", status, body);
	memset(c->out + c->head_size, 'x', body);
	c->out_size = c->head_size + body;
	c->out_sent = 0;
	memmove(c->in, c->in + size, c->in_size - size);
	c->in_size -= size;
	send_rest(number);
}

static void end(struct connection *c)
{
	close(c->fd);
	free(c->out);
	*c = (struct connection){ 0 };
}

static void received(int number, const struct io_uring_cqe *cqe)
{
	struct connection *c = &connections[number];

	if (cqe->res <= 0) {
		c->ended = true;
		if (!c->out_size)
			end(c);
		return;
	}
	if (use_multishot) {
		int buffer = (int)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);

		memcpy(c->in + c->in_size, group[buffer], (size_t)cqe->res);
		provide(group[buffer], 1, buffer);
	}
	c->in_size += (size_t)cqe->res;
	respond(number);
	if (use_multishot ? !(cqe->flags & IORING_CQE_F_MORE) : !c->out_size)
		receive(number);
}

static void sent(int number, int result)
{
	struct connection *c = &connections[number];

	if (result <= 0) {
		end(c);
		return;
	}
	c->out_sent += (size_t)result;
	if (c->out_sent < c->out_size) {
		send_rest(number);
		return;
	}
	c->out_size = 0;
	if (c->ended) {
		end(c);
		return;
	}
	respond(number);
	if (!use_multishot && !c->out_size)
		receive(number);
}

static void accept_next(int listener)
{
	struct io_uring_sqe *sqe = next_sqe();

	sqe->fd = listener;
	sqe->opcode = IORING_OP_ACCEPT;
	push(sqe, 0, ACCEPT);
}

static void accepted(int fd)
{
	int one = 1, number = 0;

	if (fd < 0)
		die("accept");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (number < CONNECTIONS && connections[number].out)
		number++;
	if (number == CONNECTIONS) {
		close(fd);
		return;
	}
	connections[number].fd = fd;
	connections[number].out = malloc(BODY_MAX + 256);
	if (!connections[number].out)
		die("malloc");
	receive(number);
}

static void parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		use_rw |= !strcmp(argv[i], "rw");
		use_recvmsg |= !strcmp(argv[i], "recvmsg");
		use_multishot |= !strcmp(argv[i], "multishot");
		use_vector |= !strcmp(argv[i], "vector");
		use_sqpoll |= !strcmp(argv[i], "--sqpoll");
		use_async |= !strcmp(argv[i], "--async");
		use_split |= !strcmp(argv[i], "--split");
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	char line[16];

	parse(argc, argv);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, 128) ||
	    getsockname(listener, (struct sockaddr *)&address, &size))
		die("listen");
	printf("READY %d\n", ntohs(address.sin_port));
	fflush(stdout);
	/* A test that wants to see the ring being made attaches before it says so. */
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	set_up();
	if (use_multishot)
		provide(group[0], GROUP_BUFFERS, 0);
	accept_next(listener);
	for (;;) {
		unsigned head = *ring.cq_head;

		enter(head == __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE));
		while (head != __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE)) {
			struct io_uring_cqe cqe = ring.cqes[head & *ring.cq_mask];
			int number = (int)(cqe.user_data >> 2);

			__atomic_store_n(ring.cq_head, ++head, __ATOMIC_RELEASE);
			if (cqe.user_data == PROVIDED)
				continue;
			if ((cqe.user_data & 3) == RECEIVE) {
				received(number, &cqe);
			} else if ((cqe.user_data & 3) == SEND) {
				sent(number, cqe.res);
			} else {
				accepted(cqe.res);
				accept_next(listener);
			}
		}
	}
}
