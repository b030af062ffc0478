/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_CONFIG_H
#define BEYLA_CONFIG_H

/* Set by the loader before load; the verifier treats them as constants. */

/* Bytes of each turn to capture; at most TURN_PREFIX_MAX. */
const volatile __u32 capture_bytes = TURN_PREFIX_MAX;

/* Bytes of a head to bring that is longer than that; at most HEAD_MAX. */
const volatile __u32 head_bytes = HEAD_MAX;

/* The reader is woken when the ring's fill crosses this many bytes; below it drains on a timer. */
const volatile __u32 wakeup_bytes = 1 << 20;

/* 1 where source_io_uring.bpf.o is loaded: it delivers the content of what io_uring moves. */
const volatile __u32 reads_io_uring = 0;

/* When the tracer began (CLOCK_MONOTONIC). */
const volatile __u64 started_ns = 0;

/* 1 where pids of 65536 and more may be: two of them may want the same place (lib/pid_table.h). */
const volatile __u32 pids_collide = 0;

/* Inode number of the library's PID namespace; 0 for the initial one. */
const volatile __u32 pid_namespace = 0;

#endif
