/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_TAP_H
#define BEYLA_LIB_TAP_H

/*
 * Taps: uprobes that see the plaintext of TLS in the program, and the rules that tell whose socket it is.
 *
 * A *session* is the program's own name for a TLS connection: the address of its SSL, or of its crypto/tls.Conn. It is bound to one
 * socket at a time. Only a proof binds it; what is not proven stays unknown and is counted (COUNTER_TAP_UNBOUND). The order in which a
 * thread makes its calls is no proof, since programs queue what they have read and hand it over to other threads.
 *   - OpenSSL and BoringSSL keep the random of the ClientHello in the session: the connection of the same process whose ClientHello had it is
 *     the session's, whatever threads do. Where it is kept is found by a search, once in each process.
 *   - The end of a record, which is its authentication tag, stands in memory behind the plaintext that a session gives to the program. The
 *     connection from which a record with this end was read is the session's.
 *   - A socket that is written to while a write on a session is under way on the thread, by as much as that write encrypts, is the session's.
 *   - Go: I/O inside of a call on a session, and in its goroutine, is I/O of the session's socket.
 * A binding ends with the session (SSL_free, SSL_clear), when it is given another socket, or with the connection. What is bound to another
 * session, or to that of a parent process, goes over to the one that proves to have its ClientHello.
 *
 * Programs, all SEC("uprobe"), which user space attaches at file offsets; the PID filter is inside. None replaces a return address: programs
 * that switch stacks, throw exceptions or cancel threads inside of a call would die of that. Objects share every map of sockets.bpf.o. For
 * uprobe_multi, open the object with `uprobeMulti: true`.
 *
 * openssl.bpf.o (OpenSSL 1.1 and 3, BoringSSL). At an entry, on any instruction where rdi, rsi, rdx (and rcx) still are the arguments:
 *   openssl_read         SSL_read and SSL_read_ex
 *   openssl_write        SSL_write
 *   openssl_write_ex     SSL_write_ex
 *   openssl_write_all    SSL_write in place of openssl_write, where it takes all or, while the handshake lasts, is tried again with the same
 *   openssl_handshake    SSL_do_handshake, SSL_accept, SSL_connect, SSL_peek and SSL_peek_ex
 *   openssl_sendfile     SSL_sendfile
 *   openssl_free         SSL_free
 *   openssl_reset        SSL_clear, SSL_set_bio, SSL_set_fd and what else gives a session another socket
 * Inside:
 *   openssl_copy         each CALL of memcpy by which a read may give plaintext to the program
 *   openssl_return       wherever a write, or SSL_sendfile, is about to return, and rax is its result; also a read without openssl_copy
 * Attach openssl_return first and detach it last: an entry without its return holds a call open.
 *
 * go_tls.bpf.o, crypto/tls. An entry is the `jbe` of the stack check at a function's beginning, or the instruction
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
	TAP_WRITE,
	TAP_WRITE_EX,
	TAP_SENDFILE,
	TAP_HANDSHAKE,
};

/* The authentication tag at the end of a record, and the part of it that records are known by: its last bytes. */
#define TAP_TAG_SIZE 16
#define TAP_TAG_PART 8

/* Reads of a connection whose session is not known that are noted in a process of which no tap has seen a call. */
#define TAP_NOTES_MAX 64

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

	if (!session || conn->tls_bound || bpf_map_update_elem(&tap_sessions, &key, &value, BPF_ANY))
		return;
	conn->session = session;
	conn->session_pid = pid;
	conn->tls_bound = 1;
	conn->tls_seen = 1;
	/* At most the last of what was sent belongs to a call on the session. */
	conn->tls_first_sent_ns = conn->tls_last_sent_ns;
	/* What was said before is not known. */
	if (conn->tls_unbound) {
		if (!conn->midstream)
			count(COUNTER_TLS_LATE);
		conn->midstream = 1;
	}
}

static __always_inline void tap__unbind(struct connection *conn)
{
	struct tap_session_key key = { .session = conn->session, .pid = conn->session_pid };

	if (conn->session)
		bpf_map_delete_elem(&tap_sessions, &key);
	conn->session = 0;
	conn->tls_bound = 0;
}

/* The session is no more, or has another socket. If it goes on with this one all the same, that will be proven again. */
__noinline int tap__forget(__u64 session, __u64 pid)
{
	struct tap_session_key key = { .session = session, .pid = pid };
	struct connection *conn = tap__connection(session, pid);

	if (conn && conn->session == session && conn->session_pid == key.pid)
		tap__unbind(conn);
	bpf_map_delete_elem(&tap_sessions, &key);
	return 0;
}

static __always_inline void tap__connection_ends(struct connection *conn)
{
	if (!conn->tls)
		return;
	if (!conn->tls_seen && conn->claimed && conn->verdict != VERDICT_IGNORE)
		count(conn->tls_passed_on ? COUNTER_TLS_PASSED_ON : COUNTER_TLS_UNTAPPED);
	tap__unbind(conn);
}

/* How much of a session is searched for the random, and of what it points to, and in how many sessions of a process. */
#define TAP_SEARCHED_WORDS 128
#define TAP_SEARCHED_POINTERS 32
#define TAP_SEARCHED_POINTED_WORDS 40
#define TAP_SEARCHES_MAX 64
#define TAP_LOWEST_POINTER 0x10000

/* The ClientHello with this random that the process has read or sent, or, since it was forked with a session of its own, its parent. */
static __always_inline struct tap_hello *tap__hello(__u64 random, __u32 pid)
{
	__u64 key = tls__hello_key(random, pid);
	struct tap_hello *hello;

	if (!random)
		return NULL;
	hello = bpf_map_lookup_elem(&tap_hellos, &key);
	if (hello)
		return hello;
	key = tls__hello_key(random, current__parent());
	return bpf_map_lookup_elem(&tap_hellos, &key);
}

/* The connection with the ClientHello that has this random is the session's. */
static __always_inline bool tap__has_hello(__u64 session, __u32 pid, __u64 random, bool takes_over)
{
	struct tap_hello *hello = tap__hello(random, pid);
	struct connection *conn;
	__u64 sock;

	if (!hello)
		return false;
	sock = hello->sock;
	conn = bpf_map_lookup_elem(&connections, &sock);
	if (!conn || conn->id != hello->connection)
		return false;
	/* It was that of the same session in a parent process, or of one that was given up. */
	if (conn->tls_bound && (takes_over || conn->session == session))
		tap__unbind(conn);
	tap__bind(session, pid, conn);
	return conn->session == session && conn->session_pid == pid;
}

/* How far from `base` the random of a ClientHello of one of two processes is; 0 = nowhere. Global, verified once. */
__noinline int tap__search(__u64 base, __u64 words, __u64 pid, __u64 parent)
{
	for (__u32 i = 1; i < TAP_SEARCHED_WORDS; i++) {
		__u64 random = 0;
		__u64 key;

		if (i >= words || bpf_probe_read_user(&random, sizeof(random), (void *)(base + i * sizeof(random))))
			break;
		if (!random)
			continue;
		key = tls__hello_key(random, pid);
		if (bpf_map_lookup_elem(&tap_hellos, &key))
			return i * sizeof(random);
		key = tls__hello_key(random, parent);
		if (bpf_map_lookup_elem(&tap_hellos, &key))
			return i * sizeof(random);
	}
	return 0;
}

/*
 * OpenSSL 3 has the random in its session; 1.1 and BoringSSL have it in what their session points to. That is looked at first: behind a short
 * session it may happen to stand in memory.
 */
static __always_inline void tap__find_random(struct tap_layout *layout, __u64 session, __u32 pid)
{
	__u32 parent = current__parent();
	__u32 at = 0;

	for (__u32 i = 1; i < TAP_SEARCHED_POINTERS && !at; i++) {
		__u64 pointer = 0;

		if (bpf_probe_read_user(&pointer, sizeof(pointer), (void *)(session + i * sizeof(pointer))))
			break;
		if (pointer < TAP_LOWEST_POINTER || pointer & 7 || pointer >> 47)
			continue;
		at = tap__search(pointer, TAP_SEARCHED_POINTED_WORDS, pid, parent);
		if (at) {
			layout->random = at;
			layout->pointer = i * sizeof(pointer);
		}
	}
	if (at)
		return;
	at = tap__search(session, TAP_SEARCHED_WORDS, pid, parent);
	if (at) {
		layout->random = at;
		layout->pointer = 0;
	}
}

/* The random of a session; 0 before it has one. */
static __always_inline __u64 tap__random_of(const struct tap_layout *layout, __u64 session)
{
	__u64 base = session;
	__u64 random = 0;

	if (layout->pointer)
		bpf_probe_read_user(&base, sizeof(base), (void *)(session + layout->pointer));
	bpf_probe_read_user(&random, sizeof(random), (void *)(base + layout->random));
	return random;
}

/* Binds a session to the connection that has the ClientHello which the session remembers. Global, verified once. */
__noinline int tap__prove(__u64 session, __u64 pid_of_session)
{
	__u32 pid = pid_of_session;
	struct tap_layout fresh = { .tickets = TLS_TICKETS };
	struct tap_layout found = {};
	struct tap_layout *layout = bpf_map_lookup_elem(&tap_layouts, &pid);
	__u64 random;

	if (!session)
		return 0;
	/* A child has what its parent had. */
	if (!layout) {
		bpf_map_update_elem(&tap_layouts, &pid, &fresh, BPF_NOEXIST);
		layout = bpf_map_lookup_elem(&tap_layouts, &pid);
	}
	if (!layout)
		return 0;
	layout->is_tapped = 1;
	if (layout->random) {
		random = tap__random_of(layout, session);
		if (!random)
			return 0;
		if (tap__has_hello(session, pid, random, true))
			return 1;
	}
	/* Of this session nobody saw a ClientHello, or what was found in another one was something else. */
	if (!layout->tickets || layout->searches >= TAP_SEARCHES_MAX)
		return 0;
	layout->tickets -= 1;
	layout->searches += 1;
	tap__find_random(&found, session, pid);
	if (!found.random || !tap__has_hello(session, pid, tap__random_of(&found, session), false))
		return 0;
	layout->random = found.random;
	layout->pointer = found.pointer;
	return 1;
}

/* A whole record was read from a socket, or the rest of one. Global, verified once. */
__noinline int tap__read(__u64 sock, __u64 end_of_record)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct tap_opened opened = { .sock = sock, .pid = current__pid() };
	__u64 tag = 0;

	if (!conn || bpf_probe_read_user(&tag, sizeof(tag), (void *)(end_of_record - TAP_TAG_PART)))
		return 0;
	opened.connection = conn->id;
	bpf_map_update_elem(&tap_reads, &tag, &opened, BPF_ANY);
	return 0;
}

/*
 * Binds a session to the connection from which a record was read whose last plaintext is given to the program. Behind that are, in place,
 * in TLS 1.3 a byte that tells the record's type, and the authentication tag. Global, verified once.
 */
__noinline int tap__prove_by_tag(__u64 session, __u64 pid, __u64 end_of_plaintext)
{
	for (__u32 i = 0; i < 2; i++) {
		struct tap_opened *opened;
		struct connection *conn;
		__u64 tag = 0;
		__u64 sock;

		if (bpf_probe_read_user(&tag, sizeof(tag), (void *)(end_of_plaintext + i + TAP_TAG_SIZE - TAP_TAG_PART)))
			continue;
		opened = bpf_map_lookup_elem(&tap_reads, &tag);
		if (!opened || opened->pid != (__u32)pid)
			continue;
		sock = opened->sock;
		conn = bpf_map_lookup_elem(&connections, &sock);
		if (!conn || conn->id != opened->connection)
			continue;
		tap__bind(session, pid, conn);
		return 1;
	}
	return 0;
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
__noinline int tap__enter(__u64 context, __u64 pid_and_kind, __u64 session, __u64 buffer, __u64 length)
{
	struct tap_context key = { .id = context, .pid = pid_and_kind };
	enum tap_kind kind = pid_and_kind >> 32;
	struct tap_call fresh = { .session = session, .buffer = buffer, .length = length, .kind = kind };
	struct tap_call *call = bpf_map_lookup_elem(&tap_calls, &key);

	if (call)
		*call = fresh;
	else
		bpf_map_update_elem(&tap_calls, &key, &fresh, BPF_ANY);
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
	/* Where TLS began behind something else, the turn that turned out to be ciphertext was given back. */
	bool is_open = direction ? conn->slots[DIRECTION_OUT].record.seq : conn->slots[DIRECTION_IN].record.seq;
	bool begins = !is_open || conn->direction != direction ||
		      turn__begins_anew(conn->slots[DIRECTION_IN].record.sock, direction, io->base, io->kind);
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
		conn->tls_asked_ns = 0;
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

	if (conn)
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

/* A call that receives had nothing for the program. */
static __always_inline void tap__received_nothing(__u64 session, __u32 pid)
{
	struct connection *conn = tap__connection(session, pid);

	if (conn)
		tls__nothing_received(conn);
}

static __always_inline __u64 tap__goroutine(const struct tap_runtime *runtime)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u64 goroutine = 0;

	bpf_probe_read_user(&goroutine, sizeof(goroutine), (void *)(BPF_CORE_READ(task, thread.fsbase) + runtime->goroutine_offset));
	return goroutine;
}

/* GO: what the goroutine that does this I/O says of whose socket it is. False where it says nothing. Global, verified once. */
__noinline int tap__learn_by_goroutine(__u64 sock, __u64 direction, __u64 pid)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct tap_context key = { .pid = pid };
	struct tap_runtime *runtime = bpf_map_lookup_elem(&tap_runtimes, &key.pid);
	struct tap_call fresh = { .read_sock = sock };
	struct tap_call *call;

	if (!conn || !runtime)
		return 0;
	key.id = tap__goroutine(runtime);
	call = bpf_map_lookup_elem(&tap_calls, &key);
	if (call && call->kind) {
		/* That a call is over is not seen: what this goroutine does now may be of another session, which it closes. */
		if (!tap__connection(call->session, key.pid))
			tap__bind(call->session, key.pid, conn);
	} else if (direction == DIRECTION_IN) {
		/* A Read that began before the probes were there: what it gives to its caller was read by it. */
		if (!call) {
			fresh.read_connection = conn->id;
			bpf_map_update_elem(&tap_calls, &key, &fresh, BPF_ANY);
			return 0;
		}
		call->read_sock = sock;
		call->read_connection = conn->id;
	}
	return call != NULL;
}

/* The session of a Read of Go that nobody saw begin is that of the socket it has read. */
static __always_inline void tap__claim(struct tap_call *call, __u64 session, __u32 pid)
{
	__u64 sock = call->read_sock;
	struct connection *conn;

	if (!sock)
		return;
	call->read_sock = 0;
	conn = bpf_map_lookup_elem(&connections, &sock);
	if (conn && conn->id == call->read_connection)
		tap__bind(session, pid, conn);
}

/* The first record of what a write encrypts: header, tag, and what comes to it of a nonce, a type or padding. */
#define TAP_RECORD_PLAINTEXT_MAX 16384
#define TAP_OVERHEAD_MIN 21
#define TAP_OVERHEAD_MAX 64

static __always_inline bool tap__writes_inside(const struct tap_call *call, __u64 bytes)
{
	__u64 length = call->length;

	if ((call->kind != TAP_WRITE && call->kind != TAP_WRITE_EX) || !length)
		return false;
	if (length > TAP_RECORD_PLAINTEXT_MAX)
		length = TAP_RECORD_PLAINTEXT_MAX;
	return bytes >= length + TAP_OVERHEAD_MIN && bytes <= length + TAP_OVERHEAD_MAX;
}

/* What the thread, or goroutine, that does this I/O is doing may prove whose socket it is. */
static __always_inline void tap__learn(struct connection *conn, __u8 direction, __u32 pid, __u64 bytes)
{
	struct tap_context key = { .id = (__u32)bpf_get_current_pid_tgid(), .pid = pid };
	struct tap_runtime *runtime = bpf_map_lookup_elem(&tap_runtimes, &pid);
	struct tap_call *call;

	if (runtime && runtime->kind == TAP_RUNTIME_GO &&
	    tap__learn_by_goroutine(conn->slots[DIRECTION_IN].record.sock, direction, pid))
		return;
	call = bpf_map_lookup_elem(&tap_calls, &key);
	if (!call || tap__connection(call->session, pid))
		return;
	if (conn->tls_random)
		tap__prove(call->session, pid);
	else if (direction == DIRECTION_OUT && tap__writes_inside(call, bytes))
		tap__bind(call->session, pid, conn);
}

/* Global: within tap__socket_io() it takes too much of the stack. */
__noinline int tap__ciphertext_left(__u64 sock, __u64 bytes)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct slot *slot;
	bool is_first;
	__u64 now;

	if (!conn)
		return 0;
	slot = &conn->slots[DIRECTION_OUT];
	is_first = !conn->tls_sent;
	now = departure__last(conn, sock, bpf_ktime_get_ns());

	/* Before the first request all that is answered is the handshake. */
	if (!conn->stream_bytes[DIRECTION_IN])
		conn->tls_first_read_ns = 0;
	conn->tls_sent += bytes;
	if (is_first)
		conn->tls_first_sent_ns = departure__first(conn, departure__flight(sock), now);
	departure__done(conn, sock);
	conn->tls_last_sent_ns = now;
	if (conn->direction != DIRECTION_OUT || !slot->record.seq || slot->record.header.kind != RECORD_TURN)
		return 0;
	if (is_first)
		slot->record.first_ns = conn->tls_first_sent_ns;
	slot->record.last_ns = now;
	if (conn->tls_held)
		tap__report_head(conn);
	return 0;
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
static __always_inline __u64 tap__notes(struct connection *conn, __u32 pid, bool proves)
{
	struct tap_layout *layout;

	if (proves)
		return TLS_NOTES_RECORDS;
	if (!conn->tls_bound) {
		layout = bpf_map_lookup_elem(&tap_layouts, &pid);
		if (layout && layout->is_tapped)
			return TLS_NOTES_RECORDS;
		if (conn->tls_notes >= TAP_NOTES_MAX)
			return 0;
		conn->tls_notes += 1;
		return TLS_NOTES_RECORDS;
	}
	return conn->tls_settled >> DIRECTION_IN & 1 ? TLS_NOTES_AFTER_UPDATE : 0;
}

/* I/O of ciphertext on a socket. Global, verified once. */
__noinline int tap__socket_io(__u64 sock, __u64 base, __u64 kind_and_direction, __u64 bytes)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	__u8 direction = kind_and_direction >> 8 & 1;
	__u32 pid = current__pid();
	bool proves;

	if (!conn)
		return 0;
	proves = rustls__proves(conn, direction, pid);
	if (direction == DIRECTION_IN)
		tls__received(sock, base, (kind_and_direction & 0xff) | tap__notes(conn, pid, proves), bytes);
	else
		tap__ciphertext_left(sock, bytes);
	return 0;
}

/* I/O of ciphertext on a socket whose session is not known. Called by the program itself: in deeper calls the stack would not do. */
__noinline int tap__unbound_io(__u64 sock, __u64 direction_of_call, __u64 bytes)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	__u8 direction = direction_of_call & 1;
	__u32 pid = current__pid();
	bool proves;

	if (!conn)
		return 0;
	proves = rustls__proves(conn, direction, pid);
	tap__learn(conn, direction, pid, bytes);
	/* Whoever has a tap has bound what was read before it answers it. */
	if (!conn->tls_bound && !proves && !conn->tls_seen && !conn->tls_unbound && !conn->tls_passed_on &&
	    direction == DIRECTION_OUT && conn->tls_data) {
		conn->tls_unbound = 1;
		emit__process(RECORD_TLS, pid, 0, BPF_RB_FORCE_WAKEUP);
	}
	return 0;
}

#endif
