/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_HEAD_H
#define BEYLA_LIB_HEAD_H

/*
 * The head of an HTTP/1 message that is longer than a turn's prefix. What lies behind the prefix goes out at once, piece by piece
 * (RECORD_HEAD), up to the empty line that ends a head or to HEAD_MAX bytes, because nothing of the call is left when its turn is reported.
 * A turn that fits into its prefix costs nothing here.
 */

/*
 * At the head of a loop: what the loop changes is in the map and is read anew, so that the verifier, which knows nothing of what it reads
 * there, sees the same state however the last iteration went.
 */
#define FORGET() asm volatile("" : : : "memory")

enum head_state {
	HEAD_UNKNOWN = 0, /* all of the turn so far is in its prefix */
	HEAD_OPEN = 1,    /* its end was not found yet: the next bytes are sent, too */
	HEAD_OVER = 2,    /* the rest is body, or was given up, or this is no head */
};

/* The last four bytes of a head, as little-endian machines load them. */
#define HEAD_END 0x0a0d0a0d

#define HEAD_PIECES (HEAD_MAX / HEAD_PIECE_MAX + 2)

struct head_piece {
	struct head_record record;
	__u8 data[HEAD_PIECE_MAX];
};

#define CR_BYTES 0x0d0d0d0d0d0d0d0dULL
#define LF_BYTES 0x0a0a0a0a0a0a0a0aULL
#define LOW_BITS 0x0101010101010101ULL
#define HIGH_BITS 0x8080808080808080ULL
/* Multiplied with 1 << 8 * n it has n in its highest byte. */
#define BYTE_NUMBERS 0x0001020304050607ULL

/* The highest bit of each byte of a word that is the same in `bytes`. */
static __always_inline __u64 head__same_bytes(__u64 word, __u64 bytes)
{
	__u64 difference = word ^ bytes;

	return ~(((difference & ~HIGH_BITS) + ~HIGH_BITS) | difference) & HIGH_BITS;
}

/*
 * The highest bit of each byte of a word that ends a head. `last` has the four bytes before the word. Without a branch, since the verifier
 * would follow each of them for each word.
 */
static __always_inline __u64 head__ends_in(__u64 last, __u64 word)
{
	__u64 cr = head__same_bytes(word, CR_BYTES);
	__u64 lf = head__same_bytes(word, LF_BYTES);
	__u64 cr_before = head__same_bytes(last, CR_BYTES) << 32;
	__u64 lf_before = head__same_bytes(last, LF_BYTES) << 32;

	return lf & (cr << 8 | cr_before >> 56) & (lf << 16 | lf_before >> 48) & (cr << 24 | cr_before >> 40);
}

/* The number of the first byte whose highest bit is set. */
static __always_inline __u64 head__first_byte(__u64 bits)
{
	return ((bits & -bits) >> 7) * BYTE_NUMBERS >> 56;
}

/*
 * Looks for the end of a head in `length` bytes, in words of eight, of which most have no line end. `scan->last` has the four bytes before,
 * and afterwards the last four. `scan->end` is then how many bytes there are up to the end, which is included; 0 if it is not there. What
 * the loop compares and finds is in the map, where the verifier forgets it: else it would follow every way out of the loop to the end.
 */
static __always_inline void head__find_end(const __u8 *bytes, __u64 length, const __u64 max, struct head_scan *scan)
{
	__u64 before = scan->last;
	__u64 word = 0;
	__u64 rest;

	scan->length = length;
	scan->end = 0;
	for (__u64 at = 0; at < max; at += 8) {
		__u64 lines;

		FORGET();
		if (at >= scan->length)
			break;
		word = *(const volatile __u64 *)&bytes[at];
		lines = word ^ LF_BYTES;
		if ((lines - LOW_BITS) & ~lines & HIGH_BITS) {
			__u64 ends = head__ends_in(before, word);

			if (ends) {
				scan->end = at + 1 + head__first_byte(ends);
				break;
			}
		}
		FORGET();
		if (at + 8 > scan->length)
			break;
		before = word >> 32;
	}
	FORGET();
	/* What lies behind the bytes is not theirs. */
	if (scan->end > scan->length)
		scan->end = 0;
	/* Of the last word only the first bytes count. */
	rest = scan->length & 7;
	if (rest > 4)
		before = word >> (8 * (rest - 4) & 63);
	else if (rest)
		before = (before | word << 32) >> (8 * rest & 63);
	scan->last = before;
	FORGET();
}

/* Whether a turn begins like a request ("GET ", "POST", "M-SEARCH") or a response ("HTTP/"): the kernel does not need to know more. */
static __always_inline bool head__may_begin(const struct slot *slot)
{
	for (int i = 0; i < 3; i++) {
		__u8 byte = slot->prefix[i];

		if ((byte < 'A' || byte > 'Z') && !(i && byte == '-'))
			return false;
	}
	return true;
}

/*
 * Looks for the end of a head in the prefix of a direction's turn. Global, like the other functions here, to be verified once; 5.10 passes
 * only scalars to such functions.
 */
__noinline int head__scan_prefix(__u64 sock, __u64 direction)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct head_scan *scan;
	struct slot *slot;

	if (!conn)
		return 0;
	scan = connection__head(conn, direction);
	slot = connection__slot(conn, direction);
	scan->last = 0;
	head__find_end(slot->prefix, slot->record.captured, TURN_PREFIX_MAX, scan);
	return 0;
}

/* The turn outgrows its prefix. Is there more of its head to come? */
static __always_inline int head__outgrows_prefix(struct connection *conn, __u64 sock, __u64 direction)
{
	struct head_scan *scan;
	struct slot *slot;
	__u64 captured;
	__u64 end;

	slot = connection__slot(conn, direction);
	scan = connection__head(conn, direction);
	captured = slot->record.captured;
	/* The heads of one connection often have the same length, so the end of the one before is tried first. */
	end = scan->usual;
	if (end >= 4 && end <= captured) {
		__u32 last;
		__u64 at = (end - 4) & (TURN_PREFIX_MAX - 1);

		asm volatile("" : "+r"(at));
		__builtin_memcpy(&last, &slot->prefix[at], sizeof(last));
		if (last == HEAD_END)
			return HEAD_OVER;
	}
	if (!head__may_begin(slot))
		return HEAD_OVER;
	head__scan_prefix(sock, direction);
	FORGET();
	if (!scan->end)
		return HEAD_OPEN;
	scan->usual = scan->end;
	return HEAD_OVER;
}

/*
 * Sends the next bytes of a head: those that `walk` has, or what of them belongs to the head and fits into a piece. Returns whether there is
 * more to do.
 */
__noinline int head__send(__u64 sock, __u64 direction)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct head_piece *piece;
	struct frame_walk *walk;
	struct head_scan *scan;
	struct slot *slot;
	__u64 want;

	if (!conn)
		return 0;
	slot = connection__slot(conn, direction);
	scan = connection__head(conn, direction);
	walk = connection__walk(conn, direction);
	want = walk->segment;
	if (!want)
		return 0;
	if (want > HEAD_PIECE_MAX)
		want = HEAD_PIECE_MAX;
	piece = bpf_ringbuf_reserve(&ring, sizeof(struct head_piece), 0);
	if (!piece) {
		count(COUNTER_RING_FULL);
		count(COUNTER_HEADS_CUT);
		scan->state = HEAD_OVER;
		return 0;
	}
	/* As in chunk.h: masks and barriers are what old verifiers need to see a bound on the very register that is used. */
	want -= 1;
	asm volatile("" : "+r"(want));
	want = (want & (HEAD_PIECE_MAX - 1)) + 1;
	asm volatile("" : "+r"(want));
	if (bpf_probe_read_user(piece->data, want, (void *)walk->from)) {
		bpf_ringbuf_discard(piece, BPF_RB_NO_WAKEUP);
		count(COUNTER_CAPTURE_FAULT);
		count(COUNTER_HEADS_CUT);
		scan->state = HEAD_OVER;
		return 0;
	}
	walk->from += want;
	walk->segment -= want;
	head__find_end(piece->data, want, HEAD_PIECE_MAX, scan);
	if (scan->end)
		want = scan->end;
	piece->record.header.size = sizeof(struct head_piece);
	piece->record.header.kind = RECORD_HEAD;
	piece->record.header.abi = BEYLA_ABI_VERSION;
	piece->record.header.flags = 0;
	piece->record.connection = conn->id;
	piece->record.offset = slot->record.head;
	piece->record.seq = slot->record.seq;
	piece->record.captured = want;
	piece->record.direction = direction & 1;
	piece->record.pad0 = 0;
	bpf_ringbuf_submit(piece, emit__wakeup(sizeof(struct head_piece)));
	count(COUNTER_RECORDS);
	slot->record.head += want;
	if (!scan->end && slot->record.head < head_bytes)
		return walk->segment != 0;
	if (!scan->end)
		count(COUNTER_HEADS_CUT);
	scan->state = HEAD_OVER;
	return 0;
}

/* The turn goes on with the bytes that `walk` has, for which there is no room in its prefix. Those before them are all captured. */
__noinline int head__go_on(__u64 sock, __u64 direction)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct head_scan *scan;
	struct frame_walk *walk;

	if (!conn)
		return 0;
	walk = connection__walk(conn, direction);
	if (!walk->segment)
		return 0;
	scan = connection__head(conn, direction);
	if (scan->state == HEAD_UNKNOWN)
		scan->state = head_bytes <= capture_bytes ? HEAD_OVER : head__outgrows_prefix(conn, sock, direction);
	for (int i = 0; scan->state == HEAD_OPEN && i < HEAD_PIECES; i++) {
		if (!head__send(sock, direction))
			break;
		FORGET();
	}
	walk->segment = 0;
	return 0;
}

/* The first four bytes of what begins a message, as little-endian machines load them. */
enum {
	HEAD_GET = 0x20544547,    /* "GET " */
	HEAD_HEAD = 0x44414548,   /* "HEAD" */
	HEAD_DELETE = 0x454c4544, /* "DELE" */
	HEAD_OPTIONS = 0x4954504f, /* "OPTI" */
	HEAD_ANSWER = 0x50545448, /* "HTTP" */
};

/* Whether a turn begins with a request that has no body as a rule. */
static __always_inline bool head__is_bodiless(const struct slot *slot)
{
	__u32 method = *(const volatile __u32 *)slot->prefix;

	return method == HEAD_GET || method == HEAD_HEAD || method == HEAD_DELETE || method == HEAD_OPTIONS;
}

/*
 * Whether what is said is an answer: the first that is seen of a connection may answer what nobody saw. Global, so that its two
 * outcomes are one to the verifier.
 */
__noinline int head__is_answer(__u64 base, __u64 kind)
{
	struct user_iovec segment = { .base = base };
	__u32 first = 0;

	if (kind == IO_VECTOR)
		bpf_probe_read_user(&segment, sizeof(segment), (void *)base);
	else if (kind != IO_BUFFER)
		return 0;
	bpf_probe_read_user(&first, sizeof(first), (void *)segment.base);
	return first == HEAD_ANSWER;
}

/*
 * Whether a turn holds more than one request: it begins with one that has no body as a rule (GET, HEAD, DELETE, OPTIONS), and goes on
 * behind the empty line that ends it. `before`: bytes of the turn before this call.
 */
static __always_inline bool head__pipelines(struct connection *conn, const struct slot *slot, __u8 direction, __u64 before)
{
	struct head_scan *scan = connection__head(conn, direction);
	__u64 captured = slot->record.captured;
	__u64 bytes = slot->record.bytes;

	if (direction != conn->request_direction || before > captured || captured < 4 || !head__is_bodiless(slot))
		return false;
	if (slot->record.head > captured)
		return scan->end && bytes > slot->record.head;
	/* A connection asks for the same again and again, and has no second empty line in it. */
	if (bytes == captured && bytes == conn->request_end)
		return false;
	head__scan_prefix(slot->record.sock, direction);
	FORGET();
	if (scan->end == bytes)
		conn->request_end = bytes;
	return scan->end && scan->end < bytes;
}

/* Whether a turn begins with two capital letters, as requests do. */
static __always_inline bool head__begins_request(const struct slot *slot)
{
	return slot->prefix[0] >= 'A' && slot->prefix[0] <= 'Z' && slot->prefix[1] >= 'A' && slot->prefix[1] <= 'Z';
}

/* `\r\n0` in the bytes before the empty line at the end of a turn: the last chunk of a body. */
#define LAST_CHUNK 0x300a0d

/*
 * Behind an answer that came early, one call may bring the end of a body and the next request. Its turn begins with neither a request nor what the
 * kernel could follow, but it ends like a request without a body.
 */
static __always_inline bool head__hides_request(const struct connection *conn, const struct slot *slot, __u8 direction)
{
	__u64 tail = slot->record.tail;

	if (direction != conn->request_direction || tail >> 32 != HEAD_END || (tail >> 8 & 0xffffff) == LAST_CHUNK)
		return false;
	return !head__begins_request(slot);
}

#endif
