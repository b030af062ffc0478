"""
Many short connections between two hosts: `serve ADDRESS` answers each request, `ask ADDRESS PORT` reads lines `THREADS COUNT` and then makes COUNT
connections in each of so many threads, of one request each. It prints what it did: `DONE` and a line of JSON, by local port the
nanoseconds (CLOCK_MONOTONIC) before the request was sent and after its answer was read.
"""
import json
import socket
import sys
import threading
import time

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'


def answer(connection):
    with connection:
        if connection.recv(4096):
            connection.sendall(ANSWER)


def serve(address):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, PROTOCOL)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, 0))
    server.listen(1024)

    def worker():
        while True:
            answer(server.accept()[0])

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    print('READY', server.getsockname()[1], flush=True)
    for thread in threads:
        thread.join()


def ask_once(peer, log):
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM, PROTOCOL)
    connection.connect(peer)
    port = connection.getsockname()[1]
    begin = time.monotonic_ns()
    connection.sendall(b'GET /%d HTTP/1.1\r\nHost: h\r\n\r\n' % port)
    received = b''
    while not received.endswith(b'ok'):
        received += connection.recv(4096)
    end = time.monotonic_ns()
    connection.close()
    log.append((port, begin, end))


def ask(peer):
    print('READY 0', flush=True)
    for line in sys.stdin:
        threads, count = map(int, line.split())
        log = []

        def worker():
            for _ in range(count):
                ask_once(peer, log)

        workers = [threading.Thread(target=worker) for _ in range(threads)]
        for one in workers:
            one.start()
        for one in workers:
            one.join()
        print('DONE', json.dumps(log), flush=True)


PROTOCOL = 262 if '--mptcp' in sys.argv else 0
arguments = [argument for argument in sys.argv[1:] if argument != '--mptcp']
if arguments[0] == 'serve':
    serve(arguments[1])
else:
    ask((arguments[1], int(arguments[2])))
