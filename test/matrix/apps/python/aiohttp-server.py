"""aiohttp, a site for each column."""
import asyncio

from aiohttp import web
from words import answer, arguments, ready, server_tls


async def handle(request):
    status, content = answer(request.path, await request.read())
    return web.Response(status=status, body=content)


async def main():
    options = arguments()
    app = web.Application()
    app.router.add_route("*", "/{kind}/{number}", handle)
    runner = web.AppRunner(app, keepalive_timeout=60)
    await runner.setup()
    for column in ("http1", "https1"):
        if column in options:
            tls = server_tls(options) if column == "https1" else None
            await web.TCPSite(runner, "127.0.0.1", int(options[column]), ssl_context=tls).start()
    ready()
    await asyncio.Event().wait()


asyncio.run(main())
