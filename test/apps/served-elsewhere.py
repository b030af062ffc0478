"""An HTTP server whose requests are served where one would not look first.

    python3 served-elsewhere.py --thread          the main thread ends, another one serves
    python3 served-elsewhere.py --give PATH       listens, and hands the listening socket to whoever connects to the Unix socket PATH
    python3 served-elsewhere.py --take PATH       serves on the socket that it gets there; started when the giver is ready

Prints `READY <port>` when it listens, or serves. A giver never accepts; it goes on living.
"""

import ctypes
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


def main(mode, path=None, *_):
    if mode == "--thread":
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever).start()
        print("READY", server.server_port, flush=True)
        ctypes.CDLL(None).pthread_exit(None)
    elif mode == "--give":
        listener = socket.create_server(("127.0.0.1", 0))
        giver = socket.socket(socket.AF_UNIX)
        giver.bind(path)
        giver.listen()
        print("READY", listener.getsockname()[1], flush=True)
        while True:
            taker, _ = giver.accept()
            socket.send_fds(taker, [b"here"], [listener.fileno()])
    elif mode == "--take":
        taker = socket.socket(socket.AF_UNIX)
        taker.connect(path)
        _, (descriptor,), _, _ = socket.recv_fds(taker, 16, 1)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
        server.socket = socket.socket(fileno=descriptor)
        print("READY", server.socket.getsockname()[1], flush=True)
        server.serve_forever()


main(*sys.argv[1:])
