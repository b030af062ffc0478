"""What test/matrix/apps/README.md says, for every program here."""
import ssl
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

BIG = b"x" * 100_000
STATUS = {"ok": 200, "fail": 500, "echo": 200, "big": 200}


def arguments():
    return dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)


def answer(path, body):
    """Status and body of the answer to a request."""
    kind = path.split("/")[1]
    status = STATUS.get(kind, 404)
    bodies = {"ok": b"ok", "fail": b"failed", "echo": body, "big": BIG}
    return status, bodies.get(kind, b"no such thing")


def request_of(number):
    """Method, path and body of request `number`."""
    kind = ("ok", "missing", "fail", "echo", "big")[number % 5]
    if kind == "echo":
        return "POST", f"/echo/{number}", b"b" * (10 + number % 3000)
    return "GET", f"/{kind}/{number}", None


def server_tls(options, alpn=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["cert"], options["key"])
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


def ready():
    print("READY", flush=True)


def obey(run):
    """Calls `run(column, url, numbers, connections)` for each line of standard input."""
    ready()
    for line in sys.stdin:
        column, url, first, count, connections = line.split()
        numbers = range(int(first), int(first) + int(count))
        try:
            run(column, url, numbers, int(connections))
            print("DONE", column, flush=True)
        except Exception as error:  # whatever it is, the test is to say it
            print("FAILED", column, repr(error), flush=True)


class Threads:
    """Runs over a number of connections, each with a thread of its own, kept from one line to the next."""

    def __init__(self, connect):
        self._connect = connect
        self._kept = {}

    def run(self, column, url, numbers, connections):
        kept = self._kept.setdefault(column, [])
        while len(kept) < connections:
            kept.append(self._connect(column, url))
        left = iter(numbers)
        lock = threading.Lock()

        def work(connection):
            while True:
                with lock:
                    number = next(left, None)
                if number is None:
                    return
                connection(*request_of(number))

        with ThreadPoolExecutor(connections) as pool:
            list(pool.map(work, kept[:connections]))
