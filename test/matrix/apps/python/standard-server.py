"""http.server of the standard library, with a thread for each connection."""
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from words import answer, arguments, ready, server_tls


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status, content = answer(self.path, body)
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, *_):
        pass


options = arguments()
for column in ("http1", "https1"):
    if column in options:
        server = ThreadingHTTPServer(("127.0.0.1", int(options[column])), Handler)
        if column == "https1":
            server.socket = server_tls(options).wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=server.serve_forever).start()
ready()
