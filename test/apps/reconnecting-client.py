"""
One socket that connects to one port after another, as connect(2) with AF_UNSPEC allows, and makes a request at each: reads a line of ports,
prints its own ports, `DONE 40001 40002`.
"""
import ctypes
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)
UNSPECIFIED = b'\0' * 16

print('READY 0', flush=True)
for line in sys.stdin:
    own = []
    connection = socket.socket()
    for port in map(int, line.split()):
        if libc.connect(connection.fileno(), UNSPECIFIED, len(UNSPECIFIED)):
            raise OSError(ctypes.get_errno(), 'disconnect')
        connection.connect(('127.0.0.1', port))
        own.append(str(connection.getsockname()[1]))
        connection.sendall(b'GET /to/%d HTTP/1.1\r\nHost: h\r\n\r\n' % port)
        received = b''
        while b'\r\n\r\nok' not in received:
            received += connection.recv(4096)
    connection.close()
    print('DONE', *own, flush=True)
