/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_EVENT_H
#define BEYLA_EVENT_H

/*
 * THE contract between kernel and user space.
 *
 * Everything on the rings is one of the records below. All integers are in host byte order, every structure has
 * explicit padding (compiled with -Wpadded -Werror), and every record starts with `struct record_header` and is padded
 * by the ring to 8 bytes. Times are CLOCK_MONOTONIC nanoseconds; 0 means "not known". Sizes are bytes.
 * packages/core/src/events/layout.gen.ts is generated from the BTF of the compiled object, never by hand.
 *
 * A *turn* is all that one side says on a connection before the other side speaks. Turns of a connection are numbered
 * from 1. The same turn may be reported more than once (see RECORD_FLAG_*) and turns may arrive out of order (turn
 * k + 1 before turn k): user space merges by (connection, seq).
 *
 * A head of HTTP/1 that is longer than the prefix goes ahead of its turn's record, in as many records (RECORD_HEAD) as it takes: the bytes behind
 * the prefix, up to the end of the head or to HEAD_MAX. They continue each other; one that is missing was lost.
 *
 * A connection in *stream mode* reports chunks instead: what one I/O call moved, in as many records as it takes. The two directions may be
 * used by two threads at once, so each counts its chunks for itself, from the number of the last turn on: the first chunk of either
 * direction after turn S is S + 1. Chunks of a direction are on the ring in the order of their bytes. User space asks for stream mode
 * (enum verdict), or the kernel enters it by itself, at the very call that brings the first bytes of HTTP/2 (lib/frames.h); the direction
 * that does not begin it may have had a turn before, whose bytes chunks continue (offset).
 *
 * A connection of HTTP/1 may go back to turns (VERDICT_TURNS): at a call of the side that asks behind one of the side that answers, when all chunks
 * are on the ring. Turns are then numbered on from what was last: the number of the last turn before stream mode plus that of all chunks.
 * Offsets go on in either case.
 *
 * Where the kernel knows the frames of HTTP/2, it leaves out the payload of DATA frames of more than 64 bytes, header excepted: `offset`
 * then jumps. A call that moves nothing but the middle of such a payload has no record; one that moves the end of a payload with END_STREAM
 * always has one (perhaps with captured = 0), so that the time of the last byte is known. An offset that jumps anywhere else means
 * lost bytes; the next record with RECORD_FLAG_FRAME begins with a frame.
 */

#define BEYLA_ABI_VERSION 1

/* Most bytes of a turn that its own record carries; the loader may lower it (config.h: capture_bytes). */
#define TURN_PREFIX_MAX 512
/* Most bytes of a head that are brought, prefix included, and most of them in one RECORD_HEAD. */
#define HEAD_MAX 16384
#define HEAD_PIECE_MAX 512
/* Most bytes of one record in stream mode; a call is reported in as many as it takes (lib/chunk.h). */
#define CHUNK_PIECE_MAX 4096

enum record_kind {
	RECORD_TURN = 1,   /* struct turn_record */
	RECORD_CHUNK = 2,  /* struct turn_record: one I/O call of a connection in stream mode */
	RECORD_CLOSE = 3,  /* struct close_record: the socket is gone; on the lifecycle ring where the other is full */
	RECORD_EXEC = 4,   /* struct exec_record: any process called execve; nothing of it is read but which file it executes */
	RECORD_FORK = 5,   /* struct process_record: a selected process made a child, which is selected from birth */
	RECORD_EXIT = 6,   /* struct process_record: the last thread of a selected process is gone */
	RECORD_LISTEN = 7, /* struct listen_record: any process began to listen on a TCP port */
	RECORD_TLS = 8,    /* struct process_record: a selected process speaks TLS on a connection that no tap sees into */
	RECORD_LOADED = 9, /* struct process_record: a selected process loads libraries, or has just loaded or unloaded some (loader.bpf.c) */
	RECORD_HEAD = 10,  /* struct head_record: the next bytes of a head that is longer than its turn's prefix */
	RECORD_UNSEEN = 11, /* struct process_record: bytes were read on a connection of a selected process that no hook saw (splice.bpf.c) */
	RECORD_UNCLAIMED = 12, /* struct listen_record, pid 0: no selected process took a connection to a port that one listens on; a few times a second */
};

enum record_flag {
	/* First record of a turn: carries the prefix as far as it was there. */
	RECORD_FLAG_HEAD = 1 << 0,
	/* The totals of this turn are final. HEAD|FINAL: the whole turn in one record. FINAL alone: its head came before. */
	RECORD_FLAG_FINAL = 1 << 1,
	/* The segment that brought the first byte was not seen; arrived_ns is when the connection was established. */
	RECORD_FLAG_ARRIVAL_ESTABLISHED = 1 << 2,
	/* The turn's first bytes could not be captured (sendfile, splice, vectored mmsg): captured is 0. */
	RECORD_FLAG_NO_PREFIX = 1 << 3,
	/* The write was noticed by the socket's sequence number before its system call returned; first_ns is late. */
	RECORD_FLAG_INFERRED = 1 << 4,
	/* The connection existed before the tracer first saw it: earlier turns are unknown. */
	RECORD_FLAG_MIDSTREAM = 1 << 5,
	/* Some of the I/O was submitted through io_uring: bytes and times are right; content is captured where its completion tells the buffer. */
	RECORD_FLAG_IO_URING = 1 << 6,
	/* The turn ended because its side of the connection was closed. */
	RECORD_FLAG_CLOSED = 1 << 7,
	/* A later piece of the same I/O call (RECORD_CHUNK only); offset continues the piece before it. */
	RECORD_FLAG_CONTINUED = 1 << 8,
	/* The bytes are the plaintext of TLS, seen by a tap in the program; sizes and offsets are those of the plaintext. */
	RECORD_FLAG_TLS = 1 << 9,
	/* The first byte of this chunk is the first of an HTTP/2 frame. CLOSE: the connection spoke HTTP/2. */
	RECORD_FLAG_FRAME = 1 << 10,
	/* EXEC, LISTEN: the kernel has just selected the process by itself (struct selection_rules); user space confirms it or takes it back. */
	RECORD_FLAG_SELECTED = 1 << 11,
	/* With CLOSED, and CLOSE: the other side has reset the connection. */
	RECORD_FLAG_RESET = 1 << 12,
};

enum direction {
	DIRECTION_IN = 0,  /* the process received */
	DIRECTION_OUT = 1, /* the process sent */
};

enum role {
	ROLE_UNKNOWN = 0, /* the connection was older than the tracer and its local port is not a listening one */
	ROLE_SERVER = 1,  /* accepted */
	ROLE_CLIENT = 2,  /* connected */
};

/* What user space wants of a connection (map `verdicts`). */
enum verdict {
	VERDICT_TURNS = 0,  /* default: report turns; of HTTP/2, once it is known, there are none */
	VERDICT_STREAM = 1, /* report every I/O call with its bytes */
	VERDICT_IGNORE = 2, /* report nothing more but the close */
};

struct record_header {
	__u32 size; /* of the whole record, header and captured bytes included, before the ring's own padding */
	__u8 kind;  /* enum record_kind */
	__u8 abi;   /* BEYLA_ABI_VERSION */
	__u16 flags; /* enum record_flag */
};

struct turn_record {
	struct record_header header;
	/* Unique for the life of the tracer, and below 2^53 (lib/connection.h). */
	__u64 connection;
	/* Key of the kernel's connection table, for look-ups of an unfinished turn. Never stored, never exported. */
	__u64 sock;
	/* TURN: when the first byte reached the socket's receive queue (IN only). CHUNK: the same for this I/O. */
	__u64 arrived_ns;
	/* When the call that read, or wrote, the turn's first byte returned. */
	__u64 first_ns;
	/* When the call that read, or wrote, the turn's last byte so far returned. */
	__u64 last_ns;
	/*
	 * Bytes of the turn so far. CHUNK: from `offset` to the end of what the I/O call moved. Those behind `captured` are in the next record of
	 * the call, or DATA that was left out, or lost.
	 */
	__u64 bytes;
	/* Bytes of this direction that came before this turn or chunk since the tracer first saw the connection. */
	__u64 offset;
	/* The last 8 bytes of a turn that is longer than its prefix, the last one in the most significant byte; 0 when not known. */
	__u64 tail;
	/* The thread (and later: goroutine, async id) that did the first I/O of the turn; 0 when not known. */
	__u64 context;
	__u32 pid; /* thread group id, as the PID namespace of the library numbers it */
	__u32 tid; /* thread id, likewise */
	__u32 seq; /* number of the turn on its connection, from 1; CHUNK: see above */
	__u32 netns; /* inode number of the network namespace */
	__u8 local_address[16];  /* network byte order; IPv4 is mapped (::ffff:a.b.c.d) */
	__u8 remote_address[16];
	__u16 local_port; /* host byte order */
	__u16 remote_port;
	__u8 family;    /* AF_INET, AF_INET6, AF_UNIX as the socket says */
	__u8 direction; /* enum direction */
	__u8 role;      /* enum role */
	__u8 pad0;
	__u16 captured; /* bytes of prefix that follow this structure */
	__u16 pad1;
	__u32 head; /* bytes from the beginning of the turn that are captured without a hole, here and in RECORD_HEADs */
};

struct head_record {
	struct record_header header;
	__u64 connection;
	__u32 seq;    /* of the turn */
	__u32 offset; /* of the first byte here within the turn */
	__u16 captured; /* bytes that follow this structure */
	__u8 direction; /* enum direction */
	__u8 pad0;
	__u32 pad1;
};

struct close_record {
	struct record_header header;
	__u64 connection;
	__u64 ns; /* when the socket was destroyed */
	__u32 last_seq; /* number of its turns and chunks: what is missing found no room on the ring */
	__u32 ends_lost; /* turns of it whose head was reported but whose end found no room */
	__u32 last_stream; /* HTTP/2: highest id of its requests that the kernel saw, or saw answered; 0 = none */
	__u32 pad0;
};

struct process_record {
	struct record_header header;
	__u64 ns;
	__u32 pid;    /* EXIT: the process; FORK: the child */
	__u32 parent; /* FORK: the parent; else 0 */
};

/*
 * Which file a process executes. The time of its last change is in it because an inode number is used again for another file, and because a file
 * that was renamed may be another program to a selector; its name, because a file can have several. All 0 when not known.
 */
struct executable_key {
	__u64 inode;
	__s64 changed_s;
	__u32 changed_ns;
	__u32 device; /* as the kernel numbers it: major << 20 | minor */
	/* Of its name without directories: the first 8 bytes, and, of a longer one, the last 8. */
	__u64 name_begins;
	__u64 name_ends;
};

struct exec_record {
	struct record_header header;
	__u64 ns;
	__u32 pid;
	__u32 pad0;
	struct executable_key executable;
};

struct listen_record {
	struct record_header header;
	__u64 ns;
	__u32 pid;
	__u32 netns;
	__u16 port; /* host byte order */
	__u8 family;
	__u8 pad0;
	__u32 pad1;
};

/* Index into the per-CPU map `counters`. Names are the public drop and cost reasons (docs/drops.md). */
enum counter {
	COUNTER_RECORDS = 0,         /* records put on the ring */
	COUNTER_TURNS = 1,           /* turns begun */
	COUNTER_TURNS_LOST = 2,      /* turns that ended without any record of theirs having found room on the ring */
	COUNTER_ENDS_LOST = 3,       /* turns whose head was reported but whose end found no room */
	COUNTER_CHUNKS_LOST = 4,     /* stream-mode records that found no room */
	COUNTER_RING_FULL = 5,       /* submissions refused by the ring; some are made good by a later record */
	COUNTER_CONNECTIONS = 6,     /* connections admitted */
	COUNTER_CONNECTIONS_FULL = 7, /* I/O calls of the asking side that were not followed because the connection table was full; each stands for about one request */
	COUNTER_CAPTURE_FAULT = 8,   /* user memory that could not be read */
	COUNTER_CAPTURE_SKIPPED = 9, /* first bytes of a turn in a form that is not captured (splice, several messages of one call) */
	COUNTER_IO_URING = 10,       /* I/O calls seen that were submitted through io_uring; where those cannot be seen, rings created */
	COUNTER_PIDS_FULL = 11,      /* children that could not be followed: no room in the PID table */
	COUNTER_LIFECYCLE_LOST = 12, /* process and listen records that found no room on their ring */
	COUNTER_PORTS_FULL = 13,     /* listening ports that could not be admitted */
	COUNTER_INFERRED = 14,       /* turns opened by the socket's sequence number */
	COUNTER_CLOSES_LOST = 15,    /* connections whose close found no room on either ring */
	COUNTER_IO_URING_UNREAD = 16, /* turns and chunks through io_uring whose first bytes could not be captured */
	COUNTER_TLS_UNTAPPED = 17,   /* closed TLS connections whose plaintext no tap ever saw; each stands for one request or more */
	COUNTER_TAP_UNBOUND = 18,    /* TLS reads and writes of a program on a connection that is not known; at most so many requests */
	COUNTER_FRAMES_LOST = 19,    /* I/O calls of HTTP/2 that could not be followed to their end: too many frames or buffers, or no content */
	COUNTER_TLS_LATE = 20,       /* TLS connections that a tap came to see into after something may have been said on them; each stands for one request or more, or none */
	COUNTER_HEADS_CUT = 21,      /* heads of which not all could be brought: longer than 16 KiB, no room on the ring, or memory that could not be read */
	COUNTER_VECTORS_CUT = 22,    /* I/O calls of more buffers than are looked at: what the others held is not known */
	COUNTER_READS_UNSEEN = 23,   /* times that bytes had been read on a connection without a hook having seen it (splice, a process that is not selected) */
	COUNTER_CALLS_CUT = 24,      /* I/O calls in stream mode of which not all was reported: more than 1 MiB or 1,024 buffers, a ring that was half full, or unreadable */
	COUNTER_UNCLAIMED = 25,      /* connections to a selected port on which something was said and that no selected process took; each stands for one request or more, or none */
	COUNTER_JOINED_LATE = 26,    /* connections on which something was said before the process was selected, though the tracer ran; each stands for one request or more */
	COUNTER_UNIX_SOCKETS = 27,   /* calls on Unix sockets that begin like a request; each stands for one, or for a connection of HTTP/2 or TLS */
	COUNTER_MPTCP = 28,          /* the same on sockets of Multipath TCP, whose peer may speak it or not */
	COUNTER_OTHER_SOCKETS = 29,  /* the same on other sockets that are not TCP (SCTP, vsock) */
	COUNTER_COMPAT = 30,         /* the same of 32-bit programs, on any socket */
	COUNTER_TLS_PASSED_ON = 31,  /* closed TLS connections whose process only passed on what others said (a proxy that was asked to CONNECT): nothing of it is lost */
	COUNTER_MAX = 32,
};

#endif
