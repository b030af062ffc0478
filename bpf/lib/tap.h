/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BEYLA_LIB_TAP_H
#define BEYLA_LIB_TAP_H

/*
 * Taps: uprobes that see the plaintext of TLS in the program, and the rules that tell whose socket it is.
 *
 * A *session* is the program's own name for a TLS connection: the address of its SSL, or of its crypto/tls.Conn. It is bound once to one
 * socket, while both live. A *context* is what makes one call after another: the thread, or in Go the goroutine.
 *   - I/O on an unbound TLS socket inside a call on an unbound session binds them.
 *   - Else the read of an unbound TLS socket may be claimed once, by the context's next call that receives.
 *   - Else a ClientHello belongs to the session that its context operated on last.
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
 *   openssl_return       as uretprobe of all the others
 * Attach openssl_return first and detach it last: an entry without its return holds a call open.
 *
 * go_tls.bpf.o, crypto/tls. None is a uretprobe. Handlers may run twice for one call (morestack). Names end with _stack for Go < 1.17:
 *   go_tls_read          (*Conn).Read, entry, where the registers (or the stack pointer) are those of the entry
 *   go_tls_read_call     inside (*Conn).Read: the CALL of bytes.(*Reader).Read; then go_tls_read_return is not needed
 *   go_tls_read_return   each RET of (*Conn).Read, where there is no such CALL
 *   go_tls_write         (*Conn).Write, entry
 *   go_tls_handshake     (*Conn).serverHandshake and (*Conn).clientHandshake, entry
 *   go_tls_close         (*Conn).Close, entry
 * The sockets' side needs an entry in tap_runtimes for each Go process (struct tap_runtime), before the probes are attached; _stack needs
 * it in the probes as well.
 */

#endif
