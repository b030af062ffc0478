"""http.client of the standard library."""
import http.client
import ssl
from urllib.parse import urlsplit

from words import Threads, arguments, obey

tls = ssl.create_default_context(cafile=arguments()["ca"])


def connect(_, url):
    parts = urlsplit(url)
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.netloc, context=tls)
    else:
        connection = http.client.HTTPConnection(parts.netloc)

    def send(method, path, body):
        connection.request(method, path, body)
        connection.getresponse().read()

    return send


obey(Threads(connect).run)
