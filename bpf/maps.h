/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_MAPS_H
#define BEYLA_MAPS_H

/* Every map with its life story. Sizes marked (loader) are replaced before load. */

/*
 * connections: key is the address of struct sock. Inserted when a selected process connects, when a handshake on a listening
 * port of one completes, when a segment for such a port arrives on a connection older than the tracer, or at the first
 * I/O of a selected process. Removed in tcp_destroy_sock, and by user space what is idle when it is nearly full. Preallocated (tracing programs on 5.10 need that); full = counted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096); /* (loader) */
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

/*
 * evicted: address of struct sock to its skc_portpair, of idle connections that user space took out of `connections` to make room. Coming back they have
 * lost nothing. Written by user space; removed when they come back.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096); /* (loader) */
	__type(key, __u64);
	__type(value, __u32);
} evicted SEC(".maps");

/* One zeroed connection: too big for the stack. Never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connection);
} connection_template SEC(".maps");

/* connection_ids: how many ids of connections this CPU has given (lib/connection.h). User space does not touch it. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} connection_ids SEC(".maps");

/*
 * pids: the selected processes, two candidate places per pid (pid_table.h). Written by user space on selection, by
 * sched_process_fork for children and by what the kernel selects itself (lib/selection.h); cleared by sched_process_exit and user space. An array, because its look-up is inlined.
 */
#define PID_TABLE_SIZE 65536
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PID_TABLE_SIZE);
	__type(key, __u32);
	__type(value, __u64);
} pids SEC(".maps");

/*
 * pid_owners: whose a place of `pids` is, where pids collide; 1 entry elsewhere (loader). Whoever puts a pid in or takes one out does it here first: only
 * that is atomic between CPUs and user space.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384); /* (loader) */
	__type(key, __u32);
	__type(value, __u32);
} pid_owners SEC(".maps");

/* ports: listening ports of selected processes. Written by inet_sock_set_state and user space; removed by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct port_key);
	__type(value, struct port_value);
} ports SEC(".maps");

/*
 * executables: enum executable_flag by the file, as user space has decided. Written and removed by user space; what is not there is not
 * decided.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, struct executable_key);
	__type(value, __u32);
} executables SEC(".maps");

/* selecting_ports: bit for each port that selects a process which listens on it, by itself and whatever else is true. Written once, by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} selecting_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct selection_rules);
} selection SEC(".maps");

/*
 * verdicts: what user space wants of a connection, at verdict__index(id): id << 2 | enum verdict. A connection takes its verdict
 * when it sees it, and clears the place, so a later collision does no harm; one before that delays the verdict until user space repeats it.
 */
#define VERDICT_TABLE_SIZE 8192
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VERDICT_TABLE_SIZE);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

/* Of the taps; user space touches none of these five. */
struct tap_session_key {
	__u64 session;
	__u32 pid;
	__u32 pad0;
};

struct tap_session {
	__u64 sock;
	__u64 connection;
};

struct tap_context {
	__u64 id; /* thread id, or the goroutine's address */
	__u32 pid;
	__u32 pad0;
};

struct tap_call {
	/* The session operated on last. */
	__u64 session;
	/* Of the call under way: where its next plaintext goes or is, and how much it may be. */
	__u64 buffer;
	__u64 length;
	/* SSL_write_ex: where it stores how much it wrote. */
	__u64 length_at;
	/* Its stack pointer at the entry: what is seen on another stack is not of this call. */
	__u64 stack;
	/* Go: the read of an unbound TLS socket by a Read that nobody saw begin; 0 = none. */
	__u64 read_sock;
	__u64 read_connection;
	/* Where the last one returned, and when. */
	__u64 returned_stack;
	__u64 returned_ns;
	__u32 kind; /* enum tap_kind of the call under way; 0 = none */
	__u32 pad0;
};

/* A ClientHello that was read or sent. */
struct tap_hello {
	__u64 sock;
	__u64 connection;
	__u64 was_read;
};

/* What was learned of OpenSSL in a process: where the end of the ClientHello's random is. */
struct tap_layout {
	__u16 random;   /* in the session, or in what it points to; 0 = not known */
	__u16 pointer;  /* where in the session is what points there; 0 = it is in the session */
	__u16 searches; /* in how many sessions it was searched for */
	__u8 tickets;   /* in how many more it may be, until the next ClientHello */
	__u8 is_tapped; /* a call on a session whose connection is not known was seen */
};

/* A record that was read and not decrypted yet. */
struct tap_opened {
	__u64 sock;
	__u64 connection;
	__u32 pid;
	__u32 pad0;
};

/*
 * tap_sessions: which connection a session of a process is bound to (lib/tap.h). Removed when the session is freed or the socket is
 * destroyed, so there are never more than connections; sized like them.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096); /* (loader) */
	__type(key, struct tap_session_key);
	__type(value, struct tap_session);
} tap_sessions SEC(".maps");

/*
 * tap_calls: what a thread, or goroutine, of a process that uses TLS is doing. Made at the first call of a session, or in Go
 * at the first read of an unbound TLS socket. Nothing tells that a goroutine is gone, so the least recently used make room.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct tap_context);
	__type(value, struct tap_call);
} tap_calls SEC(".maps");

/*
 * tap_hellos: ClientHellos by the last 8 bytes of their random and the process (tls__hello_key). tap_layouts: by pid. Both are looked into while a session of OpenSSL is not
 * bound; what is not needed any more makes room for what is.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct tap_hello);
} tap_hellos SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, struct tap_layout);
} tap_layouts SEC(".maps");

/*
 * tap_reads: records that were read from sockets whose session, or ciphers, are not known, by the end of their ciphertext. What is not needed
 * any more makes room for what is.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096); /* (loader) */
	__type(key, __u64);
	__type(value, struct tap_opened);
} tap_reads SEC(".maps");

/* tap_runtimes: how to find the context of a process, by pid. Written and removed by user space; programs in Go and with rustls only. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct tap_runtime);
} tap_runtimes SEC(".maps");

/*
 * Of the tap in rustls (lib/rustls.h); user space gives all but the last their size (loader), and touches none. What is not needed any more
 * makes room for what is.
 */
#define RUSTLS_COMPARED 64
#define RUSTLS_HELD 4

struct rustls_cipher {
	__u64 sock;
	__u64 connection;
	__u64 next; /* number of its next record */
};

/* A piece of plaintext, and how it began when it was encrypted. */
struct rustls_held {
	__u64 base;
	__u64 length;
	__u64 head[RUSTLS_COMPARED / 8];
};

/* A call on a cipher, or the record that came of it. */
struct rustls_record {
	__u64 cipher;
	__u64 number;
	__u64 out; /* where the call stores its result */
	__u64 sock;
	__u64 bytes;
	__u64 next; /* key of the record to deliver after this one; 0 = none */
	__u32 pid;
	__u32 tid;
	__u32 kind;
	__u32 content;   /* enum rustls_content */
	__u32 delivered; /* pieces of it */
	__u32 pad0;
	struct rustls_held held[RUSTLS_HELD];
};

/* rustls_ciphers: which connection a cipher of a process is of. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct tap_session_key);
	__type(value, struct rustls_cipher);
} rustls_ciphers SEC(".maps");

/* rustls_calls: the call on a cipher that a thread is in. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct rustls_record);
} rustls_calls SEC(".maps");

/* rustls_records: records of unknown ciphers that were not written to a socket yet, by the end of their ciphertext. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct rustls_record);
} rustls_records SEC(".maps");

/* rustls_blank: a record with nothing in it; too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rustls_record);
} rustls_blank SEC(".maps");

/* counters: index enum counter. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_MAX);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* ring: turns, chunks, closes. Drained on a timer and when wakeup_bytes is crossed. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20); /* (loader) */
} ring SEC(".maps");

/* lifecycle: exec, fork, exit, listen. A ring of its own, so that a storm of processes cannot push out turns. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 128 << 10);
} lifecycle SEC(".maps");

#endif
