# Requests whose answers are read as proxies do that forward them in the kernel: the head with recv(), the body with splice(2).
#
#   python3 splicing-client.py PORT
# For each line on standard input, a path, it sends one request on its one connection, and prints `DONE <path>` when it has all of the answer.
import os
import socket
import sys

connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
read_end, write_end = os.pipe()
print(f"READY {connection.getsockname()[1]}", flush=True)
for line in sys.stdin:
    path = line.strip()
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen = connection.recv(4096, socket.MSG_PEEK)
    head = connection.recv(seen.index(b"\r\n\r\n") + 4).decode().lower()
    left = int(head.split("content-length: ")[1].split("\r\n")[0])
    while left > 0:
        moved = os.splice(connection.fileno(), write_end, min(left, 65536))
        left -= moved
        while moved > 0:
            moved -= len(os.read(read_end, moved))
    print(f"DONE {path}", flush=True)
