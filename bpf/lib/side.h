/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_SIDE_H
#define BEYLA_LIB_SIDE_H

/*
 * What a connection has of each direction. Of a choice between two pointers the verifier would follow both to the end of the function, and of
 * every loop in it; an index that it only knows to be 0 or 1 is one state. A direction that is known when it is compiled stays a constant.
 */
static __always_inline __u64 side__index(__u64 direction)
{
	direction &= 1;
	asm volatile("" : "+r"(direction));
	return direction;
}

#define SIDE(pair, direction) (__builtin_constant_p(direction) ? &(pair)[(direction) & 1] : &(pair)[side__index(direction)])

static __always_inline struct slot *connection__slot(struct connection *conn, __u64 direction)
{
	return SIDE(conn->slots, direction);
}

static __always_inline struct frame_walk *connection__walk(struct connection *conn, __u64 direction)
{
	return SIDE(conn->walks, direction);
}

static __always_inline struct head_scan *connection__head(struct connection *conn, __u64 direction)
{
	return SIDE(conn->heads, direction);
}

#endif
