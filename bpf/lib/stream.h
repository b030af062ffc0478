/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_STREAM_H
#define BEYLA_LIB_STREAM_H

/* The moment at which a connection turns out to be HTTP/2, or to pipeline HTTP/1, and goes over to stream mode, with nothing folded or lost. */

/* Frames of the other side's turn that are walked: its SETTINGS, and what few others may follow. */
#define STREAM_FRAMES_BEFORE 8

/*
 * Finds the place of a direction in its frames behind the first `bytes` bytes of its last turn, which is where it is now. After an upgrade
 * from HTTP/1 that is not looked for: the direction goes on where a call begins with a frame. Global, verified once for both directions.
 */
__noinline int stream__locate(__u64 sock, __u64 direction, __u64 bytes)
{
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct frame_walk *walk;
	struct slot *slot;
	__u64 low;

	if (!conn)
		return 0;
	walk = connection__walk(conn, direction);
	slot = connection__slot(conn, direction);
	walk->position = 0;
	if (!bytes && !slot->record.captured) {
		/* Nothing was said in this direction: it begins with a frame, unless it had begun before the tracer. */
		walk->is_synced = !conn->midstream;
		return 0;
	}
	low = frames__load(slot, 0);
	if (low == HTTP2_PREFACE_LOW)
		walk->position = HTTP2_PREFACE;
	FORGET();
	if (!walk->position && (slot->record.captured < HTTP2_HEADER || !http2__is_header(low, slot->prefix[8])))
		return 0;
	for (int i = 0; i < STREAM_FRAMES_BEFORE; i++) {
		__u64 captured;
		__u64 position;

		FORGET();
		captured = slot->record.captured;
		position = walk->position;
		if (position >= bytes)
			break;
		if (position + HTTP2_HEADER > bytes) {
			if (captured < bytes)
				return 0;
			walk->have = bytes - position;
			walk->header = frames__first(frames__load(slot, position), bytes - position);
			walk->is_synced = 1;
			return 0;
		}
		if (position + HTTP2_HEADER > captured)
			return 0;
		walk->header = frames__load(slot, position);
		walk->position = position + HTTP2_HEADER + http2__length(walk->header);
	}
	FORGET();
	if (walk->position < bytes)
		return 0;
	walk->left = walk->position - bytes;
	walk->is_skipping = walk->left && http2__is_long_data(walk->header);
	walk->ends_stream = http2__flags(walk->header) & HTTP2_END_STREAM;
	walk->header = 0;
	walk->is_synced = 1;
	return 0;
}

/*
 * The turn that a call has just added `bytes` to is the beginning of HTTP/2. The other direction's turn is over. What this one had before,
 * which is a few bytes of a cut preface if anything, and the call itself go out as chunks, the latter by chunk__content(). Global: turn.h is
 * inlined in many places.
 */
__noinline int stream__begins(__u64 sock, __u64 direction_of_call, __u64 bytes)
{
	__u8 direction = direction_of_call & 1;
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct slot *other;
	struct slot *slot;
	bool is_unknown;
	__u64 before;

	if (!conn)
		return 0;
	slot = connection__slot(conn, direction);
	other = connection__slot(conn, 1 - direction);
	before = slot->record.bytes - bytes;
	stream__locate(sock, direction, before);
	stream__locate(sock, 1 - direction, conn->stream_bytes[1 - direction] ? other->record.bytes : 0);
	slot->record.bytes = before;
	if (slot->record.captured > before)
		slot->record.captured = before;
	conn->stream_bytes[direction] -= bytes;
	turn__finish(conn, 1 - direction, 0);
	/* Nobody has heard of this turn, and it is the last one: there was no such turn. */
	is_unknown = slot->record.seq == conn->seq && (direction == conn->request_direction || !conn->head_reported);
	if (is_unknown) {
		conn->seq -= 1;
		uncount(COUNTER_TURNS);
	} else {
		turn__finish(conn, direction, 0);
	}
	chunk__switch(conn);
	conn->verdict = VERDICT_STREAM;
	conn->is_framed = 1;
	if (is_unknown && before)
		frames__send(conn, connection__walk(conn, direction), slot, direction, before,
			     before);
	chunk__place(conn, direction, bytes);
	return 0;
}

/*
 * The turn that a call has just added `bytes` to holds more than one request, so turns do not tell requests and responses apart here. What it
 * had before, which is all in its prefix, and the call itself go out as chunks.
 */
__noinline int stream__pipelines(__u64 sock, __u64 direction_of_call, __u64 bytes)
{
	__u8 direction = direction_of_call & 1;
	struct connection *conn = bpf_map_lookup_elem(&connections, &sock);
	struct slot *slot;
	__u64 before;

	if (!conn)
		return 0;
	slot = connection__slot(conn, direction);
	before = slot->record.bytes - bytes;
	conn->stream_bytes[direction] -= bytes;
	turn__finish(conn, 1 - direction, 0);
	/* Nobody has heard of this turn: a request is reported when its answer begins. */
	conn->seq -= 1;
	uncount(COUNTER_TURNS);
	chunk__switch(conn);
	conn->verdict = VERDICT_STREAM;
	if (before && before <= TURN_PREFIX_MAX) {
		conn->chunk_seq[direction] += 1;
		slot->record.seq = conn->chunk_seq[direction];
		slot->record.bytes = before;
		slot->record.captured = before;
		if (!emit__slot(slot, 0))
			count(COUNTER_CHUNKS_LOST);
	}
	chunk__place(conn, direction, bytes);
	return 0;
}

#endif
