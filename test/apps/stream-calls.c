// SPDX-License-Identifier: Apache-2.0
/*
 * Moves the bytes of a file over a connection by exactly the calls that a script names.
 *
 *     stream-calls connect PORT BYTES SCRIPT
 *     stream-calls listen 0 BYTES SCRIPT
 *
 * One call per line: write N, writev N..., sendmsg N... or sendfile N send the next bytes of the file; read N, readv N... or recvmsg N...
 * receive, once all they ask for has arrived. Prints READY and the port it listens on (or 0), and begins when a line comes on standard
 * input. A line `pause` waits for another one. At the end of the script it prints DONE and waits for the end of standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define VECTOR_MAX 512

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int open_socket(const char *mode, int port, int *accepting)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);

	*accepting = strcmp(mode, "listen") == 0;
	if (!*accepting)
		return fd;
	if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, 1) || getsockname(fd, (struct sockaddr *)&address, &length))
		fail("listen");
	printf("READY %d\n", ntohs(address.sin_port));
	return fd;
}

static void wait_for(int fd, size_t bytes)
{
	int there = 0;

	while (ioctl(fd, FIONREAD, &there) == 0 && (size_t)there < bytes)
		usleep(500);
}

int main(int argc, char **argv)
{
	static char buffer[4 << 20];
	char line[8192];
	int accepting;
	int one = 1;
	off_t at = 0;
	int size = 4 << 20;

	if (argc != 5)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	int file = open(argv[3], O_RDONLY);
	FILE *script = fopen(argv[4], "r");
	int fd = open_socket(argv[1], atoi(argv[2]), &accepting);
	struct stat status;

	if (file < 0 || !script || fstat(file, &status))
		fail(argv[3]);
	char *bytes = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
	if (!accepting)
		printf("READY 0\n");
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	if (accepting) {
		fd = accept(fd, NULL, NULL);
	} else {
		struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
			fail("connect");
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (fgets(line, sizeof(line), script)) {
		struct iovec vector[VECTOR_MAX];
		char *rest = line;
		char *call = strsep(&rest, " \n");
		size_t total = 0;
		int receives = !strncmp(call, "re", 2);
		int count = 0;
		ssize_t moved;
		char *word;

		if (!strcmp(call, "pause")) {
			printf("PAUSED\n");
			if (!fgets(line, sizeof(line), stdin))
				return 0;
			continue;
		}

		while ((word = strsep(&rest, " \n")) && count < VECTOR_MAX) {
			if (!*word)
				continue;
			vector[count].iov_base = (receives ? buffer : bytes + at) + total;
			vector[count].iov_len = strtoul(word, NULL, 10);
			total += vector[count++].iov_len;
		}
		struct msghdr message = { .msg_iov = vector, .msg_iovlen = count };

		if (receives)
			wait_for(fd, total);
		if (!strcmp(call, "write"))
			moved = write(fd, vector[0].iov_base, total);
		else if (!strcmp(call, "writev"))
			moved = writev(fd, vector, count);
		else if (!strcmp(call, "sendmsg"))
			moved = sendmsg(fd, &message, 0);
		else if (!strcmp(call, "sendfile"))
			moved = sendfile(fd, file, &(off_t){ at }, total);
		else if (!strcmp(call, "read"))
			moved = read(fd, buffer, total);
		else if (!strcmp(call, "readv"))
			moved = readv(fd, vector, count);
		else if (!strcmp(call, "recvmsg"))
			moved = recvmsg(fd, &message, 0);
		else
			return 3;
		if (moved != (ssize_t)total) {
			fprintf(stderr, "%s moved %zd of %zu bytes\n", call, moved, total);
			return 4;
		}
		if (!receives)
			at += moved;
	}
	printf("DONE\n");
	while (fgets(line, sizeof(line), stdin))
		;
	return 0;
}
