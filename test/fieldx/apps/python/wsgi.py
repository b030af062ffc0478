# SPDX-License-Identifier: Apache-2.0
"""Answers as it is asked to, with what WSGI has."""
import time

from plan import Plan

BLOCK_BYTES = 65536


def app(environ, start_response):
    plan = Plan(environ.get("QUERY_STRING", ""))
    if not plan.early:
        while environ["wsgi.input"].read(BLOCK_BYTES):
            pass
    if plan.delay:
        time.sleep(plan.delay)
    start_response(f"{plan.status} Said", plan.headers)
    return pieces(plan) if plan.gap or len(plan.pieces) > 1 else plan.pieces


def pieces(plan):
    for at, piece in enumerate(plan.pieces):
        if plan.gap and (at or plan.flush):
            time.sleep(plan.gap)
        yield piece
