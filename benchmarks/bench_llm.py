"""Asking a service: what a call takes beside the network, how many a second, and how fast a log is replayed.

Predicted before the first run: the package openai takes 1 ms of CPU a call as it is commonly used, half of that when
its answers are not made into objects and aiohttp carries them; log, budget and checks add 0.2 ms. So 0.7 ms of CPU a
call, 900 calls a second with 64 in flight; SQLite gives 200,000 rows a second by primary key.

Measured: see the table; docs/rationales.md has a run.
"""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.table import Row
from synthkit.generators.corpora.grammar import grammar_corpus
from synthkit.llm.asking import ask_all
from synthkit.llm.dialogue import Dialogue, settle
from synthkit.llm.log import RequestLog, open_replies
from synthkit.llm.options import ServiceOptions
from synthkit.recipe.load import load_recipe
from synthkit.run import prepare
from synthkit.seeds import derive_key

__all__ = ["run"]

_IN_FLIGHT = 64
_SERVER = """
import json, sys, uvicorn

ANSWER = json.dumps({"reasoning": "more than half of them are, so at least one of them is", "answer": "LABEL"})

async def app(scope, receive, send):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    label = body.partition(b"The right answer is: ")[2].partition(b"\\\\n")[0].decode()
    out = json.dumps({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
        "finish_reason": "stop", "message": {"role": "assistant", "content": ANSWER.replace("LABEL", label)}}],
        "usage": {"prompt_tokens": 150, "completion_tokens": 20}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(out)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": out})

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", access_log=False, lifespan="off")
"""


def run(*, smoke: bool) -> tuple[str, list[Row]]:
    """Time calls and replays; returns the table's title and rows."""
    count, rounds = (40, 1) if smoke else (4000, 3)
    best: dict[str, float] = {"rate": 0.0, "cpu": float("inf"), "reads": 0.0, "replayed": 0.0}
    with tempfile.TemporaryDirectory() as folder, _served() as url:
        for number in range(rounds):
            path = Path(folder) / f"{number}.sqlite"
            rate, cpu = _asked(url, path, count)
            best["rate"], best["cpu"] = max(best["rate"], rate), min(best["cpu"], cpu)
            reads, replayed = _replayed(path, count)
            best["reads"], best["replayed"] = max(best["reads"], reads), max(best["replayed"], replayed)
    return f"Asking a service on loopback, {_IN_FLIGHT} in flight", [
        Row("calls", f"{best['rate']:,.0f}/s", "500/s", best["rate"] / 500, "" if smoke else ">= 1"),
        Row("CPU of a call, log and checks too", f"{best['cpu']:.2f} ms", "1 ms", best["cpu"], "" if smoke else "<= 1"),
        Row("answers read", f"{best['reads']:,.0f}/s", "50,000/s", best["reads"] / 50_000, "" if smoke else ">= 1"),
        Row("questions replayed and checked", f"{best['replayed']:,.0f}/s", "", best["replayed"] / 50_000),
    ]


def _asked(url: str, path: Path, count: int) -> tuple[float, float]:
    """Calls a second, and ms of CPU of each."""
    dialogues = _dialogues(count)
    options = ServiceOptions(base_url=url, in_flight=_IN_FLIGHT)
    with RequestLog(path) as log:
        started, cpu = time.perf_counter(), _cpu()
        report = ask_all(dialogues, log, options, model="gpt-3.5-turbo", prices=None, budget=None)
        seconds, used = time.perf_counter() - started, _cpu() - cpu
    assert report.done == report.asked == count, report
    assert all(d.outcome is not None and not d.outcome.problem for d in dialogues), dialogues[0].outcome
    return count / seconds, 1000 * used / count


def _replayed(path: Path, count: int) -> tuple[float, float]:
    """Answers read, and whole questions replayed, a second."""
    dialogues = _dialogues(count)
    keys = [d.request.key for d in dialogues if d.request is not None]
    replies = open_replies(path)
    started = time.perf_counter()
    assert len(replies.get_many(keys)) == count
    read = time.perf_counter()
    assert settle(dialogues, replies) == []
    return count / (read - started), count / (time.perf_counter() - read)


def _dialogues(count: int) -> list[Dialogue[Any]]:
    size = count * 5 // 4
    sets = [("params.corpus", "grammar"), ("params.items", size), ("license", "CC0-1.0")]
    prepared = prepare(load_recipe("anli_informed_reasoning", sets))
    grammar_corpus(size, derive_key(0, "anli_informed_reasoning", "corpus"))
    generator: Any = prepared.generator
    return [d for rows in prepared.everything() for d in generator.dialogues(rows)]


@contextmanager
def _served() -> Iterator[str]:
    """A server in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", _SERVER, str(port)]) as process:
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 0.2).close()
                    break
                except OSError:
                    time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
