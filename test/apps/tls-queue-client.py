# SPDX-License-Identifier: Apache-2.0
"""An HTTPS client whose OpenSSL never sees a socket: ciphertext goes through memory, and another thread sends it. Nothing but the ClientHello tells
whose socket a session's is, and the session has its next word when the other end has read that.

For each line `PORT CA COUNT [PROXY]` it asks COUNT times, each on a connection of its own, through the proxy if there is one, and prints
`DONE /PATH LOCAL_PORT, …`.
"""
import queue
import socket
import ssl
import sys
import threading

sends: "queue.Queue[tuple[socket.socket, bytes]]" = queue.Queue()


def send_all() -> None:
    while True:
        connection, data = sends.get()
        connection.sendall(data)


def ask(port: str, ca: str, number: int, proxy: str | None) -> str:
    path = f"/users/{number}"
    connection = socket.create_connection(("127.0.0.1", int(proxy or port)))
    if proxy is not None:
        connection.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        connection.recv(4096)
    received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=ca)
    session = context.wrap_bio(received, to_send, server_hostname="localhost")

    def until_done(action):
        while True:
            try:
                result = action()
            except ssl.SSLWantReadError:
                result = None
            data = to_send.read()
            if data:
                sends.put((connection, data))
            if result is not None:
                return result
            received.write(connection.recv(65536))

    until_done(lambda: session.do_handshake() or True)
    until_done(lambda: session.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()))
    until_done(lambda: session.read(65536))
    local = connection.getsockname()[1]
    connection.close()
    return f"{path} {local}"


threading.Thread(target=send_all, daemon=True).start()
print("READY 0", flush=True)
for line in sys.stdin:
    port, ca, count, *proxy = line.split()
    asked = [ask(port, ca, number, proxy[0] if proxy else None) for number in range(int(count))]
    print("DONE", ", ".join(asked), flush=True)
