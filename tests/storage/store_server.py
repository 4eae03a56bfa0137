"""An S3 service on loopback for tests: moto's server, with faults in front of it that a test turns on.

Run as a program: it prints its port. ``PUT /-/faults`` with JSON sets the faults:
  every: every n-th request to an object or bucket fails, in turn with the statuses of ``statuses``; 0 for none.
  statuses: HTTP statuses, as [500, 503].
  drop: close the connection of every n-th request without an answer; 0 for none.
  down: close all connections, as a service that is not there.
  delay: seconds that each request waits first.
  code: an S3 error code that all requests get, with status 403; empty for none.
  lose_answer: do every n-th PUT and POST, then answer 500: the client cannot know that it worked; 0 for none.
``GET /-/seen`` tells how many requests came, by method, and how many of them failed on purpose.
"""

import io
import itertools
import json
import sys
import threading
import time
from collections import Counter

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

NONE = {"every": 0, "statuses": [500, 503], "drop": 0, "down": False, "delay": 0.0, "code": "", "lose_answer": 0}
CODES = {500: "InternalError", 503: "SlowDown"}


class Dropped(ConnectionResetError):
    """What the server takes for a client that has gone: it says nothing and closes."""


class Faults:
    def __init__(self, app):
        self.app, self.faults, self.seen = app, dict(NONE), Counter()
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if path == "/-/faults":
            length = int(environ.get("CONTENT_LENGTH") or 0)
            self.faults = {**NONE, **json.loads(environ["wsgi.input"].read(length))}
            return answer(start_response, "200 OK", b"")
        if path == "/-/seen":
            return answer(start_response, "200 OK", json.dumps(self.seen).encode())
        if path.startswith("/moto-api"):
            return self.app(environ, start_response)
        # Read once, whoever reads it: a second read of a socket waits for what never comes.
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        with self.lock:
            number = next(self.numbers)
            self.seen[method] += 1
        return self.faulty(number, method, environ, start_response)

    def faulty(self, number, method, environ, start_response):
        faults = self.faults
        time.sleep(faults["delay"])
        if faults["down"] or hits(number, faults["drop"]):
            self.seen["failed"] += 1
            raise Dropped
        if faults["code"]:
            return failure(start_response, environ, "403 Forbidden", faults["code"])
        if hits(number, faults["every"]):
            self.seen["failed"] += 1
            status = faults["statuses"][number // faults["every"] % len(faults["statuses"])]
            return failure(start_response, environ, f"{status} Failure", CODES.get(status, "InternalError"))
        if method in ("PUT", "POST") and hits(number, faults["lose_answer"]):
            self.seen["failed"] += 1
            for _ in self.app(environ, lambda *_: io.BytesIO().write):
                pass
            return failure(start_response, environ, "500 Failure", "InternalError")
        return self.app(environ, start_response)


def hits(number, every):
    return bool(every) and number % every == 0


def answer(start_response, status, body, kind="application/json"):
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def failure(start_response, environ, status, code):
    environ["wsgi.input"].read()  # else the client would be cut off in the middle
    if environ["REQUEST_METHOD"] == "HEAD":
        return answer(start_response, status, b"")
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>on purpose, key AKIASECRETKEY</Message></Error>"
    return answer(start_response, status, body.encode(), "application/xml")


class Handler(MotoRequestHandler):
    def connection_dropped(self, *_):
        self.close_connection = True

    def log(self, *_):
        pass


def main():
    app = Faults(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    # It ends with the test that started it, however that ends.
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
