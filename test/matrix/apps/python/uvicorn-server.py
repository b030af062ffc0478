"""uvicorn, a server for each column on one event loop."""
import asyncio

import uvicorn
from asgi import app
from words import arguments, ready


async def main():
    options = arguments()
    servers = []
    for column in ("http1", "https1"):
        if column in options:
            tls = {"ssl_certfile": options["cert"], "ssl_keyfile": options["key"]} if column == "https1" else {}
            port = int(options[column])
            config = uvicorn.Config(app, "127.0.0.1", port, log_level="error", timeout_keep_alive=60, **tls)
            servers.append(uvicorn.Server(config))
    running = [asyncio.ensure_future(server.serve()) for server in servers]
    while not all(server.started for server in servers):
        await asyncio.sleep(0.01)
    ready()
    await asyncio.gather(*running)


asyncio.run(main())
