/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaves SSL_read in ways that a replaced return address does not survive; compiled as C++. OpenSSL is loaded at the start:
 *
 *     tls-unwinding LIBSSL LIBCRYPTO
 *
 * On standard input a way and a number of rounds; answers `DONE` with the way.
 *     coroutine   two coroutines are inside of SSL_read at once, and the first to enter is the first to return
 *     exception   the callback that is to read the socket throws
 *     cancel      the thread is cancelled while it waits for the socket
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK (256 * 1024)

static void *libssl;
static void *libcrypto;

template <typename Result, typename... Arguments> static Result call(const char *name, Arguments... arguments)
{
	void *found = dlsym(libssl, name);

	if (!found)
		found = dlsym(libcrypto, name);
	if (!found) {
		fprintf(stderr, "no %s\n", name);
		exit(1);
	}
	return ((Result(*)(Arguments...))found)(arguments...);
}

static void *context;
static void *method;
static int (*reads)(void *bio);

static int on_read(void *bio, char *, int)
{
	return reads(bio);
}

static int on_write(void *, const char *, int length)
{
	return length;
}

static long on_control(void *, int, long, void *)
{
	return 1;
}

static void *new_session(void)
{
	void *session = call<void *>("SSL_new", context);
	void *bio = call<void *>("BIO_new", method);

	call<void>("BIO_set_init", bio, 1);
	call<void>("SSL_set_bio", session, bio, bio);
	call<void>("SSL_set_connect_state", session);
	return session;
}

static int read_session(void *session)
{
	char buffer[1024];

	return call<int>("SSL_read", session, (void *)buffer, (int)sizeof(buffer));
}

static ucontext_t scheduler;
static ucontext_t coroutines[2];
static int current;

static int switches(void *)
{
	swapcontext(&coroutines[current], &scheduler);
	return -1;
}

static void run_coroutine(void)
{
	void *session = new_session();

	read_session(session);
	call<void>("SSL_free", session);
}

static void coroutine(void)
{
	static char stacks[2][STACK];

	reads = switches;
	for (int i = 0; i < 2; i++) {
		getcontext(&coroutines[i]);
		coroutines[i].uc_stack.ss_sp = stacks[i];
		coroutines[i].uc_stack.ss_size = STACK;
		coroutines[i].uc_link = &scheduler;
		makecontext(&coroutines[i], run_coroutine, 0);
	}
	for (int turn = 0; turn < 4; turn++) {
		current = turn % 2;
		swapcontext(&scheduler, &coroutines[current]);
	}
}

static int throws(void *)
{
	throw EIO;
}

static void exception(void)
{
	void *session = new_session();

	reads = throws;
	try {
		read_session(session);
	} catch (int error) {
		if (error != EIO)
			abort();
	}
	call<void>("SSL_free", session);
}

static int waiting[2];

static int waits(void *)
{
	char byte = 1;

	if (write(waiting[1], &byte, 1) != 1)
		abort();
	for (;;)
		pause();
}

static void *run_thread(void *session)
{
	read_session(session);
	return NULL;
}

static void cancel(void)
{
	void *session = new_session();
	pthread_t thread;
	char byte;

	reads = waits;
	if (pipe(waiting) || pthread_create(&thread, NULL, run_thread, session) || read(waiting[0], &byte, 1) != 1)
		abort();
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	close(waiting[0]);
	close(waiting[1]);
	call<void>("SSL_free", session);
}

int main(int count, char **arguments)
{
	char way[32];
	int rounds;

	if (count != 3 || !(libcrypto = dlopen(arguments[2], RTLD_NOW | RTLD_GLOBAL)) || !(libssl = dlopen(arguments[1], RTLD_NOW))) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	context = call<void *>("SSL_CTX_new", call<const void *>("TLS_client_method"));
	method = call<void *>("BIO_meth_new", 100 | 0x0400, "test");
	call<int>("BIO_meth_set_read", method, on_read);
	call<int>("BIO_meth_set_write", method, on_write);
	call<int>("BIO_meth_set_ctrl", method, on_control);
	printf("READY\n");
	fflush(stdout);
	while (scanf("%31s %d", way, &rounds) == 2) {
		for (int i = 0; i < rounds; i++) {
			if (!strcmp(way, "coroutine"))
				coroutine();
			else if (!strcmp(way, "exception"))
				exception();
			else
				cancel();
		}
		printf("DONE %s\n", way);
		fflush(stdout);
	}
	return 0;
}
