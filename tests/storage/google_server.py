"""The part of Google Cloud Storage's JSON API that gcsfs uses, on loopback, in memory.

Buckets exist when they are named in `GoogleServer.buckets`. ``fault`` may be set to a function of (number, method,
path) that gives a status to fail with, or None.
"""

import base64
import hashlib
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


class GoogleServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.buckets = {"here"}
        self.objects, self.uploads = {}, {}
        self.calls, self.failed = 0, 0
        self.fault = lambda number, method, path: None
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.handled()

    do_POST = do_PUT = do_DELETE = do_GET

    def handled(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        server = self.server
        with server.lock:
            server.calls += 1
            status = server.fault(server.calls, self.command, parts.path)
        if status is not None:
            server.failed += 1
            return self.answer(status, {"error": {"code": status, "message": "on purpose, key ya29.secret"}})
        found = re.fullmatch(r"/(upload/|download/)?storage/v1/b/([^/]+)(?:/o(?:/(.+))?)?", parts.path)
        if found is None:
            return self.answer(404, {"error": {"code": 404, "message": parts.path}})
        kind, bucket, key = found[1] or "", unquote(found[2]), unquote(found[3] or "")
        if bucket not in server.buckets:
            return self.answer(404, {"error": {"code": 404, "message": "no such bucket"}})
        if kind == "upload/":
            return self.upload(bucket, query, body)
        if not key:
            return self.listing(bucket, query) if parts.path.endswith("/o") else self.answer(200, {"name": bucket})
        return self.object(bucket, key, kind, query)

    def object(self, bucket, key, kind, query):
        objects = self.server.objects
        if (bucket, key) not in objects:
            return self.answer(404, {"error": {"code": 404, "message": "no such object"}})
        if self.command == "DELETE":
            del objects[bucket, key]
            return self.answer(204, None)
        if kind == "download/" or query.get("alt") == "media":
            return self.content(objects[bucket, key])
        return self.answer(200, described(bucket, key, objects[bucket, key]))

    def content(self, data):
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        status, extra = 200, {}
        if asked:
            first, last = int(asked[1]), int(asked[2] or len(data) - 1)
            extra = {"Content-Range": f"bytes {first}-{min(last, len(data) - 1)}/{len(data)}"}
            status, data = 206, data[first : last + 1]
        self.answer(status, data, {**extra, "X-Goog-Hash": f"md5={md5(data)}"})

    def listing(self, bucket, query):
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        items, folders = [], set()
        for (owner, key), data in sorted(self.server.objects.items()):
            if owner != bucket or not key.startswith(prefix):
                continue
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.split(delimiter)[0] + delimiter)
            else:
                items.append(described(bucket, key, data))
        self.answer(200, {"items": items, "prefixes": sorted(folders)})

    def upload(self, bucket, query, body):
        if query.get("uploadType") == "multipart":
            head, content = re.fullmatch(
                rb"--==0==\nContent-Type: application/json; charset=UTF-8\n\n(.*?)\n--==0==\n"
                rb"Content-Type: [^\n]*\n\n(.*)\n--==0==--",
                body,
                re.DOTALL,
            ).groups()
            return self.keep(bucket, json.loads(head)["name"], content, query)
        if "upload_id" not in query:
            number = str(len(self.server.uploads))
            self.server.uploads[number] = [query["name"], bytearray(), query]
            where = f"{self.server.url}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&upload_id={number}"
            return self.answer(200, {}, {"Location": where})
        name, content, asked = self.server.uploads[query["upload_id"]]
        if self.command == "DELETE":
            return self.answer(499, None)
        first, last, total = map(int, re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", self.headers["Content-Range"]).groups())
        del content[first:]
        content += body
        if last + 1 < total:
            return self.answer(308, None, {"Range": f"bytes=0-{last}"})
        return self.keep(bucket, name, bytes(content), asked)

    def keep(self, bucket, key, content, query):
        with self.server.lock:
            if query.get("ifGenerationMatch") == "0" and (bucket, key) in self.server.objects:
                return self.answer(412, {"error": {"code": 412, "message": "conditionNotMet"}})
            self.server.objects[bucket, key] = content
        return self.answer(200, described(bucket, key, content))

    def answer(self, status, content, headers=None):
        data = b"" if content is None else content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {
            "Content-Length": str(len(data)),
            "Content-Type": "application/octet-stream" if isinstance(content, bytes) else "application/json",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def md5(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def described(bucket, key, data):
    return {
        "kind": "storage#object",
        "bucket": bucket,
        "name": key,
        "size": str(len(data)),
        "md5Hash": md5(data),
        "generation": "1",
        "updated": "2026-01-01T00:00:00.000Z",
        "timeCreated": "2026-01-01T00:00:00.000Z",
    }


@contextmanager
def running():
    server = GoogleServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(120)
