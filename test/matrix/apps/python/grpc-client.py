"""grpcio, with several calls at a time on each channel."""
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from echo_words import METHODS, path_of, text
from words import arguments, obey

IN_FLIGHT = 4
with open(arguments()["ca"], "rb") as file:
    credentials = grpc.ssl_channel_credentials(file.read())
options = [("grpc.use_local_subchannel_pool", 1)]
kept = {}


def call(channel, number):
    method = METHODS[number % len(METHODS)]
    path, message = path_of(method), text(f"call {number}")
    try:
        if method == "Collect":
            channel.stream_unary(path)(iter([message] * 3))
        elif method == "Count":
            list(channel.unary_stream(path)(message))
        elif method == "Chat":
            list(channel.stream_stream(path)(iter([message] * 3)))
        elif method == "Hang":
            stream = channel.unary_stream(path)(message)
            next(stream)
            stream.cancel()
        else:
            channel.unary_unary(path)(message, timeout=0.1 if method == "Late" else None)
    except grpc.RpcError as error:
        if method not in ("Fail", "Late", "Hang"):
            raise error


def run(column, url, numbers, connections):
    channels = kept.setdefault(column, [])
    while len(channels) < connections:
        secure = column == "grpcs"
        channel = grpc.secure_channel(url, credentials, options) if secure else grpc.insecure_channel(url, options)
        grpc.channel_ready_future(channel).result(5)
        channels.append(channel)
    left = iter(numbers)
    lock = threading.Lock()

    def work(channel):
        while True:
            with lock:
                number = next(left, None)
            if number is None:
                return
            call(channel, number)

    working = [channel for channel in channels[:connections] for _ in range(IN_FLIGHT)]
    with ThreadPoolExecutor(len(working)) as pool:
        list(pool.map(work, working))


obey(run)
