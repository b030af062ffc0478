/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS server that does with its sessions what is allowed and rare. OpenSSL is loaded at the start:
 *
 *     tls-sessions LIBSSL CERT KEY fork|held|reused
 *
 * Serves one connection after another on a port of 127.0.0.1, which it prints (`READY <port>`), and answers each request with its path.
 *     fork     shakes hands, forks, and lets the child do all the rest
 *     held     calls SSL_free after the first request: a second reference keeps the session
 *     reused   has one session for all connections, cleared in between, and leaves the sockets open
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEM 1

static void *library;

static void *find(const char *name)
{
	void *found = dlsym(library, name);

	if (!found) {
		fprintf(stderr, "no %s\n", name);
		exit(1);
	}
	return found;
}

#define CALL(result, name, types, ...) ((result (*) types)find(name))(__VA_ARGS__)

/* One request; 0 at the end of the connection. */
static int serve(void *session)
{
	char request[4096];
	char answer[8192];
	char path[2048];
	int length = 0;
	int got;

	do {
		got = CALL(int, "SSL_read", (void *, void *, int), session, request + length, (int)sizeof(request) - 1 - length);
		if (got <= 0)
			return 0;
		length += got;
		request[length] = 0;
	} while (!strstr(request, "\r\n\r\n"));
	if (sscanf(request, "GET %2047s", path) != 1)
		return 0;
	length = snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\ncontent-length: %zu\r\n\r\n%s", strlen(path), path);
	return CALL(int, "SSL_write", (void *, const void *, int), session, answer, length) == length;
}

int main(int count, char **arguments)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listening = socket(AF_INET, SOCK_STREAM, 0);
	void *session = NULL;
	void *context;
	const char *way;

	if (count != 5 || !(library = dlopen(arguments[1], RTLD_NOW))) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	way = arguments[4];
	signal(SIGCHLD, SIG_IGN);
	context = CALL(void *, "SSL_CTX_new", (const void *), CALL(const void *, "TLS_server_method", (void)));
	if (CALL(int, "SSL_CTX_use_certificate_file", (void *, const char *, int), context, arguments[2], PEM) != 1 ||
	    CALL(int, "SSL_CTX_use_PrivateKey_file", (void *, const char *, int), context, arguments[3], PEM) != 1 ||
	    bind(listening, (struct sockaddr *)&address, size) || listen(listening, 64) ||
	    getsockname(listening, (struct sockaddr *)&address, &size)) {
		perror("tls-sessions");
		return 1;
	}
	printf("READY %d\n", ntohs(address.sin_port));
	fflush(stdout);
	for (;;) {
		int connection = accept(listening, NULL, NULL);
		int is_held = 0;

		if (connection < 0)
			return 1;
		if (!session)
			session = CALL(void *, "SSL_new", (void *), context);
		else
			CALL(int, "SSL_clear", (void *), session);
		CALL(int, "SSL_set_fd", (void *, int), session, connection);
		if (CALL(int, "SSL_accept", (void *), session) != 1)
			continue;
		if (!strcmp(way, "fork")) {
			if (fork() == 0) {
				while (serve(session))
					;
				_exit(0);
			}
		} else {
			while (serve(session)) {
				if (strcmp(way, "held") || is_held)
					continue;
				is_held = 1;
				CALL(int, "SSL_up_ref", (void *), session);
				CALL(void, "SSL_free", (void *), session);
			}
		}
		if (!strcmp(way, "reused")) {
			shutdown(connection, SHUT_RDWR);
			continue;
		}
		CALL(void, "SSL_free", (void *), session);
		session = NULL;
		close(connection);
	}
}
