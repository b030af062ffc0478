"""A small HTTP server on plain asyncio streams that knows nothing of tracing.

    python3 asyncio-server.py [--port N] [--tls CERT KEY]

Prints `READY <port>` when it listens. Every answer says in `x-handler-ns` how long its handler ran, on CLOCK_MONOTONIC.
"""

import asyncio
import signal
import ssl
import sys
import time


async def answer(method, target, reader, headers, start_ns):
    path, _, query = target.partition("?")
    route, _, parameter = path[1:].partition("/")
    sent = int(headers.get("content-length", 0))
    if sent:
        await reader.readexactly(sent)
    status, body = 200, b"hello"
    if route == "users":
        body = parameter.encode()
    elif route == "status":
        status, body = int(parameter), parameter.encode()
    elif route == "slow":
        await asyncio.sleep(int(query.partition("ms=")[2] or "20") / 1000)
    elif route == "big":
        body = b"x" * int(query.partition("bytes=")[2])
    elif route == "echo":
        body = str(sent).encode()
    elif route != "hello":
        status, body = 404, b"no such route"
    if status in (204, 304):
        body = b""
    head = f"HTTP/1.1 {status} Status\r\nx-handler-ns: {time.monotonic_ns() - start_ns}\r\n"
    if status not in (204, 304):
        head += f"content-length: {len(body)}\r\n"
    return head, b"" if method == "HEAD" else body


async def serve(reader, writer):
    try:
        while True:
            line = await reader.readline()
            start_ns = time.monotonic_ns()
            if not line:
                break
            method, target, _ = line.decode().split(" ")
            headers = {}
            while (line := await reader.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode().partition(":")
                headers[name.lower()] = value.strip()
            head, body = await answer(method, target, reader, headers, start_ns)
            last = headers.get("connection", "").lower() == "close"
            writer.write(head.encode() + (b"connection: close\r\n\r\n" if last else b"\r\n") + body)
            await writer.drain()
            if last:
                break
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


def tls():
    if "--tls" not in sys.argv:
        return None
    at = sys.argv.index("--tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[at + 1], sys.argv[at + 2])
    return context


async def main():
    port = int(sys.argv[sys.argv.index("--port") + 1]) if "--port" in sys.argv else 0
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024, ssl=tls())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print(f"READY {server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()


asyncio.run(main())
