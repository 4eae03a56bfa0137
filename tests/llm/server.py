"""A service for tests: chat and batch endpoints on loopback that misbehave on order."""

import asyncio
import hashlib
import json
import re
import threading
import time
from collections import Counter
from contextlib import contextmanager

import uvicorn

from synthkit.generators.corpora.base import Item


def key_of(body):
    """Names a request as any server could: by its content."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def completion(body, text, finish="stop"):
    asked = sum(len(m["content"].split()) for m in body["messages"])
    usage = {"prompt_tokens": asked, "completion_tokens": len(text.split())}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": f"{body['model']}-2026",
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
        "usage": {**usage, "total_tokens": sum(usage.values())},
    }


class Oracle:
    """Answers as a good model would: for inferences of the grammar it knows evidence and reasoning."""

    def __init__(self, items: dict[str, Item] | None = None):
        self.items = items or {}

    def __call__(self, body):
        question = body["messages"][1]["content"]
        item = next((item for key, item in self.items.items() if key in question), None)
        label = re.search(r"The right answer is: (\w+)", question)
        if "spans" in question:
            spans = item.evidence if item else [re.search(r"hypothesis: (\S+ \S+)", question)[1]]
            return json.dumps({"spans": list(spans)})
        said = item.reasoning if item else f"number {key_of(body)[:8]} shows how premise words decide"
        answer = item.target if item else label[1] if label else "neutral"
        return json.dumps({"reasoning": said, "answer": answer})


class Server:
    """What it was asked, what it made, and how it is to misbehave.

    Attributes:
        paid: Request -> completions that were made and handed over whole.
        tokens: Of all these.
        calls: Requests that came in.
        fault: (number of the call, body) -> name of a fault or None.
        keys: Values of the Authorization header.
    """

    def __init__(self, answer, fault=lambda number, body: None):
        self.answer, self.fault = answer, fault
        self.paid, self.tokens, self.calls = Counter(), 0, 0
        self.keys, self.idempotency = set(), Counter()
        self.in_flight = self.most_in_flight = 0
        self.delay = 0.0
        self.gathers = 0  # no request is answered before so many are in flight
        self.files, self.batches = {}, {}
        self.batch_fault = lambda number, body: None
        self.path_fault = lambda method, path: None
        self.lost_batch = 0  # a status instead of the answer that a batch was taken
        self.batch_polls = 1
        self.url = ""

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        headers = {k.decode(): v.decode() for k, v in scope["headers"]}
        self.keys.add(headers.get("authorization", ""))
        raw = b""
        while True:
            message = await receive()
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if scope["path"] == "/v1/chat/completions":
                self.idempotency[headers.get("idempotency-key", "")] += 1
                await self.chat(json.loads(raw), send)
            else:
                await self.other(scope, headers, raw, send)
        finally:
            self.in_flight -= 1

    async def chat(self, body, send):
        self.calls += 1
        fault = self.fault(self.calls, body)
        await self.gathered()
        if self.delay:
            await asyncio.sleep(self.delay)
        if fault == "429":
            return await reply(send, 429, {"error": {"message": "slow down"}}, {"retry-after": "0.02"})
        if fault == "quota":
            return await reply(send, 429, {"error": {"message": "no money left", "code": "insufficient_quota"}})
        if isinstance(fault, int):
            said = f"status {fault}, key {self.keys}"
            return await reply(send, fault, {"error": {"message": said}})
        if fault == "timeout":
            await asyncio.sleep(5)
            return await reply(send, 500, {})
        if fault == "cut":
            start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]}
            await send(start)
            await send({"type": "http.response.body", "body": b'{"id": "c", "cho', "more_body": True})
            raise ConnectionError("cut on order")
        if fault == "no json":
            return await reply(send, 200, b"<html>bad gateway</html>")
        if fault == "no completion":
            return await reply(send, 200, {"hello": "world"})
        text, finish = self.answer(body), "stop"
        if fault == "slow":
            await asyncio.sleep(0.3)
        if fault == "invalid":
            text = "Sure! Here it is: {'spans': "
        if fault == "fenced":
            text = f"Of course.\n```json\n{text}\n```"
        if fault == "wrong schema":
            text = '{"spans": "not a list", "reasoning": 3}'
        if fault == "truncated":
            text, finish = text[: len(text) // 2], "length"
        done = completion(body, text, finish)
        await reply(send, 200, done)
        self.paid[key_of(body)] += 1
        self.tokens += done["usage"]["total_tokens"]
        return None

    async def gathered(self):
        end = time.monotonic() + 60
        while self.most_in_flight < self.gathers and time.monotonic() < end:
            await asyncio.sleep(0.005)

    async def other(self, scope, headers, raw, send):
        path, owner = scope["path"], headers.get("authorization", "")
        status = self.path_fault(scope["method"], path)
        if status:
            return await reply(send, status, {"error": {"message": "not now"}})
        if path == "/v1/files":
            lines = [json.loads(line) for line in raw.splitlines() if line.startswith(b'{"custom_id"')]
            name = f"file-{len(self.files)}"
            self.files[name] = lines
            return await reply(send, 200, file_object(name))
        if path == "/v1/batches" and scope["method"] == "POST":
            asked = json.loads(raw)
            name = f"batch-{len(self.batches)}"
            self.batches[name] = {"owner": owner, "polls": 0, **asked}
            if self.lost_batch:
                return await reply(send, self.lost_batch, {"error": {"message": "bad gateway"}})
            return await reply(send, 200, self.batch_object(name))
        if path == "/v1/batches":
            mine = [self.batch_object(name) for name, b in self.batches.items() if b["owner"] == owner]
            return await reply(send, 200, {"object": "list", "data": mine, "has_more": False})
        if path.startswith("/v1/batches/"):
            name = path.rpartition("/")[2]
            if name not in self.batches or self.batches[name]["owner"] != owner:
                return await reply(send, 404, {"error": {"message": "no such batch"}})
            self.batches[name]["polls"] += 1
            return await reply(send, 200, self.batch_object(name))
        found = re.fullmatch(r"/v1/files/(out|err)-(batch-\d+)/content", path)
        return await reply(send, 200, self.content(found[2])[found[1]])

    def batch_object(self, name):
        batch = self.batches[name]
        lines = self.files[batch["input_file_id"]]
        done = batch["polls"] >= self.batch_polls
        return {
            "id": name,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "created_at": 0,
            "input_file_id": batch["input_file_id"],
            "status": "completed" if done else "in_progress",
            "metadata": batch.get("metadata"),
            "output_file_id": f"out-{name}" if done else None,
            "error_file_id": f"err-{name}" if done else None,
            "request_counts": {"total": len(lines), "completed": len(lines) if done else 0, "failed": 0},
        }

    def content(self, name):
        batch = self.batches[name]
        if "content" not in batch:
            batch["content"] = {"out": b"", "err": b""}
            for line in self.files[batch["input_file_id"]]:
                self.calls += 1
                body = line["body"]
                fault = self.batch_fault(self.calls, body)
                said = {"custom_id": line["custom_id"], "error": None}
                if fault == "expired":
                    said |= {"response": None, "error": {"code": "batch_expired", "message": "not in time"}}
                    batch["content"]["err"] += json.dumps(said).encode() + b"\n"
                elif fault == "missing":
                    pass
                elif isinstance(fault, int):
                    said["response"] = {"status_code": fault, "body": {"error": {"message": "no"}}}
                    batch["content"]["err"] += json.dumps(said).encode() + b"\n"
                else:
                    done = completion(body, self.answer(body))
                    self.paid[key_of(body)] += 1
                    self.tokens += done["usage"]["total_tokens"]
                    said["response"] = {"status_code": 200, "body": done}
                    batch["content"]["out"] += json.dumps(said).encode() + b"\n"
        return batch["content"]


def file_object(name):
    return {"id": name, "object": "file", "bytes": 1, "created_at": 0, "filename": "f", "purpose": "batch"} | {
        "status": "processed"
    }


async def reply(send, status, data, headers=None):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    lines = {"content-type": "application/json", "content-length": str(len(raw)), **(headers or {})}
    start = {"type": "http.response.start", "status": status}
    await send(start | {"headers": [(k.encode(), v.encode()) for k, v in lines.items()]})
    await send({"type": "http.response.body", "body": raw})


@contextmanager
def running(server):
    """Runs it in a thread of this process; its address is in ``server.url``."""
    config = uvicorn.Config(server, host="127.0.0.1", port=0, log_level="critical", access_log=False, lifespan="off")
    http = uvicorn.Server(config)
    thread = threading.Thread(target=http.run, daemon=True)
    thread.start()
    end = time.monotonic() + 120
    while not http.started:
        assert thread.is_alive()
        assert time.monotonic() < end, "the service does not start"
        time.sleep(0.01)
    server.url = f"http://127.0.0.1:{http.servers[0].sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        http.should_exit = http.force_exit = True
        thread.join(10)
