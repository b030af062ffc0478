/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_CONFIG_H
#define BEYLA_CONFIG_H

/* Set by the loader before load; the verifier treats them as constants. */

/* Bytes of each turn to capture; at most TURN_PREFIX_MAX. */
const volatile __u32 capture_bytes = TURN_PREFIX_MAX;

/* The reader is woken when the ring's fill crosses this many bytes; below it drains on a timer. */
const volatile __u32 wakeup_bytes = 1 << 20;

#endif
