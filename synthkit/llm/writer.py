"""Writes to the log in groups, so that many calls share one commit; whoever waits goes on when it is on the disk."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from synthkit.llm.log import RequestLog
from synthkit.llm.request import Reply, Request

__all__ = ["GroupWriter"]


class GroupWriter:
    """A writer of one log, for one event loop.

    Args:
        log: The log; nobody else writes to it from this process.
    """

    def __init__(self, log: RequestLog) -> None:
        self._log = log
        self._thread = ThreadPoolExecutor(1, "request-log")
        self._sent: list[Request] = []
        self._void: list[str] = []
        self._replies: list[Reply] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._writing: asyncio.Task[None] | None = None

    async def sent(self, request: Request) -> None:
        """A request goes out as soon as this returns."""
        self._sent.append(request)
        await self._written()

    async def void(self, key: str) -> None:
        """The service made nothing of a request."""
        self._void.append(key)
        await self._written()

    async def replied(self, reply: Reply) -> None:
        """An answer may be used as soon as this returns."""
        self._replies.append(reply)
        await self._written()

    async def _written(self) -> None:
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                await asyncio.sleep(0)  # who is ready to add something does so
                sent, void, replies, waiting = self._sent, self._void, self._replies, self._waiting
                self._sent, self._void, self._replies, self._waiting = [], [], [], []
                try:
                    await loop.run_in_executor(self._thread, self._log.write, sent, void, replies)
                except BaseException as error:
                    _tell(waiting, error)
                    if not isinstance(error, Exception):
                        raise
                else:
                    _tell(waiting, None)
        finally:
            self._writing = None

    async def close(self) -> None:
        """Wait for all that is being written."""
        while self._writing is not None:
            await asyncio.wait([self._writing])
        self._thread.shutdown()


def _tell(waiting: list[asyncio.Future[None]], error: BaseException | None) -> None:
    for done in waiting:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
