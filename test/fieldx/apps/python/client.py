# SPDX-License-Identifier: Apache-2.0
"""Asks what the lines of standard input say: METHOD URL BODY_BYTES."""
import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

CONNECTIONS = 4


def in_threads(ask, asks):
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda one: ask(*one), asks))


def with_httpx(asks):
    import httpx

    with httpx.Client(trust_env=False) as client:
        in_threads(lambda method, url, body: client.request(method, url, content=body or None), asks)


def with_requests(asks):
    import requests

    with requests.Session() as session:
        session.trust_env = False
        in_threads(lambda method, url, body: session.request(method, url, data=body or None), asks)


def with_urllib(asks):
    import urllib.error
    import urllib.request

    def ask(method, url, body):
        try:
            urllib.request.urlopen(urllib.request.Request(url, data=body or None, method=method)).read()
        except urllib.error.HTTPError as error:
            error.read()

    in_threads(ask, asks)


def with_pycurl(asks):
    import io

    import pycurl

    curl = pycurl.Curl()
    for method, url, body in asks:
        curl.reset()
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.WRITEDATA, io.BytesIO())
        if method == "HEAD":
            curl.setopt(pycurl.NOBODY, True)
        if method == "POST":
            curl.setopt(pycurl.POSTFIELDS, body.decode())
        curl.perform()
    curl.close()


def with_aiohttp(asks):
    import aiohttp

    async def run():
        waiting = list(asks)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:

            async def lane():
                while waiting:
                    method, url, body = waiting.pop(0)
                    async with session.request(method, url, data=body or None) as response:
                        await response.read()

            await asyncio.gather(*(lane() for _ in range(CONNECTIONS)))

    asyncio.run(run())


lines = (line.split() for line in sys.stdin)
globals()[f"with_{sys.argv[1]}"]([(method, url, b"b" * int(size)) for method, url, size in lines])
