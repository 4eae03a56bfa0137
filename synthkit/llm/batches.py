"""The batch endpoint: files of requests that are answered within a day, at a lower price."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from synthkit.llm.asking import AskProgress, AskReport, OnAsk
from synthkit.llm.budget import Ledger
from synthkit.llm.dialogue import Dialogue, settle
from synthkit.llm.log import RequestLog
from synthkit.llm.options import ServiceOptions
from synthkit.llm.request import REFUSED, Reply, Request, Usage, canonical
from synthkit.llm.service import Service, reply_of

__all__ = ["BatchAsker"]

_ENDED = ("completed", "failed", "expired", "cancelled")
_MOST_BYTES = 190 * 2**20  # services take 200 MB
_GONE = (401, 403, 404)
_PASSING = (408, 409, 425, 429)
_NOT_MADE = 501
_OURS = "synthkit-"
_LABEL = "synthkit"
_BARREN = 2  # batches in a row that bring nothing: no other would


class _Lost(Exception):  # noqa: N818 - what it means is decided by who asks
    """A batch that this key does not see."""


class BatchAsker:
    """Asks by batches, round by round: what a round leaves open is handed in again."""

    def __init__(
        self,
        dialogues: list[Dialogue[Any]],
        log: RequestLog,
        service: Service,
        options: ServiceOptions,
        ledger: Ledger,
        on_ask: OnAsk | None,
    ) -> None:
        self._going, self._total = dialogues, len(dialogues)
        self._log, self._service, self._options, self._ledger, self._on_ask = log, service, options, ledger, on_ask
        self._why: dict[str, str] = {}
        self.report = AskReport()

    async def run(self) -> AskReport:
        """All dialogues to their ends."""
        for id, keys in self._log.open_batches().items():
            if not self.report.stopped:
                await self._resume(id, keys)
        barren = 0
        while True:
            self._going = settle(self._going, self._log)
            self._tell(0)
            if not self._going or barren == _BARREN or self.report.stopped:
                break
            before = self.report.asked
            part = self._affordable()
            if not part:
                self.report.stopped = "budget"
                break
            id = await self._hand_in(part)
            if id:
                await self._collect(id, [request.key for request in part])
            barren = 0 if self.report.asked > before else barren + 1
        self.report.done = self._total - len(self._going)
        if not self.report.stopped:
            for dialogue in self._going:
                key = dialogue.request.key if dialogue.request else ""
                self.report.failures.append((dialogue.question.id, self._why.get(key, "the batch has no answer")))
        self.report.spent = self._ledger.describe()
        return self.report

    async def _resume(self, id: str, keys: Sequence[str]) -> None:
        """Collect what an earlier run handed in."""
        if not id.startswith(_OURS):
            await self._collect(id, keys)
            return
        try:
            found = await self._find(id)
        except _Lost:
            found = ""
        if found:
            self._log.name_batch(id, found)
            await self._collect(found, keys)
        elif found is None:
            self._stop_unsure(id)
        else:
            self._lose(id, keys)

    def _affordable(self) -> list[Request]:
        """The next requests, as many as a batch and the budget take; what they can cost is set aside."""
        found: dict[str, Request] = {}
        size = 0
        for dialogue in self._going:
            request = dialogue.request
            if request is None or request.key in found:
                continue
            size += len(_line(request))
            full = len(found) == self._options.batch_size or size > _MOST_BYTES
            if full or not self._ledger.reserve(request.bound):
                break
            found[request.key] = request
        return list(found.values())

    async def _hand_in(self, part: Sequence[Request]) -> str:
        """Upload a file and begin a batch; its id, empty where that failed."""
        client, o = self._service.client, self._service.openai
        keys = [request.key for request in part]
        for request in part:  # there is one batch at a time
            self._ledger.failed(request.bound, maybe_paid=False)
        text = b"".join(_line(request) for request in part)
        # Killed in the middle of what follows, the next run finds the batch by this name among those of the service.
        ours = f"{_OURS}{hashlib.sha256(text).hexdigest()[:32]}"
        begun = False
        try:
            self._log.write(part, [], [])
            self._log.begin_batch(ours, keys)
            file = await client.files.create(file=("requests.jsonl", text), purpose="batch")
            begun = True
            batch = await client.batches.create(
                input_file_id=file.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={_LABEL: ours},
            )
        except o.APIStatusError as error:
            outcome = self._service.status(part[0], error)
            self._why |= dict.fromkeys(keys, outcome.why)
            if outcome.kind != "again":
                self.report.stopped = f"{self._service.url}: {outcome.why}"
            return await self._look(ours, keys, taken=begun and (outcome.maybe_paid or error.status_code >= 500))
        except o.APIConnectionError as error:
            self._why |= dict.fromkeys(keys, self._service.hidden(f"no connection: {error}"))
            return await self._look(ours, keys, taken=begun)
        self._log.name_batch(ours, batch.id)
        return str(batch.id)

    async def _look(self, ours: str, keys: Sequence[str], *, taken: bool) -> str:
        """What became of a batch whose service did not say that it took it: its id, or empty.

        Args:
            ours: Our name for it.
            keys: Of its requests.
            taken: Whether it may have been taken all the same.
        """
        try:
            found = await self._find(ours) if taken else ""
        except _Lost:
            self._lose(ours, keys)
            return ""
        if found is None:
            self._stop_unsure(ours, self._why[keys[0]])
        elif found:
            self._log.name_batch(ours, found)
        else:
            self._log.end_batch(ours, keys, [])
        return found or ""

    def _stop_unsure(self, ours: str, why: str = "no answer") -> None:
        """Hand in nothing that may be paid already: the next run looks for it."""
        self.report.stopped = (
            f"{self._service.url}: {why}; it may have taken the batch {ours}, and cannot list its batches now"
        )

    async def _find(self, ours: str) -> str | None:
        """The service's name of a batch that was handed in under a name of ours.

        Returns:
            The name; empty where there is no such batch, None where the service is not to be reached.

        Raises:
            _Lost: This key sees no batches.
        """
        o = self._service.openai
        for _ in range(self._options.retries + 1):
            try:
                async for batch in self._service.client.batches.list(limit=100):
                    if (batch.metadata or {}).get(_LABEL) == ours:
                        return str(batch.id)
                return ""
            except o.APIStatusError as error:
                passes = error.status_code >= 500 or error.status_code in _PASSING
                if not passes or error.status_code == _NOT_MADE:
                    raise _Lost from None  # it lists none to us, and never will
            except o.APIConnectionError:
                pass
            await asyncio.sleep(self._options.batch_poll)
        return None

    def _lose(self, id: str, keys: Sequence[str]) -> None:
        """A batch that cannot be had: its requests are made again, and may have been paid."""
        self._log.end_batch(id, [], [])
        for body in self._log.bodies(keys).values():
            self._ledger.doubtful += Request(body).bound
        self.report.notes.append(
            f"batch {id} with {len(keys):,} requests is not to be had with this key: they are made again (with the key "
            "that it was handed in with, its answers can still be collected)"
        )

    async def _collect(self, id: str, keys: Sequence[str]) -> None:
        """Wait for a batch to end, and keep what it brings."""
        try:
            batch = await self._ended(id)
            lines = [line for name in ("output_file_id", "error_file_id") for line in await self._lines(batch, name)]
        except _Lost:
            self._lose(id, keys)
            return
        replies: dict[str, Reply] = {}
        void = set(keys)
        for line in lines:
            reply, answered = self._read(line)
            if answered:
                void.discard(str(line.get("custom_id")))
            if reply is not None and reply.key in keys:
                replies[reply.key] = reply
        self._log.end_batch(id, sorted(void), list(replies.values()))
        for reply in replies.values():
            self._ledger.answered(reply.usage, Usage(), reply.usage)
            self.report.asked += reply.finish != REFUSED
        self.report.again += len(void)

    async def _ended(self, id: str) -> Any:
        o = self._service.openai
        while True:
            try:
                batch = await self._service.client.batches.retrieve(id)
            except o.APIStatusError as error:
                if error.status_code in _GONE:
                    raise _Lost from None
                if error.status_code < 500 and error.status_code != 429:
                    raise
            except o.APIConnectionError:
                pass  # an outage: the batch goes on without us
            else:
                counts = batch.request_counts
                self._tell(0 if counts is None else counts.total - counts.completed - counts.failed)
                if batch.status in _ENDED:
                    return batch
            await asyncio.sleep(self._options.batch_poll)

    async def _lines(self, batch: Any, name: str) -> list[dict[str, Any]]:
        id, o = getattr(batch, name, None), self._service.openai
        while id:
            try:
                text = (await self._service.client.files.content(id)).text
            except o.APIStatusError as error:
                if error.status_code in _GONE:
                    raise _Lost from None
                if error.status_code < 500 and error.status_code != 429:
                    raise
            except o.APIConnectionError:
                pass
            else:
                return [found for line in text.splitlines() if isinstance(found := _json(line), dict)]
            await asyncio.sleep(self._options.batch_poll)
        return []

    def _read(self, line: dict[str, Any]) -> tuple[Reply | None, bool]:
        """The answer in a line of a batch's files, and whether the service made anything of the request."""
        key, response = str(line.get("custom_id")), line.get("response") or {}
        status, body = response.get("status_code"), response.get("body") or {}
        if status == 200:
            reply = reply_of(key, body, "batch", self._service.hidden)
            self._why[key] = "an answer that is no chat completion"
            return reply, True
        problem = (body.get("error") if isinstance(body, dict) else None) or line.get("error") or {}
        why = self._service.hidden(f"HTTP {status}: {problem.get('message', '')}" if status else str(problem))
        self._why[key] = why
        if isinstance(status, int) and 400 <= status < 500 and status not in (408, 409, 425, 429):
            return Reply(key, why, REFUSED, "", Usage(), "batch", self._service.hidden(canonical(line))), False
        return None, False

    def _tell(self, in_flight: int) -> None:
        if self._on_ask is not None:
            ledger, r = self._ledger, self.report
            done = self._total - len(self._going)
            self._on_ask(
                AskProgress(done, r.asked, ledger.spent.total, ledger.money, ledger.currency, in_flight, r.again)
            )


def _line(request: Request) -> bytes:
    """A line of a batch's file."""
    line = {"custom_id": request.key, "method": "POST", "url": "/v1/chat/completions", "body": request.data}
    return (json.dumps(line, ensure_ascii=False) + "\n").encode()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
