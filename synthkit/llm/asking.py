"""Asks all questions of a dataset: many at once, each answer in the log before it is used, within a budget."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from synthkit.errors import InputError, WorkError
from synthkit.llm.budget import Budget, Ledger, Prices
from synthkit.llm.dialogue import Dialogue
from synthkit.llm.gate import Gate
from synthkit.llm.log import RequestLog
from synthkit.llm.loop import run_coroutine
from synthkit.llm.options import ServiceOptions
from synthkit.llm.request import Reply, Request
from synthkit.llm.service import Outcome, Service
from synthkit.llm.writer import GroupWriter

__all__ = ["AskProgress", "AskReport", "OnAsk", "ask", "ask_all", "failed_questions"]

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 60.0
_SHOWN_FAILURES = 5
_UNREACHED = 4  # calls without a connection, where there never was one: nobody is there


@dataclass(frozen=True, slots=True)
class AskProgress:
    """How far it is.

    Attributes:
        done: Dialogues that have ended.
        asked: Calls that were answered in this run.
        tokens: Tokens that were paid, in earlier runs too.
        money: What they cost; None where prices are not known.
        currency: Of the money.
        in_flight: Calls in flight.
        again: Calls that came to nothing and were made again.
    """

    done: int
    asked: int
    tokens: int
    money: Decimal | None
    currency: str
    in_flight: int
    again: int


@dataclass(slots=True)
class AskReport:
    """What a run came to.

    Attributes:
        done: Dialogues that have ended.
        asked: Calls that were answered in this run.
        again: Calls that came to nothing and were made again.
        notes: What a user should know.
        failures: (id, why) of dialogues whose calls came to nothing, however often they were made.
        stopped: Why it stopped before the end; empty where it did not.
        spent: What was paid in all runs, in words.
    """

    done: int = 0
    asked: int = 0
    again: int = 0
    notes: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    stopped: str = ""
    spent: str = ""


OnAsk = Callable[[AskProgress], None]


class _Stop(Exception):  # noqa: N818 - no error: the budget ends, or the service sends everybody away
    pass


class _Asker:
    def __init__(
        self, log: RequestLog, service: Service, options: ServiceOptions, ledger: Ledger, on_ask: OnAsk | None
    ) -> None:
        self._log, self._service, self._options, self._ledger, self._on_ask = log, service, options, ledger, on_ask
        self._writer = GroupWriter(log)
        self._gate = Gate(options.in_flight)
        self._flying: dict[str, asyncio.Future[Reply | None]] = {}
        self._settled = asyncio.Event()
        self._reasons: dict[str, str] = {}
        self._answers = False  # whether the service has answered anything
        self.report = AskReport()

    async def run(self, dialogues: Iterator[Dialogue[Any]]) -> AskReport:
        """All dialogues to their ends."""
        workers = [asyncio.create_task(self._work(dialogues)) for _ in range(self._options.in_flight)]
        try:
            await asyncio.gather(*workers)
        except BaseException:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            raise
        finally:
            await self._writer.close()
        self.report.spent = self._ledger.describe()
        return self.report

    async def _work(self, dialogues: Iterator[Dialogue[Any]]) -> None:
        try:
            for dialogue in dialogues:
                await self._hold(dialogue)
                self._tell()
                if self.report.stopped:
                    return
        except _Stop as stop:
            self.report.stopped = self.report.stopped or str(stop)

    async def _hold(self, dialogue: Dialogue[Any]) -> None:
        while dialogue.request is not None:
            request = dialogue.request
            reply = self._log.get(request.key) or await self._shared(request)
            if reply is None:
                self.report.failures.append((dialogue.question.id, self._reasons.get(request.key, "")))
                return
            dialogue.tell(reply)
        self.report.done += 1

    async def _shared(self, request: Request) -> Reply | None:
        """The answer; equal requests are made once."""
        flying = self._flying.get(request.key)
        if flying is not None:
            return await asyncio.shield(flying)
        mine = asyncio.get_running_loop().create_future()
        self._flying[request.key] = mine
        try:
            reply = await self._insist(request)
        except BaseException as error:
            mine.set_exception(error)
            mine.exception()  # looked at: nobody else may be waiting
            raise
        finally:
            del self._flying[request.key]
        mine.set_result(reply)
        return reply

    async def _insist(self, request: Request) -> Reply | None:
        """Call until there is an answer, as often as the options have it."""
        for attempt in range(self._options.retries + 1):
            outcome = await self._call(request)
            if outcome.reply is not None:
                return outcome.reply
            if outcome.kind == "fatal":
                raise _Stop(outcome.why)
            self._reasons[request.key] = outcome.why
            self.report.again += 1
            if attempt < self._options.retries:
                await asyncio.sleep(_pause(request.key, attempt) if outcome.wait is None else outcome.wait)
        return None

    async def _call(self, request: Request) -> Outcome:
        epoch = await self._gate.enter()
        try:
            reserved = await self._reserve(request)
            outcome = Outcome("fatal", why="interrupted", maybe_paid=True)
            try:
                await self._writer.sent(request)
                outcome = await self._service.call(request)
                outcome = self._understood(outcome)
                if outcome.reply is not None:
                    await self._writer.replied(outcome.reply)
                elif not outcome.maybe_paid:
                    await self._writer.void(request.key)
            finally:
                self._settle(request, reserved, outcome)
        finally:
            self._gate.leave()
        if outcome.overloaded:
            self._gate.throttled(epoch, outcome.wait or 0.0)
        elif outcome.reply is not None:
            self._gate.succeeded()
        return outcome

    def _understood(self, outcome: Outcome) -> Outcome:
        """A service that refuses its very first request refuses what all have in common; or it is not there."""
        if outcome.unreached and not self._answers and self.report.again >= _UNREACHED:
            return Outcome("fatal", why=outcome.why)
        if outcome.kind == "refused" and not self._answers:
            return Outcome("fatal", why=f"{self._service.url}: {outcome.why}")
        self._answers = self._answers or outcome.kind == "reply"
        return outcome

    async def _reserve(self, request: Request) -> Any:
        """Set the most that a call can take aside; waits for others to end before it gives up."""
        while True:
            if self.report.stopped:
                raise _Stop(self.report.stopped)
            wanted = self._ledger.wanted(request.bound)
            if self._ledger.reserve(request.bound):
                return wanted
            if self._ledger.idle:
                raise _Stop("budget")
            self._settled.clear()
            await self._settled.wait()

    def _settle(self, request: Request, reserved: Any, outcome: Outcome) -> None:
        if outcome.reply is not None:
            self._ledger.answered(request.bound, reserved, outcome.reply.usage)
            self.report.asked += outcome.kind == "reply"
        else:
            self._ledger.failed(reserved, maybe_paid=outcome.maybe_paid)
        self._settled.set()

    def _tell(self) -> None:
        if self._on_ask is not None:
            r, ledger = self.report, self._ledger
            self._on_ask(
                AskProgress(
                    r.done, r.asked, ledger.spent.total, ledger.money, ledger.currency, self._gate.busy, r.again
                )
            )


def _pause(key: str, attempt: int) -> float:
    """Seconds before the next attempt: twice as long each time, spread by the request's key."""
    spread = int.from_bytes(hashlib.sha256(f"{key} {attempt}".encode()).digest()[:4], "little") / 2**32
    return float(min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT) * (0.5 + spread / 2))


async def ask(
    dialogues: Iterable[Dialogue[Any]],
    log: RequestLog,
    options: ServiceOptions,
    ledger: Ledger,
    on_ask: OnAsk | None = None,
) -> AskReport:
    """Ask all questions; see `ask_all`."""
    service = Service(options)
    try:
        if options.mode == "batch":
            from synthkit.llm.batches import BatchAsker

            return await BatchAsker(list(dialogues), log, service, options, ledger, on_ask).run()
        if log.open_batches():
            raise InputError(
                f"{log.path}: has batches whose answers are not there yet; collect them first, with "
                "--set params.service.mode=batch"
            )
        return await _Asker(log, service, options, ledger, on_ask).run(iter(dialogues))
    finally:
        await service.close()


def ask_all(
    dialogues: Iterable[Dialogue[Any]],
    log: RequestLog,
    options: ServiceOptions,
    *,
    model: str,
    prices: Prices | None,
    budget: Budget | None,
    on_ask: OnAsk | None = None,
) -> AskReport:
    """Ask all questions that the log does not answer; in a notebook too, whose event loop runs already.

    Args:
        dialogues: The questions; taken one by one.
        log: Where answers are, and are put.
        options: Where the service is.
        model: Whose tokens in the log count toward the budget.
        prices: Of the model.
        budget: What may be spent in all, with what the log has paid already.
        on_ask: Told after each question.

    Returns:
        What it came to; nothing that was paid is lost, whatever happened.

    Raises:
        InputError: No key, no package, or a budget that cannot be kept.
    """
    spent, doubtful = log.spent(model), log.doubtful(model)
    ledger = Ledger(budget, prices, spent, doubtful, batch=options.mode == "batch")
    return run_coroutine(ask(dialogues, log, options, ledger, on_ask))


def failed_questions(report: AskReport) -> WorkError:
    """What to say of questions that have no answer."""
    shown = [f"  {id}: {why}" for id, why in report.failures[:_SHOWN_FAILURES]]
    if len(report.failures) > _SHOWN_FAILURES:
        shown.append(f"  and {len(report.failures) - _SHOWN_FAILURES:,} more")
    return WorkError(
        f"{len(report.failures):,} question(s) have no answer yet; all answers are kept ({report.spent}): run the same "
        "command to try again\n" + "\n".join(shown)
    )
