// SPDX-License-Identifier: Apache-2.0
/*
 * Calls a function of its own as often as it is told, and says how long that took, in nanoseconds of the thread's CPU time.
 * Standard input: lines of `emulated COUNT` or `stepped COUNT`.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <time.h>

/* They begin with an instruction that the kernel emulates at a uprobe (x86: a push), and with one that it does not. */
__asm__(".text\n"
	".globl emulated_call\n.type emulated_call, @function\n"
	"emulated_call:\n push %rbp\n mov %rsp, %rbp\n pop %rbp\n ret\n.size emulated_call, . - emulated_call\n"
	".globl stepped_call\n.type stepped_call, @function\n"
	"stepped_call:\n mov %rdi, %rax\n push %rbp\n pop %rbp\n ret\n.size stepped_call, . - stepped_call\n");

void emulated_call(void);
void stepped_call(void);

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(void)
{
	char name[16];
	long count;

	setlinebuf(stdout);
	printf("READY\n");
	while (scanf("%15s %ld", name, &count) == 2) {
		void (*call)(void) = strcmp(name, "emulated") == 0 ? emulated_call : stepped_call;
		long long start = now_ns();

		for (long at = 0; at < count; at++)
			call();
		printf("%lld\n", now_ns() - start);
	}
	return 0;
}
