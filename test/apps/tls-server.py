"""An HTTPS server of the Python standard library that knows nothing of tracing.

    python3 tls-server.py CERTIFICATE KEY [--late]

`--late` does not load the TLS library before a line comes on standard input. Prints `STARTED` at once and `READY <port>` when it
listens. A thread per connection.
"""

import signal
import sys


def serve(certificate, key):
    import ssl
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            body = self.path.encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(f"READY {server.server_address[1]}", flush=True)
    server.serve_forever()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("STARTED", flush=True)
    if "--late" in sys.argv:
        sys.stdin.readline()
    serve(sys.argv[1], sys.argv[2])


main()
