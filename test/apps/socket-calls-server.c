// SPDX-License-Identifier: Apache-2.0
/*
 * A keep-alive HTTP/1.1 server that receives and sends with the system calls it is told to use, one thread for each connection.
 *
 *     socket-calls-server RECEIVE SEND
 *
 * RECEIVE: read readv preadv2 recvfrom recvmsg recvmmsg recvmmsg-2 peek split
 * SEND:    write writev pwritev2 sendto sendmsg sendmmsg sendmmsg-2 pieces sendfile splice
 *
 * Those with -2 have room for two messages in one call, which nothing tells apart from outside.
 *
 * Every request is answered with its own method and target as the body, padded to BODY bytes, and status 200; a target that ends in
 * /404 with status 404. Prints `READY port`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define BODY 300
#define HEAD_MAX 256
#define REQUEST_MAX 65536

static const char *receive_with;
static const char *send_with;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Five segments, one of them empty and the first one small, as real programs have them. */
static int segments(struct iovec *iov, char *buffer, size_t length)
{
	size_t first = length > 3 ? 3 : length;
	size_t second = length - first > 11 ? 11 : length - first;

	iov[0] = (struct iovec){ buffer, first };
	iov[1] = (struct iovec){ buffer + first, 0 };
	iov[2] = (struct iovec){ buffer + first, second };
	iov[3] = (struct iovec){ buffer + first + second, length - first - second };
	return 4;
}

static ssize_t receive_some(int fd, char *buffer, size_t length)
{
	struct iovec iov[4];
	struct mmsghdr messages = { .msg_hdr = { .msg_iov = iov } };

	if (!strcmp(receive_with, "read"))
		return read(fd, buffer, length);
	if (!strcmp(receive_with, "readv"))
		return readv(fd, iov, segments(iov, buffer, length));
	if (!strcmp(receive_with, "preadv2"))
		return preadv2(fd, iov, segments(iov, buffer, length), -1, 0);
	if (!strcmp(receive_with, "recvfrom"))
		return recv(fd, buffer, length, 0);
	if (!strcmp(receive_with, "recvmsg")) {
		messages.msg_hdr.msg_iovlen = segments(iov, buffer, length);
		return recvmsg(fd, &messages.msg_hdr, 0);
	}
	if (!strcmp(receive_with, "recvmmsg")) {
		messages.msg_hdr.msg_iovlen = segments(iov, buffer, length);
		return recvmmsg(fd, &messages, 1, 0, NULL) == 1 ? (ssize_t)messages.msg_len : -1;
	}
	if (!strcmp(receive_with, "recvmmsg-2")) {
		struct mmsghdr two[2] = { { .msg_hdr = { .msg_iov = iov } }, { .msg_hdr = { .msg_iov = iov + 1, .msg_iovlen = 1 } } };
		int count;

		iov[0] = (struct iovec){ buffer, length / 2 };
		iov[1] = (struct iovec){ buffer + length / 2, length - length / 2 };
		two[0].msg_hdr.msg_iovlen = 1;
		count = recvmmsg(fd, two, 2, MSG_WAITFORONE, NULL);
		return count == 1 ? (ssize_t)two[0].msg_len : -1;
	}
	if (!strcmp(receive_with, "peek")) {
		ssize_t seen = recv(fd, buffer, length, MSG_PEEK);

		return seen <= 0 ? seen : read(fd, buffer, seen);
	}
	if (!strcmp(receive_with, "split"))
		return read(fd, buffer, length > 5 ? 5 : length);
	fprintf(stderr, "receive with %s?\n", receive_with);
	exit(2);
}

static void send_all(int fd, char *head, size_t head_length, char *body, size_t body_length)
{
	struct iovec iov[8];
	struct mmsghdr messages[2] = { { .msg_hdr = { .msg_iov = iov } } };
	size_t total = head_length + body_length;
	char both[HEAD_MAX + BODY];
	int count;

	memcpy(both, head, head_length);
	memcpy(both + head_length, body, body_length);
	if (!strcmp(send_with, "write")) {
		if (write(fd, both, total) != (ssize_t)total)
			fail("write");
	} else if (!strcmp(send_with, "sendto")) {
		if (send(fd, both, total, 0) != (ssize_t)total)
			fail("send");
	} else if (!strcmp(send_with, "pieces")) {
		for (size_t at = 0; at < total; at += 7)
			if (write(fd, both + at, total - at < 7 ? total - at : 7) < 0)
				fail("write");
	} else if (!strcmp(send_with, "sendfile") || !strcmp(send_with, "splice")) {
		int memory = memfd_create("body", 0);
		off_t offset = 0;

		if (memory < 0 || write(memory, body, body_length) != (ssize_t)body_length)
			fail("memfd");
		if (send(fd, head, head_length, MSG_MORE) != (ssize_t)head_length)
			fail("send");
		if (!strcmp(send_with, "sendfile")) {
			if (sendfile(fd, memory, &offset, body_length) != (ssize_t)body_length)
				fail("sendfile");
		} else {
			int ends[2];
			loff_t from = 0;

			if (pipe(ends) || splice(memory, &from, ends[1], NULL, body_length, 0) != (ssize_t)body_length ||
			    splice(ends[0], NULL, fd, NULL, body_length, 0) != (ssize_t)body_length)
				fail("splice");
			close(ends[0]);
			close(ends[1]);
		}
		close(memory);
	} else {
		count = segments(iov, both, total);
		messages[0].msg_hdr.msg_iovlen = count;
		if (!strcmp(send_with, "writev")) {
			if (writev(fd, iov, count) != (ssize_t)total)
				fail("writev");
		} else if (!strcmp(send_with, "pwritev2")) {
			if (pwritev2(fd, iov, count, -1, 0) != (ssize_t)total)
				fail("pwritev2");
		} else if (!strcmp(send_with, "sendmsg")) {
			if (sendmsg(fd, &messages[0].msg_hdr, 0) != (ssize_t)total)
				fail("sendmsg");
		} else if (!strcmp(send_with, "sendmmsg-2")) {
			iov[0] = (struct iovec){ head, head_length };
			iov[1] = (struct iovec){ body, body_length };
			messages[0].msg_hdr.msg_iovlen = 1;
			messages[1].msg_hdr = (struct msghdr){ .msg_iov = iov + 1, .msg_iovlen = 1 };
			if (sendmmsg(fd, messages, 2, 0) != 2)
				fail("sendmmsg");
		} else if (!strcmp(send_with, "sendmmsg")) {
			if (sendmmsg(fd, messages, 1, 0) != 1)
				fail("sendmmsg");
		} else {
			fprintf(stderr, "send with %s?\n", send_with);
			exit(2);
		}
	}
}

static void *serve(void *argument)
{
	int fd = (int)(long)argument;
	char *buffer = malloc(REQUEST_MAX);
	size_t have = 0;
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (;;) {
		char head[HEAD_MAX];
		char body[BODY];
		char *end;
		ssize_t got;
		int head_length;
		size_t line;

		while (!(end = memmem(buffer, have, "\r\n\r\n", 4))) {
			got = receive_some(fd, buffer + have, REQUEST_MAX - have);
			if (got <= 0) {
				close(fd);
				free(buffer);
				return NULL;
			}
			have += got;
		}
		line = (char *)memchr(buffer, '\r', have) - buffer;
		memset(body, '.', BODY);
		memcpy(body, buffer, line < BODY ? line : BODY);
		head_length = snprintf(head, HEAD_MAX, "HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n",
				       memmem(buffer, line, "/404 ", 5) ? "404 Not Found" : "200 OK", BODY);
		send_all(fd, head, head_length, body, BODY);
		have -= end + 4 - buffer;
		memmove(buffer, end + 4, have);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (argc != 3) {
		fprintf(stderr, "usage: %s RECEIVE SEND\n", argv[0]);
		return 2;
	}
	receive_with = argv[1];
	send_with = argv[2];
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) || listen(listener, 64) ||
	    getsockname(listener, (struct sockaddr *)&address, &length))
		fail("listen");
	printf("READY %d\n", ntohs(address.sin_port));
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		pthread_t thread;

		if (fd < 0)
			fail("accept");
		if (pthread_create(&thread, NULL, serve, (void *)(long)fd))
			fail("pthread_create");
		pthread_detach(thread);
	}
}
