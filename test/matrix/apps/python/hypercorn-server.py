"""hypercorn: HTTP/1 and HTTP/2 on the same ports, by preface and by ALPN."""
import asyncio

from asgi import app
from hypercorn.asyncio import serve
from hypercorn.config import Config
from words import arguments, ready


async def main():
    options = arguments()
    plain = [f"127.0.0.1:{options[column]}" for column in ("http1", "h2c") if column in options]
    secure = [f"127.0.0.1:{options[column]}" for column in ("https1", "h2") if column in options]
    config = Config()
    config.insecure_bind = plain
    config.bind = secure
    config.certfile, config.keyfile = options["cert"], options["key"]
    config.keep_alive_timeout = 60
    config.errorlog = None
    started = asyncio.Event()

    async def application(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            started.set()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await app(scope, receive, send)

    serving = asyncio.ensure_future(serve(application, config))
    await started.wait()
    for address in plain + secure:
        await until_open(int(address.rpartition(":")[2]))
    ready()
    await serving


async def until_open(port):
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)


asyncio.run(main())
