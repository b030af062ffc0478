# SPDX-License-Identifier: Apache-2.0
"""What a server is asked to answer: test/field/plan.mjs says the words."""
from urllib.parse import parse_qs


class Plan:
    def __init__(self, query):
        words = {name: values[0] for name, values in parse_qs(query).items()}
        number = lambda name, otherwise: int(words.get(name, otherwise))
        self.status = number("status", 200)
        self.delay = number("delay", 0) / 1000
        self.gap = number("gap", 0) / 1000
        self.flush = number("flush", 0) == 1
        self.early = number("early", 0) == 1
        self.cut = number("cut", 0) if "cut" in words else None
        self.type = words.get("type", "text/plain")
        body, chunks = number("body", 2), number("chunks", 1)
        size, count = max(1, body // chunks), min(chunks, body)
        self.pieces = [b"b" * (body - size * (count - 1) if at == count - 1 else size) for at in range(count)]
        self.frame = words.get("frame", "chunked" if len(self.pieces) > 1 else "length")
        self.length = body
        self.headers = [("Content-Type", self.type), *padding(number("head", 0))]
        if self.frame == "length" and self.status not in (204, 304):
            self.headers.append(("Content-Length", str(body)))


def padding(left):
    fields = []
    while left > 0:
        size = min(left, 1000)
        name = f"X-Out-{len(fields)}"
        fields.append((name, "p" * max(1, size - len(name) - 4)))
        left -= size
    return fields
