"""How many calls are in flight: fewer when the service is overloaded, more again when it is not."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["Gate"]


class Gate:
    """Lets calls in; additive increase, multiplicative decrease (Chiu and Jain 1989).

    One burst of refusals halves the limit once: only a call that was let in after the last halving counts. Each answer
    raises it by one over the limit.

    Args:
        most: Most calls in flight.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.limit = float(most)
        self.busy = 0
        self._epoch = 0
        self._resume = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> int:
        """Wait for a place; returns the epoch, for `throttled`."""
        loop = asyncio.get_running_loop()
        while True:
            pause = self._resume - loop.time()
            if pause > 0:
                await asyncio.sleep(pause)
            elif self.busy < int(self.limit):
                self.busy += 1
                return self._epoch
            else:
                turn = loop.create_future()
                self._waiting.append(turn)
                await turn

    def leave(self) -> None:
        """A call has ended."""
        self.busy -= 1
        self._wake()

    def succeeded(self) -> None:
        """The service answered."""
        self.limit = min(self.limit + 1 / self.limit, float(self._most))

    def throttled(self, epoch: int, wait: float) -> None:
        """The service is overloaded.

        Args:
            epoch: What `enter` gave the call.
            wait: Seconds during which nobody is let in.
        """
        if epoch == self._epoch:
            self.limit = max(self.limit / 2, 1.0)
            self._epoch += 1
        self._resume = max(self._resume, asyncio.get_running_loop().time() + wait)

    def _wake(self) -> None:
        free = int(self.limit) - self.busy
        while self._waiting and free > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1
