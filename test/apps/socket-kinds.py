"""An HTTP server, or client, of the standard library on a socket that is not plain TCP.

    python3 socket-kinds.py serve KIND [ADDRESS [ahead]]  KIND: unix (ADDRESS is a path), mptcp, tcp
    python3 socket-kinds.py ask KIND ADDRESS              ADDRESS: a path, or a port of the loopback address

`ahead` reads as servers in Go may do: one byte of a request, which tells that the client is still there, and later the others.

Prints `READY <port>` (0 on a Unix socket) when it listens, or waits for orders. A client reads how many requests to send from a line of its standard
input, sends them on one connection, prints `DONE <local port>` and waits for the next line.
"""

import http.client
import io
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Ahead(socket.SocketIO):
    begins = True

    def readinto(self, buffer):
        count = super().readinto(memoryview(buffer)[:1] if self.begins else buffer)
        self.begins = bytes(buffer[:count]).endswith(b"\r\n\r\n")
        return count


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        if sys.argv[-1] == "ahead":
            self.rfile = io.BufferedReader(Ahead(self.connection, "r"))

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    # A Unix socket has no port to be told.
    def address_string(self):
        return "client"

    def log_message(self, *_):
        pass


def open_socket(kind):
    if kind == "unix":
        return socket.socket(socket.AF_UNIX)
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_MPTCP if kind == "mptcp" else 0)


def serve(kind, address=None, *_):
    listener = open_socket(kind)
    listener.bind(address or ("127.0.0.1", 0))
    listener.listen(64)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    print("READY", 0 if kind == "unix" else listener.getsockname()[1], flush=True)
    server.serve_forever()


def ask(kind, address):
    print("READY 0", flush=True)
    for line in sys.stdin:
        connection = http.client.HTTPConnection("127.0.0.1")
        connection.sock = open_socket(kind)
        connection.sock.connect(address if kind == "unix" else ("127.0.0.1", int(address)))
        for number in range(int(line)):
            connection.request("GET", f"/users/{number}")
            connection.getresponse().read()
        name = connection.sock.getsockname()
        connection.close()
        print("DONE", 0 if kind == "unix" else name[1], flush=True)


{"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:])
