"""An ordinary Python HTTP server of the standard library that knows nothing of tracing.

    python3 python-server.py [--port N] [--single] [--forking] [--defer] [--tls CERT KEY] [any other word, for tests that look for it]

A thread per connection; `--single` serves one connection after another; `--forking` has a process per connection;
`--defer` sets TCP_DEFER_ACCEPT; `--tls` serves HTTPS. Prints `READY <port>` when it listens. Every answer says in `x-handler-ns` how long its handler
ran, on CLOCK_MONOTONIC.
"""

import signal
import socket
import socketserver
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class ForkingHTTPServer(socketserver.ForkingMixIn, HTTPServer):
    pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        start_ns = time.monotonic_ns()
        url = urlsplit(self.path)
        route, _, parameter = url.path[1:].partition("/")
        query = parse_qs(url.query)
        sent = int(self.headers.get("content-length", 0))
        if sent:
            self.rfile.read(sent)
        status, body = 200, b"hello"
        if route == "users":
            body = parameter.encode()
        elif route == "status":
            status, body = int(parameter), parameter.encode()
        elif route == "slow":
            time.sleep(int(query.get("ms", ["20"])[0]) / 1000)
        elif route == "block":
            end_ns = start_ns + int(query.get("ms", ["50"])[0]) * 1_000_000
            while time.monotonic_ns() < end_ns:
                pass
        elif route == "big":
            body = b"x" * int(query["bytes"][0])
        elif route == "echo":
            body = str(sent).encode()
        elif route != "hello":
            status, body = 404, b"no such route"
        if status in (204, 304):
            body = b""
        self.send_response(status)
        if status not in (204, 304):
            self.send_header("content-length", str(len(body)))
        self.send_header("x-handler-ns", str(time.monotonic_ns() - start_ns))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


def main():
    server_class = ThreadingHTTPServer
    if "--single" in sys.argv:
        server_class = HTTPServer
    if "--forking" in sys.argv:
        server_class = ForkingHTTPServer
    port = int(sys.argv[sys.argv.index("--port") + 1]) if "--port" in sys.argv else 0
    server_class.request_queue_size = 1024
    server = server_class(("127.0.0.1", port), Handler, bind_and_activate=False)
    server.daemon_threads = True
    server.server_bind()
    if "--defer" in sys.argv:
        server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 10)
    server.server_activate()
    if "--tls" in sys.argv:
        at = sys.argv.index("--tls")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[at + 1], sys.argv[at + 2])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"READY {server.server_address[1]}", flush=True)
    server.serve_forever()


main()
