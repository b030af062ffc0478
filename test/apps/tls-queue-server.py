"""An HTTPS server that reads ciphertext first and decrypts it later, in another order, as proxies with queues do.

    python3 tls-queue-server.py CERT KEY

One thread. In each round it reads whatever has come on all sockets, and only then feeds the sessions, the last one first. Prints `READY <port>`.
Answers each request with its path, and prints `SERVED 400` when it has answered 400.
"""

import select
import socket
import ssl
import sys
import time

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listening = socket.create_server(("127.0.0.1", 0))
print("READY", listening.getsockname()[1], flush=True)


class Connection:
    def __init__(self, peer):
        self.peer = peer
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.is_shaken = False
        self.request = b""

    def decrypt(self, ciphertext):
        self.incoming.write(ciphertext)
        try:
            if not self.is_shaken:
                self.session.do_handshake()
                self.is_shaken = True
            while data := self.session.read(65536):
                self.request += data
                while b"\r\n\r\n" in self.request:
                    head, _, self.request = self.request.partition(b"\r\n\r\n")
                    path = head.split(b" ")[1]
                    self.session.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(path), path))
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass


connections = {}
served = 0
while True:
    # A moment later several have something to say.
    time.sleep(0.01)
    readable, _, _ = select.select([listening, *connections], [], [])
    queue = []
    for sock in readable:
        if sock is listening:
            peer, _ = listening.accept()
            connections[peer] = Connection(peer)
        else:
            try:
                queue.append((sock, sock.recv(65536)))
            except ConnectionError:
                queue.append((sock, b""))
    # The last one first: what a session is given is hardly ever what the thread has read last.
    for sock, ciphertext in reversed(queue):
        if ciphertext:
            connections[sock].decrypt(ciphertext)
    for sock, ciphertext in queue:
        if not ciphertext:
            del connections[sock]
            sock.close()
        elif data := connections[sock].outgoing.read():
            sock.sendall(data)
            served += connections[sock].is_shaken
            if served == 400:
                print("SERVED 400", flush=True)
