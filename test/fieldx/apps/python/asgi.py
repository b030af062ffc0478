# SPDX-License-Identifier: Apache-2.0
"""Answers as it is asked to, with what ASGI has."""
import asyncio

from plan import Plan


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    plan = Plan(scope["query_string"].decode())
    while not plan.early and (await receive()).get("more_body"):
        pass
    if plan.delay:
        await asyncio.sleep(plan.delay)
    headers = [(name.lower().encode(), value.encode()) for name, value in plan.headers]
    await send({"type": "http.response.start", "status": plan.status, "headers": headers})
    for at, piece in enumerate(plan.pieces):
        if plan.gap and (at or plan.flush):
            await asyncio.sleep(plan.gap)
        is_last = at == len(plan.pieces) - 1
        await send({"type": "http.response.body", "body": piece, "more_body": not is_last})
    if not plan.pieces:
        await send({"type": "http.response.body", "body": b""})


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
