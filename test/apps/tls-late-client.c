/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that loads OpenSSL when it is told to, and speaks TLS at once:
 *
 *     tls-late-client LIBRARY socket|memory
 *
 * On standard input `load` loads LIBRARY; `get PORT PATH` sends one request over a connection of its own to 127.0.0.1, loading LIBRARY
 * before if it is not there yet. Answers each with a line: `LOADED`, `DONE <status> <µs from the load to the first SSL_write>`.
 * `socket`: OpenSSL does the I/O. `memory`: it only sees memory, as with .NET, Netty and Node.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WANT_READ 2

static const char *library;
static int in_memory;
static void *handle;
static double loaded_us;

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void load(void)
{
	if (handle)
		return;
	handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	loaded_us = now_us();
	if (!handle) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
}

static void *symbol(const char *name)
{
	void *address = dlsym(handle, name);

	if (!address) {
		fprintf(stderr, "no %s\n", name);
		exit(1);
	}
	return address;
}

#define CALL(type, name, ...) (((type)symbol(name))(__VA_ARGS__))
typedef void *(*pointer_fn)();
typedef int (*int_fn)();

struct session {
	int fd;
	void *ssl;
	void *in;
	void *out;
};

static void send_out(struct session *session)
{
	char bytes[20000];
	int length;

	while (in_memory && (length = CALL(int_fn, "BIO_read", session->out, bytes, sizeof(bytes))) > 0)
		if (send(session->fd, bytes, length, 0) != length)
			exit(1);
}

/* Returns false where the other end has closed. */
static int take_in(struct session *session)
{
	char bytes[20000];
	ssize_t length = recv(session->fd, bytes, sizeof(bytes), 0);

	if (length <= 0)
		return 0;
	CALL(int_fn, "BIO_write", session->in, bytes, (int)length);
	return 1;
}

static int again(struct session *session, int result)
{
	return result <= 0 && in_memory && CALL(int_fn, "SSL_get_error", session->ssl, result) == WANT_READ && take_in(session);
}

static int get(int port, const char *path)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct session session = { 0 };
	char request[512], answer[4096];
	double written_us;
	void *context;
	int result, status = 0;

	load();
	context = CALL(pointer_fn, "SSL_CTX_new", CALL(pointer_fn, "TLS_client_method"));
	session.ssl = CALL(pointer_fn, "SSL_new", context);
	session.fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(session.fd, (struct sockaddr *)&address, sizeof(address)))
		exit(1);
	if (in_memory) {
		session.in = CALL(pointer_fn, "BIO_new", CALL(pointer_fn, "BIO_s_mem"));
		session.out = CALL(pointer_fn, "BIO_new", CALL(pointer_fn, "BIO_s_mem"));
		CALL(int_fn, "SSL_set_bio", session.ssl, session.in, session.out);
	} else {
		CALL(int_fn, "SSL_set_fd", session.ssl, session.fd);
	}
	do {
		result = CALL(int_fn, "SSL_connect", session.ssl);
		send_out(&session);
	} while (again(&session, result));
	if (result != 1)
		exit(1);
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
	written_us = now_us();
	CALL(int_fn, "SSL_write", session.ssl, request, (int)strlen(request));
	send_out(&session);
	do {
		result = CALL(int_fn, "SSL_read", session.ssl, answer, (int)sizeof(answer) - 1);
		if (result > 0 && !status) {
			answer[result] = 0;
			sscanf(answer, "HTTP/1.1 %d", &status);
		}
	} while (result > 0 || again(&session, result));
	CALL(int_fn, "SSL_free", session.ssl);
	close(session.fd);
	printf("DONE %d %.0f\n", status, written_us - loaded_us);
	return 0;
}

int main(int argc, char **argv)
{
	char line[512], path[256];
	int port;

	if (argc != 3)
		return 2;
	library = argv[1];
	in_memory = !strcmp(argv[2], "memory");
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("READY");
	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, "load\n")) {
			load();
			puts("LOADED");
		} else if (sscanf(line, "get %d %255s", &port, path) == 2) {
			get(port, path);
		}
	}
	return 0;
}
