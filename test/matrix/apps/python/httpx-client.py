"""httpx: threads over HTTP/1, and asyncio with several requests at a time on each connection over HTTP/2."""
import asyncio
import ssl

import httpx

from words import Threads, arguments, obey, request_of

IN_FLIGHT = 4
tls = ssl.create_default_context(cafile=arguments()["ca"])


def connect(_, url):
    client = httpx.Client(verify=tls)
    return lambda method, path, body: client.request(method, url + path, content=body)


loop = asyncio.new_event_loop()
kept = {}


async def multiplexed(column, url, numbers, connections):
    clients = kept.setdefault(column, [])
    while len(clients) < connections:
        clients.append(httpx.AsyncClient(verify=tls, http1=column == "h2", http2=True))
    left = iter(numbers)

    async def send(client, number):
        method, path, body = request_of(number)
        await client.request(method, url + path, content=body)

    async def work(client):
        for number in left:
            await send(client, number)

    for client in clients[:connections]:
        # The connection first: concurrent requests on a new client would open several.
        await send(client, next(left))
    await asyncio.gather(*(work(client) for client in clients[:connections] for _ in range(IN_FLIGHT)))


threads = Threads(connect)


def run(column, url, numbers, connections):
    if column in ("h2", "h2c"):
        loop.run_until_complete(multiplexed(column, url, numbers, connections))
    else:
        threads.run(column, url, numbers, connections)


obey(run)
