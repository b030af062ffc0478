/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_TAP_H
#define BEYLA_LIB_TAP_H

/*
 * Taps: uprobes that see the plaintext of TLS in the program, and the rules that tell whose socket it is.
 *
 * A *session* is the program's own name for a TLS connection: the address of its SSL, or of its crypto/tls.Conn. It is bound once to one
 * socket, while both live. A *context* is what makes one call after another: the thread, or in Go the goroutine.
 *   - I/O on an unbound TLS socket inside a call on an unbound session binds them.
 *   - OpenSSL 3 keeps the random of the ClientHello in its session: a connection whose ClientHello had it is the session's, whatever threads
 *     do. Where in the session it is, is searched for in each process. Where that is known, the rules below are for connections whose
 *     ClientHello was not seen; and not even for those once a thread called for another connection than the one it had just read.
 *   - Else the read of an unbound TLS socket may be claimed once, by the context's very next call, if that receives; by a handshake only if we
 *     are the server, because a client's first handshake is not about anything that was read. It is claimed when that call is over, if it did no
 *     I/O itself and had plaintext, or if what was read was a ClientHello: else the read may have been of a call that nobody saw begin.
 *   - Else a ClientHello belongs to the unbound session whose call has just come back to its context for want of an answer.
 * What none of them tells stays unknown, and is counted (COUNTER_TAP_UNBOUND).
 *
 * Programs, all SEC("uprobe"), which user space attaches at file offsets; the PID filter is inside. Objects share every map of
 * sockets.bpf.o. For uprobe_multi, open the object with `uprobeMulti: true`.
 *
 * openssl.bpf.o (OpenSSL 1.1 and 3, BoringSSL). At an entry, on any instruction where rdi, rsi, rdx (and rcx) still are the arguments:
 *   openssl_read         SSL_read
 *   openssl_read_ex      SSL_read_ex
 *   openssl_write        SSL_write
 *   openssl_write_ex     SSL_write_ex
 *   openssl_handshake    SSL_do_handshake
 *   openssl_shutdown     SSL_shutdown
 *   openssl_sendfile     SSL_sendfile
 *   openssl_free         SSL_free, entry only
 *   openssl_return       as uretprobe of all the others; or, where OpenSSL is 3 or newer,
 *   openssl3_return      instead of it
 * Attach returns first and detach them last: an entry without its return holds a call open.
 *
 * go_tls.bpf.o, crypto/tls. None is a uretprobe. An entry is the `jbe` of the stack check at a function's beginning, or the instruction
 * after it: its flags tell whether the function will be restarted with a larger stack. Names end with _stack for Go < 1.17:
 *   go_tls_read          (*Conn).Read, entry
 *   go_tls_read_call     inside (*Conn).Read: the CALL of bytes.(*Reader).Read; or, where that is inlined (Go 1.26),
 *   go_tls_read_copy     inside (*Conn).Read: the only CALL of runtime.memmove; or, where there is neither,
 *   go_tls_read_return   each RET of (*Conn).Read
 *   go_tls_write         (*Conn).Write, entry
 *   go_tls_handshake     (*Conn).serverHandshake and (*Conn).clientHandshake, entry
 *   go_tls_close         (*Conn).Close, entry
 * The sockets' side needs an entry in tap_runtimes for each Go process (struct tap_runtime), before the probes are attached; _stack needs
 * it in the probes as well.
 */

enum tap_kind {
	TAP_NONE = 0,
	TAP_READ,
	TAP_READ_EX,
	TAP_WRITE,
	TAP_WRITE_EX,
	TAP_SENDFILE,
	TAP_HANDSHAKE,
	TAP_SHUTDOWN,
};

/* What belongs together follows at once, or, in an interpreter with a lock, when its thread may run again. */
#define TAP_SOON_NS 50000000
/* A program's first call is slow: its runtime compiles what comes next, on a busy machine. */
#define TAP_HELLO_SOON_NS 2000000000
/* Connections of a library that has no tap are read again and again, by threads that also use one that has. */
#define TAP_OFFERS_MAX 8

static __always_inline struct connection *tap__connection(__u64 session, __u32 pid)
{
	struct tap_session_key key = { .session = session, .pid = pid };
	struct tap_session *bound = bpf_map_lookup_elem(&tap_sessions, &key);
	struct connection *conn;
	__u64 sock;

	if (!bound)
		return NULL;
	sock = bound->sock;
	conn = bpf_map_lookup_elem(&connections, &sock);
	return conn && conn->id == bound->connection ? conn : NULL;
}

static __always_inline void tap__bind(__u64 session, __u32 pid, struct connection *conn)
{
	struct tap_session_key key = { .session = session, .pid = pid };
	struct tap_session value = { .sock = conn->slots[DIRECTION_IN].record.sock, .connection = conn->id };

	if (!session || conn->tls_bound || bpf_map_update_elem(&tap_sessions, &key, &value, BPF_NOEXIST))
		return;
	conn->session = session;
	conn->session_pid = pid;
	conn->tls_bound = 1;
	/* At most the last of what was sent belongs to a call on the session. */
	conn->tls_first_sent_ns = conn->tls_last_sent_ns;
	/* What was said before is not known. */
	if (conn->tls_unbound) {
		if (!conn->midstream)
			count(COUNTER_TLS_LATE);
		conn->midstream = 1;
	}
}

/* The session is no more. Its connection is bound to no other one, unless it shakes hands again. */
__noinline int tap__forget(__u64 session, __u64 pid, __u64 shakes_hands)
{
	struct tap_session_key key = { .session = session, .pid = pid };
	struct connection *conn = tap__connection(session, pid);

	if (conn) {
		conn->session = 0;
		conn->tls_bound = !shakes_hands;
	}
	bpf_map_delete_elem(&tap_sessions, &key);
	return 0;
}

static __always_inline void tap__connection_ends(struct connection *conn)
{
	struct tap_session_key key = { .session = conn->session, .pid = conn->session_pid };

	if (!conn->tls)
		return;
	if (conn->session)
		bpf_map_delete_elem(&tap_sessions, &key);
	else if (!conn->tls_bound && conn->claimed && conn->verdict != VERDICT_IGNORE)
		count(COUNTER_TLS_UNTAPPED);
}

/* The next call that receives may take the read, or nobody does. */
static __always_inline bool tap__may_claim(const struct tap_call *call, enum tap_kind kind, __u64 now)
{
	__u64 sock = call->read_sock;
	struct connection *conn;

	if (kind != TAP_READ && kind != TAP_READ_EX && kind != TAP_HANDSHAKE)
		return false;
	conn = bpf_map_lookup_elem(&connections, &sock);
	if (!conn || conn->id != call->read_connection || now - call->since_ns > TAP_SOON_NS)
		return false;
	if (kind != TAP_HANDSHAKE || conn->role == ROLE_SERVER)
		return true;
	/* A handshake takes many reads. They are wanted, and so do not count. */
	if (conn->tls_offers)
		conn->tls_offers -= 1;
	return false;
}

/* How much of a session is searched, and in how many sessions of a process: other libraries keep it elsewhere. */
#define TAP_SEARCHED_WORDS 128
#define TAP_SEARCHES_MAX 64

enum tap_proof {
	TAP_UNPROVEN = 0,   /* none of the ClientHellos that were seen is the session's */
	TAP_PROVEN = 1,     /* and bound */
	TAP_UNPROVABLE = 2, /* nobody knows where to look */
};

static __always_inline bool tap__has_hello(__u64 session, __u32 pid, __u64 random)
{
	struct tap_hello *hello = random ? bpf_map_lookup_elem(&tap_hellos, &random) : NULL;
	struct connection *conn;
	__u64 sock;

	if (!hello)
		return false;
	sock = hello->sock;
	conn = bpf_map_lookup_elem(&connections, &sock);
	if (!conn || conn->id != hello->connection)
		return false;
	tap__bind(session, pid, conn);
	return true;
}

/*
 * Which connection has the ClientHello that a session remembers? Global, verified once.
 */
__noinline int tap__prove(__u64 session, __u64 pid_of_session)
{
	__u32 pid = pid_of_session;
	struct tap_layout *layout = bpf_map_lookup_elem(&tap_layouts, &pid);
	__u64 random = 0;

	if (!layout)
		return TAP_UNPROVABLE;
	if (layout->random) {
		bpf_probe_read_user(&random, sizeof(random), (void *)(session + layout->random));
		return tap__has_hello(session, pid, random) ? TAP_PROVEN : TAP_UNPROVEN;
	}
	if (!layout->tickets || layout->searches >= TAP_SEARCHES_MAX)
		return TAP_UNPROVABLE;
	layout->tickets -= 1;
	layout->searches += 1;
	for (__u32 i = 1; i < TAP_SEARCHED_WORDS; i++) {
		if (bpf_probe_read_user(&random, sizeof(random), (void *)(session + i * sizeof(random))))
			break;
		if (!tap__has_hello(session, pid, random))
			continue;
		layout->random = i * sizeof(random);
		return TAP_PROVEN;
	}
	return TAP_UNPROVABLE;
}

/*
 * The call that may take the read is over, and did no I/O of its own, or it would be known whose session this is. If it had no plaintext
 * either, it may have had nothing to do with what was read.
 */
static __always_inline void tap__claim(struct tap_call *call, __u64 session, __u32 pid, bool has_received)
{
	struct tap_layout *layout = bpf_map_lookup_elem(&tap_layouts, &pid);
	__u64 sock = call->read_sock;
	struct connection *conn;

	call->read_sock = 0;
	if ((!has_received && !call->is_hello && call->kind != TAP_HANDSHAKE) || (layout && layout->is_unruly))
		return;
	conn = bpf_map_lookup_elem(&connections, &sock);
	if (!conn || conn->id != call->read_connection)
		return;
	tap__bind(session, pid, conn);
	conn->tls_claimed = conn->session == session;
}

/*
 * A call on a session of OpenSSL is over. Whose is it, if that is not known; and is what its thread had read its own? If not, threads hand
 * over what they have read. (A part of a record may wait for its rest.) Global, verified once.
 */
__noinline int tap__settle(__u64 context, __u64 pid_of_session, __u64 has_received)
{
	struct tap_context key = { .id = context, .pid = pid_of_session };
	struct tap_call *call = bpf_map_lookup_elem(&tap_calls, &key);
	__u32 pid = pid_of_session;
	enum tap_proof proof = TAP_PROVEN;
	struct tap_layout *layout;
	struct connection *conn;
	struct connection *read;
	__u64 sock;

	if (!call)
		return 0;
	sock = call->read_sock;
	read = sock ? bpf_map_lookup_elem(&connections, &sock) : NULL;
	conn = tap__connection(call->session, pid);
	if (!conn) {
		proof = tap__prove(call->session, pid);
		conn = tap__connection(call->session, pid);
	}
	if (read && !conn && (!read->tls_random || proof == TAP_UNPROVABLE))
		tap__claim(call, call->session, pid, has_received);
	call->read_sock = 0;
	if (!read || !conn || conn->id == read->id || read->id != call->read_connection)
		return 0;
	layout = bpf_map_lookup_elem(&tap_layouts, &pid);
	if (layout && layout->random && !read->tls_bound && !read->tls_unsure && !read->tls_record_left)
		layout->is_unruly = 1;
	return 0;
}

/* Its thread's calls told whose it is, and it has turned out that they tell nothing. */
static __always_inline bool tap__is_doubtful(const struct connection *conn, __u32 pid)
{
	struct tap_layout *layout = conn->tls_claimed ? bpf_map_lookup_elem(&tap_layouts, &pid) : NULL;

	return layout && layout->is_unruly;
}

/* Ciphertext that leaves from here on is of what is written now, unless more of this answer was written before. */
static __always_inline void tap__begin_write(struct connection *conn)
{
	if (!conn || (conn->direction == DIRECTION_OUT && conn->slots[DIRECTION_OUT].record.seq))
		return;
	conn->tls_sent = 0;
	conn->tls_first_sent_ns = 0;
	conn->tls_last_sent_ns = 0;
}

/* A call on a session begins. Global, verified once. */
__noinline int tap__enter(__u64 context, __u64 pid_and_kind, __u64 session, __u64 buffer, __u64 length_at)
{
	struct tap_context key = { .id = context, .pid = pid_and_kind };
	enum tap_kind kind = pid_and_kind >> 32;
	struct tap_call *call = bpf_map_lookup_elem(&tap_calls, &key);

	if (!call) {
		struct tap_call fresh = { .session = session, .buffer = buffer, .length_at = length_at, .kind = kind };

		bpf_map_update_elem(&tap_calls, &key, &fresh, BPF_ANY);
	} else {
		/* BoringSSL shakes hands inside of its own SSL_read and SSL_write. One in itself is the same call seen by two sets of probes. */
		if (kind == TAP_HANDSHAKE && call->kind && call->kind != TAP_HANDSHAKE && call->session == session) {
			call->nested += 1;
			return 0;
		}
		call->is_fed = call->read_sock != 0;
		if (call->read_sock && !tap__may_claim(call, kind, bpf_ktime_get_ns()))
			call->read_sock = 0;
		call->asking = 0;
		call->session = session;
		call->buffer = buffer;
		call->length_at = length_at;
		call->kind = kind;
		call->nested = 0;
	}
	if (kind == TAP_WRITE || kind == TAP_WRITE_EX || kind == TAP_SENDFILE)
		tap__begin_write(tap__connection(session, key.pid));
	return 0;
}

/* The head of an answer is reported when its ciphertext has left: only then is it known how long that took. */
static __always_inline void tap__report_head(struct connection *conn)
{
	if (conn->tls_sent < conn->slots[DIRECTION_OUT].record.bytes) {
		conn->tls_held = 1;
		return;
	}
	conn->tls_held = 0;
	turn__report_head(conn, DIRECTION_OUT);
}

static __always_inline void tap__turn(struct connection *conn, __u8 direction, const struct io *io, __u64 bytes, __u64 now)
{
	bool begins = !conn->seq || conn->direction != direction;
	__u64 left_ns = now;

	if (conn->role == ROLE_UNKNOWN && !conn->seq)
		conn->request_direction = (direction ^ head__is_answer(io->base, io->kind)) & 1;
	conn->owed = 0;
	if (direction == DIRECTION_IN) {
		if (begins) {
			turn__flip(conn, DIRECTION_IN, now);
			tls__stamp(conn, &conn->slots[DIRECTION_IN].record);
		}
		conn->tls_first_read_ns = 0;
		turn__add(conn, DIRECTION_IN, io, bytes, now);
		turn__report_head(conn, DIRECTION_IN);
		return;
	}
	if (conn->tls_sent && conn->tls_last_sent_ns)
		left_ns = conn->tls_last_sent_ns;
	if (begins) {
		turn__flip(conn, DIRECTION_OUT, left_ns);
		if (conn->tls_first_sent_ns)
			conn->slots[DIRECTION_OUT].record.first_ns = conn->tls_first_sent_ns;
	}
	turn__add(conn, DIRECTION_OUT, io, bytes, left_ns);
	tap__report_head(conn);
}

/* Plaintext that a program has received or is about to send. */
static __always_inline void tap__deliver(struct connection *conn, __u8 direction, __u64 base, __u64 kind, __u64 bytes)
{
	struct io io = { .base = base, .kind = kind };

	switch (connection__verdict(conn)) {
	case VERDICT_IGNORE:
		return;
	case VERDICT_STREAM:
		if (!chunk__leaves(conn->slots[DIRECTION_IN].record.sock, direction, 1)) {
			chunk__report(conn->slots[DIRECTION_IN].record.sock, base, 0, kind | direction << 8, bytes);
			return;
		}
		/* fallthrough */
	default:
		tap__turn(conn, direction, &io, bytes, bpf_ktime_get_ns());
	}
}

/* The same by its session. Global, verified once. */
__noinline int tap__data(__u64 session, __u64 pid_and_direction, __u64 base, __u64 kind, __u64 bytes)
{
	struct connection *conn = tap__connection(session, pid_and_direction);

	if (conn && !tap__is_doubtful(conn, pid_and_direction))
		tap__deliver(conn, pid_and_direction >> 32 & 1, base, kind, bytes);
	else
		count(COUNTER_TAP_UNBOUND);
	return 0;
}

static __always_inline void tap__received(__u64 session, __u32 pid, __u64 base, __u64 bytes)
{
	tap__data(session, pid, base, IO_BUFFER, bytes);
}

static __always_inline void tap__sent(__u64 session, __u32 pid, __u64 base, enum io_kind kind, __u64 bytes)
{
	tap__data(session, pid | 1ULL << 32, base, kind, bytes);
}

/* A call that receives had nothing for the program. False where its connection is not known. */
static __always_inline bool tap__received_nothing(__u64 session, __u32 pid)
{
	struct connection *conn = tap__connection(session, pid);

	if (!conn)
		return false;
	tls__nothing_received(conn);
	return true;
}

static __always_inline __u64 tap__goroutine(const struct tap_runtime *runtime)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u64 goroutine = 0;

	bpf_probe_read_user(&goroutine, sizeof(goroutine), (void *)(BPF_CORE_READ(task, thread.fsbase) + runtime->goroutine_offset));
	return goroutine;
}

/* What the context that does this I/O says of whose socket it is. */
static __always_inline void tap__learn(struct connection *conn, __u8 direction, __u32 pid, __u64 now)
{
	struct tap_context key = { .id = (__u32)bpf_get_current_pid_tgid(), .pid = pid };
	struct tap_context thread = key;
	struct tap_runtime *runtime = bpf_map_lookup_elem(&tap_runtimes, &pid);
	bool hello = conn->tls_hello;
	struct tap_call *call;

	conn->tls_hello = 0;
	if (runtime && runtime->kind == TAP_RUNTIME_GO)
		key.id = tap__goroutine(runtime);
	call = bpf_map_lookup_elem(&tap_calls, &key);
	/* A library of C in a Go program. */
	if (!call && key.id != thread.id)
		call = bpf_map_lookup_elem(&tap_calls, &thread);
	if (call && call->kind) {
		call->read_sock = 0;
		tap__bind(call->session, pid, conn);
	} else if (direction == DIRECTION_OUT) {
		if (!call)
			return;
		if (hello && call->asking && now - call->since_ns < TAP_HELLO_SOON_NS &&
		    (!call->remembers || !conn->tls_random || tap__prove(call->asking, pid) == TAP_UNPROVABLE))
			tap__bind(call->asking, pid, conn);
		if (hello)
			call->asking = 0;
		/* Whoever answers what it has read is inside a call that nobody saw begin. */
		if (call->read_connection == conn->id)
			call->read_sock = 0;
	} else if (call) {
		call->read_sock = 0;
		if (conn->tls_offers >= TAP_OFFERS_MAX)
			return;
		/* Until probes are there nobody can claim. */
		if (call->session)
			conn->tls_offers += 1;
		call->read_sock = conn->slots[DIRECTION_IN].record.sock;
		call->read_connection = conn->id;
		call->is_hello = hello;
		call->asking = 0;
		call->since_ns = now;
	} else if (conn->tls_offers < TAP_OFFERS_MAX) {
		struct tap_call fresh = {
			.read_sock = conn->slots[DIRECTION_IN].record.sock,
			.read_connection = conn->id,
			.is_hello = hello,
			.since_ns = now,
		};

		bpf_map_update_elem(&tap_calls, &key, &fresh, BPF_ANY);
	}
}

static __always_inline void tap__ciphertext_left(struct connection *conn, __u64 bytes, __u64 now)
{
	struct slot *slot = &conn->slots[DIRECTION_OUT];
	bool is_first = !conn->tls_sent;

	/* Before the first request all that is answered is the handshake. */
	if (!conn->stream_bytes[DIRECTION_IN])
		conn->tls_first_read_ns = 0;
	conn->tls_sent += bytes;
	if (is_first)
		conn->tls_first_sent_ns = now;
	conn->tls_last_sent_ns = now;
	if (conn->direction != DIRECTION_OUT || !slot->record.seq || slot->record.header.kind != RECORD_TURN)
		return;
	if (is_first)
		slot->record.first_ns = now;
	slot->record.last_ns = now;
	if (conn->tls_held)
		tap__report_head(conn);
}

/* Only what the thread's own call on a session does tells whose socket it is. */
static __always_inline void tap__learn_inside(struct connection *conn, __u32 pid)
{
	struct tap_context key = { .id = (__u32)bpf_get_current_pid_tgid(), .pid = pid };
	struct tap_call *call = bpf_map_lookup_elem(&tap_calls, &key);

	if (call && call->kind)
		tap__bind(call->session, pid, conn);
}

/* What is read and written shows which ciphers are those of the connection. */
static __always_inline bool rustls__proves(const struct connection *conn, __u8 direction, __u32 pid)
{
	struct tap_runtime *runtime;

	/* Another tap has bound it. */
	if (conn->session || conn->tls_settled >> direction & 1)
		return false;
	runtime = bpf_map_lookup_elem(&tap_runtimes, &pid);
	return runtime && runtime->kind == TAP_RUNTIME_RUSTLS;
}

/* Flags of tls__received(). */
static __always_inline __u64 rustls__notes(const struct connection *conn, bool proves)
{
	if (proves)
		return TLS_NOTES_RECORDS;
	return conn->tls_settled >> DIRECTION_IN & 1 ? TLS_NOTES_AFTER_UPDATE : 0;
}

/* I/O of ciphertext on a socket. Global, verified once. */
__noinline int tap__socket_io(__u64 sock, __u64 base, __u64 kind_and_direction, __u64 bytes)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	__u8 direction = kind_and_direction >> 8 & 1;
	__u64 now = bpf_ktime_get_ns();
	__u32 pid = current__pid();
	bool proves;

	if (!conn)
		return 0;
	proves = rustls__proves(conn, direction, pid);
	if (direction == DIRECTION_IN)
		tls__received(sock, base, (kind_and_direction & 0xff) | rustls__notes(conn, proves), bytes);
	else
		tap__ciphertext_left(conn, bytes, now);
	if (conn->tls_bound)
		return 0;
	/* A program may have both: what is read outside of any call on a session is not offered to one, it may be of rustls. */
	if (proves) {
		tap__learn_inside(conn, pid);
		return 0;
	}
	tap__learn(conn, direction, pid, now);
	/* Whoever has a tap has bound what was read before it writes. */
	if (!conn->tls_bound && !conn->tls_unbound && direction == DIRECTION_OUT && conn->tls_read_ns) {
		conn->tls_unbound = 1;
		emit__process(RECORD_TLS, pid, 0, BPF_RB_FORCE_WAKEUP);
	}
	return 0;
}

#endif
