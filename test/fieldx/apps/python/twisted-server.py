# SPDX-License-Identifier: Apache-2.0
"""Answers as it is asked to (test/field/plan.mjs), with what twisted.web has."""
import sys

from plan import Plan
from twisted.internet import reactor, task
from twisted.internet.defer import ensureDeferred
from twisted.web import resource, server


class Make(resource.Resource):
    isLeaf = True

    def render(self, request):
        ensureDeferred(answer(request))
        return server.NOT_DONE_YET


async def wait(seconds):
    await task.deferLater(reactor, seconds, lambda: None)


async def answer(request):
    plan = Plan(request.uri.partition(b"?")[2].decode())
    if plan.delay:
        await wait(plan.delay)
    request.setResponseCode(plan.status)
    for name, value in plan.headers:
        request.setHeader(name, value)
    for at, piece in enumerate(plan.pieces):
        if plan.gap and (at or plan.flush):
            await wait(plan.gap)
        request.write(piece)
    request.finish()


site = server.Site(Make(), timeout=60)
site.displayTracebacks = False
reactor.listenTCP(int(sys.argv[1]), site, interface="127.0.0.1")
print("READY", flush=True)
reactor.run()
