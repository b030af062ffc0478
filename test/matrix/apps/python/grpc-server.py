"""grpcio."""
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from echo_words import text
from words import arguments, ready

LATE_S = 2


def fail(_, context):
    context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")


def late(request, context):
    ended = threading.Event()
    context.add_callback(ended.set)
    ended.wait(LATE_S)
    return request


def hang(_, context):
    ended = threading.Event()
    context.add_callback(ended.set)
    yield text("wait")
    ended.wait(30)


handlers = grpc.method_handlers_generic_handler(
    "matrix.Echo",
    {
        "Unary": grpc.unary_unary_rpc_method_handler(lambda request, _: request),
        "Fail": grpc.unary_unary_rpc_method_handler(fail),
        "Collect": grpc.stream_unary_rpc_method_handler(lambda requests, _: text(str(len(list(requests))))),
        "Count": grpc.unary_stream_rpc_method_handler(lambda *_: map(text, "123")),
        "Chat": grpc.stream_stream_rpc_method_handler(lambda requests, _: requests),
        "Late": grpc.unary_unary_rpc_method_handler(late),
        "Hang": grpc.unary_stream_rpc_method_handler(hang),
    },
)
options = arguments()
server = grpc.server(ThreadPoolExecutor(32), handlers=[handlers])
if "grpc" in options:
    server.add_insecure_port(f"127.0.0.1:{options['grpc']}")
if "grpcs" in options:
    with open(options["key"], "rb") as key, open(options["cert"], "rb") as cert:
        credentials = grpc.ssl_server_credentials([(key.read(), cert.read())])
    server.add_secure_port(f"127.0.0.1:{options['grpcs']}", credentials)
server.start()
ready()
server.wait_for_termination()
