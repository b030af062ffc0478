/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_HTTP2_H
#define BEYLA_LIB_HTTP2_H

/*
 * The little that the kernel knows of HTTP/2 (RFC 9113): how a connection begins, and the header of a frame. It has to, because the
 * compression of header fields needs every byte from the first on, and because bodies are not worth their way to user space.
 */

/* Of the connection preface "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" (RFC 9113 §3.4) the first 16 bytes are compared: nothing else begins like this. */
#define HTTP2_PREFACE 24
#define HTTP2_PREFACE_COMPARED 16
#define HTTP2_PREFACE_LOW 0x5448202a20495250ULL /* "PRI * HT", as little-endian machines load it */
#define HTTP2_PREFACE_HIGH 0x0a0d302e322f5054ULL /* "TP/2.0\r\n" */

#define HTTP2_HEADER 9

enum http2_type {
	HTTP2_DATA = 0,
	HTTP2_HEADERS = 1,
	HTTP2_PRIORITY = 2,
	HTTP2_RST_STREAM = 3,
	HTTP2_SETTINGS = 4,
	HTTP2_PUSH_PROMISE = 5,
	HTTP2_PING = 6,
	HTTP2_GOAWAY = 7,
	HTTP2_WINDOW_UPDATE = 8,
	HTTP2_CONTINUATION = 9,
};

enum http2_flag {
	HTTP2_END_STREAM = 0x1,
	HTTP2_ACK = 0x1,
	HTTP2_END_HEADERS = 0x4,
	HTTP2_PADDED = 0x8,
	HTTP2_HAS_PRIORITY = 0x20,
};

/* Fields of a frame header, from its first 8 bytes as little-endian machines load them. */
static __always_inline __u32 http2__length(__u64 header)
{
	return (header & 0xff) << 16 | (header >> 8 & 0xff) << 8 | (header >> 16 & 0xff);
}

static __always_inline __u8 http2__type(__u64 header)
{
	return header >> 24;
}

static __always_inline __u8 http2__flags(__u64 header)
{
	return header >> 32;
}

/* Whether a frame begins a header block, and has no flags that such a frame cannot have. */
static __always_inline bool http2__is_headers(__u64 header)
{
	return http2__type(header) == HTTP2_HEADERS &&
	       !(http2__flags(header) & ~(HTTP2_END_STREAM | HTTP2_END_HEADERS | HTTP2_PADDED | HTTP2_HAS_PRIORITY));
}

/* The stream of a frame; `last` is the ninth byte of its header. */
static __always_inline __u32 http2__stream(__u64 header, __u8 last)
{
	return (header >> 40 & 0x7f) << 24 | (header >> 48 & 0xff) << 16 | (header >> 56) << 8 | last;
}

/* The longest payload of a DATA frame that is passed on. */
#define HTTP2_DATA_MAX 64

static __always_inline bool http2__is_long_data(__u64 header)
{
	return http2__type(header) == HTTP2_DATA && http2__length(header) > HTTP2_DATA_MAX;
}

/*
 * Whether 9 bytes may be the header of a frame, where that is not certain: in the middle of a connection. Type, flags, length and stream
 * have to fit each other; among random bytes one in ten million does.
 */
static __always_inline bool http2__is_header(__u64 header, __u8 last)
{
	__u32 length = http2__length(header);
	__u8 flags = http2__flags(header);
	bool has_stream = header >> 40 || last;

	/* Frames of more than 64 KiB need a setting that hardly anybody makes; the reserved bit is never set. */
	if (length > 0xffff || header >> 40 & 0x80)
		return false;
	switch (http2__type(header)) {
	case HTTP2_DATA:
		return has_stream && !(flags & ~(HTTP2_END_STREAM | HTTP2_PADDED));
	case HTTP2_HEADERS:
		return has_stream && length &&
		       !(flags & ~(HTTP2_END_STREAM | HTTP2_END_HEADERS | HTTP2_PADDED | HTTP2_HAS_PRIORITY));
	case HTTP2_PRIORITY:
		return has_stream && length == 5 && !flags;
	case HTTP2_RST_STREAM:
		return has_stream && length == 4 && !flags;
	case HTTP2_SETTINGS:
		return !has_stream && (flags ? flags == HTTP2_ACK && !length : length % 6 == 0);
	case HTTP2_PUSH_PROMISE:
		return has_stream && length >= 4 && !(flags & ~(HTTP2_END_HEADERS | HTTP2_PADDED));
	case HTTP2_PING:
		return !has_stream && length == 8 && !(flags & ~HTTP2_ACK);
	case HTTP2_GOAWAY:
		return !has_stream && length >= 8 && !flags;
	case HTTP2_WINDOW_UPDATE:
		return length == 4 && !flags;
	case HTTP2_CONTINUATION:
		return has_stream && !(flags & ~HTTP2_END_HEADERS);
	}
	return false;
}

static __always_inline bool http2__is_preface(__u64 low, __u64 high)
{
	return low == HTTP2_PREFACE_LOW && high == HTTP2_PREFACE_HIGH;
}

/*
 * Whether the turn turned out to be HTTP/2 with the bytes just captured, of which there were `before` before: it begins with the preface,
 * or, on a connection whose beginning was not seen, with what looks like a frame.
 */
static __always_inline bool http2__begins(const struct connection *conn, const struct slot *slot, __u64 before)
{
	__u64 low;
	__u64 high;

	if (before >= HTTP2_PREFACE_COMPARED || slot->record.captured < HTTP2_HEADER)
		return false;
	__builtin_memcpy(&low, slot->prefix, sizeof(low));
	if (low == HTTP2_PREFACE_LOW && slot->record.captured >= HTTP2_PREFACE_COMPARED) {
		__builtin_memcpy(&high, &slot->prefix[8], sizeof(high));
		return http2__is_preface(low, high);
	}
	return conn->midstream && before < HTTP2_HEADER && http2__is_header(low, slot->prefix[8]);
}

#endif
