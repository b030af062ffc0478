"""requests, with a session for each connection."""
import requests

from words import Threads, arguments, obey

ca = arguments()["ca"]


def connect(_, url):
    session = requests.Session()
    session.trust_env = False
    session.verify = ca
    return lambda method, path, body: session.request(method, url + path, data=body)


obey(Threads(connect).run)
