"""aiohttp, a session with one connection each."""
import asyncio
import ssl

import aiohttp

from words import arguments, obey, request_of

tls = ssl.create_default_context(cafile=arguments()["ca"])
loop = asyncio.new_event_loop()
kept = {}


async def load(column, url, numbers, connections):
    sessions = kept.setdefault(column, [])
    while len(sessions) < connections:
        sessions.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1, ssl=tls)))
    left = iter(numbers)

    async def work(session):
        for number in left:
            method, path, body = request_of(number)
            async with session.request(method, url + path, data=body) as response:
                await response.read()

    await asyncio.gather(*(work(session) for session in sessions[:connections]))


obey(lambda *line: loop.run_until_complete(load(*line)))
