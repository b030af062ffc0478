/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_PRELUDE_H
#define BEYLA_PRELUDE_H

/* What every object includes, in the one order that works. */

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

/* From the kernel's UAPI (linux/bpf.h), which we do not include beside our own types. */
enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
	BPF_RB_AVAIL_DATA = 0,
	BPF_RB_RING_SIZE = 1,
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};

#include "event.h"
#include "tables.h"
#include "config.h"
#include "maps.h"
#include "lib/counters.h"
#include "lib/side.h"
#include "lib/pid_table.h"
#include "lib/task.h"
#include "lib/emit.h"
#include "lib/sequence.h"
#include "lib/connection.h"
#include "lib/departure.h"
#include "lib/arrival.h"
#include "lib/io.h"
#include "lib/http2.h"
#include "lib/head.h"
#include "lib/unfollowed.h"
#include "lib/compat.h"
#include "lib/capture.h"
#include "lib/tls.h"
#include "lib/splice.h"
#include "lib/turn.h"
#include "lib/frames.h"
#include "lib/chunk.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/rustls.h"
#include "lib/ending.h"
#include "lib/socket_io.h"
#include "lib/selection.h"
#include "lib/lifecycle.h"

#endif
