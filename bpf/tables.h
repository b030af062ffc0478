/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_TABLES_H
#define BEYLA_TABLES_H

/*
 * What the maps hold that user space reads or writes as well (event.h has the records of the rings). Their offsets in
 * TypeScript are generated like those of event.h.
 */

/*
 * One direction's current turn. It *is* the record that goes out, so emission is one copy of header and captured bytes.
 */
struct slot {
	struct turn_record record;
	__u8 prefix[TURN_PREFIX_MAX];
};

/*
 * Where one direction of HTTP/2 is: in its frames, and in the buffers of the I/O call at hand. In the map and not on the stack, because it
 * outlives functions that are verified on their own, and because what is read back from a map keeps the verifier's paths few.
 */
struct frame_walk {
	__u64 header;      /* first `have` bytes of a frame header that was cut */
	__u64 from;        /* user address of the next byte of the call */
	__u64 segment;     /* bytes left in that buffer */
	__u64 iovecs;      /* user address of the next iovec */
	__u64 iovecs_left;
	__u64 call_left;   /* bytes of the call that were neither gathered nor skipped yet */
	__u32 left;        /* bytes of the frame's payload to come; of the connection preface too */
	__u32 position;    /* how many of the gathered bytes were walked */
	__u32 last_stream; /* highest odd id of a stream with HEADERS so far; 0 = none */
	__u32 pad1;
	__u8 have;
	__u8 is_synced;    /* the next byte is where the above says it is */
	__u8 is_skipping;  /* `left` is left out */
	__u8 ends_stream;  /* what is left out ends its stream */
	__u8 is_end_due;   /* such an end was in this call */
	__u8 is_reported;  /* this call has a record */
	__u8 is_aligned;   /* the gathered bytes begin with a frame */
	__u8 pad0;
};

/* Where the head of a direction's last turn ends (lib/head.h). In the map for the reasons that frame_walk is. */
struct head_scan {
	__u32 length; /* of the bytes that are looked at */
	__u32 end;   /* bytes up to the end, of those that were looked at last; 0 = it is not there */
	__u32 last;  /* the last four bytes that were looked at */
	__u32 usual; /* where the last head ended that was found in a prefix */
	__u8 state;  /* enum head_state */
	__u8 pad0[3];
};

/* Segments whose arrival is remembered until they are read. A power of two. */
#define ARRIVAL_MARKS 4

struct connection {
	__u64 id;
	/* Here, so that a capture into the second one has room behind it as far as the verifier can tell. */
	struct slot slots[2]; /* index: enum direction */
	__u64 established_ns;
	/* First unread byte: when it arrived and its sequence number; the second pair is for a segment that arrives between the
	 * copy in recv and the hook after it. 0 = none. */
	__u64 arrived_ns;
	__u64 arrived2_ns;
	__u32 arrived_seq;
	__u32 arrived2_seq;
	/* Bytes so far by direction (index: enum direction). */
	__u64 stream_bytes[2];
	/*
	 * Bytes of the open turn, by direction, that io_uring moved and whose buffer its completion will tell; in stream mode bytes
	 * that no chunk has yet.
	 */
	__u64 awaited[2];
	/* What user space knows of the turn whose head it already has. */
	__u64 reported_bytes;
	__u32 reported_captured;
	/* Number of the last turn or chunk begun; 0 = none yet. */
	__u32 seq;
	/* tcp_sock.write_seq and copied_seq up to which sent and read bytes are credited to a turn (lib/sequence.h). */
	__u32 write_seq;
	__u32 read_seq;
	/* Sent bytes of a turn that was opened by write_seq and whose system call has not returned yet. */
	__u32 owed;
	/* Sent bytes of such turns that were given up, because a later write came first. */
	__u32 unpaid;
	/* Turns whose head was reported but whose end found no room on the ring. */
	__u32 ends_lost;
	/* sock.skc_portpair: whose entry it is. 0 = not known yet. */
	__u32 ports;
	/* Stream mode: number of the last turn before it, and of the last chunk by direction. */
	__u32 stream_seq;
	__u32 chunk_seq[2];
	__u8 direction;         /* of the open turn; stream mode: of the last call */
	__u8 request_direction; /* the side that speaks first */
	__u8 verdict;           /* enum verdict */
	__u8 claimed;           /* a selected process has used it */
	__u8 head_reported;     /* of the open turn against request_direction */
	__u8 midstream;
	__u8 role;
	__u8 tls;         /* TLS records were seen: socket I/O is ciphertext, turns are what taps report (lib/tls.h) */
	__u8 tls_hello;   /* the header of what may be a ClientHello was read, and the rest of it was not */
	__u8 tls_unbound; /* ciphertext was answered and no session was bound: user space was told */
	__u8 tls_bound;   /* a session is bound */
	__u8 tls_seen;    /* a session is, or was, bound */
	__u8 tls_data;    /* application data, or the end of a handshake that looks like it, was received */
	__u8 tls_inside;  /* the library reads the socket: it asks for the header of a record alone */
	__u8 tls_unsure;  /* where the next TLS record begins is not known */
	__u8 tls_drained; /* the last read left nothing unread in the socket */
	__u8 tls_held;    /* the head of the answer waits for its ciphertext to leave */
	__u8 is_framed;   /* HTTP/2, in stream mode: the kernel walks its frames */
	__u8 tls_notes;   /* reads whose records were noted while no session was bound */
	__u8 tls_settled; /* rustls: bit for each enum direction whose cipher is known (lib/rustls.h) */
	__u8 tls_random;  /* its ClientHello is in tap_hellos */
	__u8 is_connecting; /* it was not established yet: its sequence numbers are none */
	__u8 told_unseen; /* user space was told that somebody reads in a way that no hook sees */
	__u8 wants_turns; /* user space wants no stream any more (chunk__leaves) */
	struct head_scan heads[2]; /* index: enum direction */
	/* Length of the last turn that was one request without a body. */
	__u32 request_end;
	__u8 was_reset; /* by the other side */
	__u8 unfollowed; /* a selected process used it by calls that are not followed (lib/compat.h) */
	__u8 tls_passed_on; /* its process passes on what others say to each other (lib/tls.h) */
	__u8 pad0[1];
	/* The session that is bound, and its process; 0 = none. */
	__u64 session;
	__u32 session_pid;
	/* Received bytes of the current TLS record that are still to come. */
	__u32 tls_record_left;
	/* When the ciphertext read last had arrived (0 = not known) and was read. */
	__u64 tls_arrived_ns;
	__u64 tls_read_ns;
	/* The same of the first application data that no tap has received yet; tls_first_read_ns 0 = there is none. */
	__u64 tls_first_arrived_ns;
	__u64 tls_first_read_ns;
	/* When the program last asked for plaintext without having been given any; 0 = it was given some. */
	__u64 tls_asked_ns;
	/* Ciphertext sent since the first write of the open OUT turn was begun, and when the first and last of it left. */
	__u64 tls_sent;
	__u64 tls_first_sent_ns;
	__u64 tls_last_sent_ns;
	/* The last write of a client that has received nothing yet: it may be tried again (openssl.bpf.c). */
	__u64 tls_tried_bytes;
	__u64 tls_tried_first;
	__u64 tls_tried_last;
	/* rustls: keys of the first and last record whose plaintext is to be delivered when its write is over; 0 = none. */
	__u64 tls_due;
	__u64 tls_due_last;
	/* HTTP/2: segments that arrived behind others that are not read yet (lib/arrival.h). */
	__u64 mark_ns[ARRIVAL_MARKS];
	__u32 mark_seq[ARRIVAL_MARKS];
	__u64 marks;
	/* When the part of a call that is being reported arrived, where it is not the first one; 0 = not known. */
	__u64 part_ns;
	/* When the bytes left that the writing call at hand sends; 0 = not noted (lib/departure.h). */
	__u64 departed_ns;
	struct frame_walk walks[2]; /* index: enum direction */
	/* Never written: the verifier adds the largest offset and the largest length of a capture into slots[1], and must end in here. */
	__u8 slack[192];
};

struct port_key {
	__u32 netns;
	__u16 port; /* host byte order */
	__u16 pad0;
};

/* How the running context of a process is found (map tap_runtimes). */
enum tap_runtime_kind {
	TAP_RUNTIME_THREADS = 0, /* as without an entry: the thread */
	TAP_RUNTIME_GO = 1,      /* the goroutine, whose address is in thread-local storage */
	TAP_RUNTIME_RUSTLS = 2,  /* by no context: ciphertext proves whose it is (lib/rustls.h) */
};

struct tap_runtime {
	__u32 kind;             /* enum tap_runtime_kind */
	__s32 goroutine_offset; /* GO: from the thread pointer (fs base); -8 in most programs */
	__u64 reader_offset;    /* GO: written by the kernel side: of the plaintext's bytes.Reader in a crypto/tls.Conn; 0 = not known yet */
};

/* What user space has decided about an executable file (map `executables`). */
enum executable_flag {
	EXECUTABLE_SELECTED = 1 << 0, /* a process is selected by executing it, whatever else is true of the process */
	EXECUTABLE_BY_PORT = 1 << 1,  /* a process that executes it is selected by listening on a port of `selecting_ports`, whatever else */
	EXECUTABLE_UNWANTED = 1 << 2, /* executing it never selects a process: user space need not be told */
};

/* What else the kernel must know to select a process by itself (map `selection`). Written once, by user space. */
struct selection_rules {
	__u32 own_pid;      /* never selected; 0 = none */
	__u8 any_by_port;   /* nothing is excluded: every executable but the port holders (lib/selection.h) is EXECUTABLE_BY_PORT */
	__u8 pad0;
	__u16 pad1;
};

struct port_value {
	__u32 pid;
	__u32 pad0;
	__u64 unclaimed_ns; /* when user space was told of an unclaimed connection last */
};

#endif
