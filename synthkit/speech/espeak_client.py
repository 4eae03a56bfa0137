"""Talks to the process that speaks (`synthkit.speech.espeak_host`)."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import UtteranceError, WorkError
from synthkit.speech.espeak_program import Program, ending, timeout
from synthkit.speech.espeak_styles import Setting

__all__ = ["Client", "Spoken", "TimedOutError"]

_SCRIPT = Path(__file__).with_name("espeak_host.py")
_PIECE = 2**16
_START_TIMEOUT = 30.0  # s, at least: a loaded machine may take long to start a process


class TimedOutError(UtteranceError):
    """An utterance took longer than it may."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What came back.

    Attributes:
        samples: int16 [T].
        rate: Samples per second, Hz.
        events: (first sample, IPA) of each phoneme; an empty name is a pause.
    """

    samples: npt.NDArray[np.int16]
    rate: int
    events: tuple[tuple[int, str], ...]


class Client:
    """One speaking process, started when it is needed, ended with this object or with this process.

    Attributes:
        folder: The private folder of data; empty before the process has started.
    """

    def __init__(self, program: Program, files: Sequence[str]) -> None:
        self._program = program
        self._files = list(files)
        self._process: subprocess.Popen[bytes] | None = None
        self._end: Any = None
        self.folder = ""

    def say(self, voice: str, text: str, setting: Setting) -> Spoken:
        """One utterance.

        Raises:
            TimedOutError: It took too long; the process was ended, and the next utterance starts another.
            UtteranceError: It failed, or its process has died.
            WorkError: The process cannot be started.
        """
        seconds = timeout()
        self.start()
        request = {
            "variant": setting.variant,
            "voice": voice,
            "text": text,
            "speed": setting.speed,
            "volume": setting.volume,
        }
        answer, rest = self._ask(request, seconds)
        if "error" in answer:
            raise UtteranceError(f"espeak-ng {answer['error']}")
        content = self._read(2 * int(answer["samples"]), rest, time.monotonic() + seconds, seconds)
        events = tuple((int(sample), str(name)) for sample, name in answer["events"])
        return Spoken(np.frombuffer(content, np.int16), int(answer["rate"]), events)

    def start(self) -> None:
        """Start the process if there is none."""
        if self._process is not None:
            return
        command = [sys.executable, "-I", "-S", str(_SCRIPT)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # what is sent to our group, such as Ctrl-C, is not for it: it ends when we do
        )
        self._end = weakref.finalize(self, _end, self._process)
        first = {"library": self._program.library, "data": str(self._program.data), "files": self._files}
        try:
            answer, _ = self._ask(first, max(timeout(), _START_TIMEOUT))
        except UtteranceError as error:
            raise WorkError(f"{self._program.library}: cannot be used: {error}; install espeak-ng again") from None
        self.folder = str(answer["folder"])

    def close(self) -> None:
        """End the process; it removes its folder."""
        if self._end is not None:
            self._end()
        self._process, self._end = None, None

    def _ask(self, request: dict[str, Any], seconds: float) -> tuple[dict[str, Any], bytes]:
        """The line of an answer, and what has been read beyond it."""
        process = self._running()
        until = time.monotonic() + seconds
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        except OSError:
            raise self._died() from None
        read = b""
        while b"\n" not in read:
            read += self._piece(until, seconds)
        line, _, rest = read.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer, rest

    def _read(self, size: int, rest: bytes, until: float, seconds: float) -> bytes:
        pieces, there = [rest], len(rest)
        while there < size:
            pieces.append(self._piece(until, seconds))
            there += len(pieces[-1])
        return b"".join(pieces)

    def _piece(self, until: float, seconds: float) -> bytes:
        """Some bytes, as soon as there are any."""
        handle = self._running().stdout.fileno()  # type: ignore[union-attr]
        ready, _, _ = select.select([handle], [], [], max(until - time.monotonic(), 0))
        if not ready:
            self._kill()
            raise TimedOutError(f"espeak-ng does not answer within {seconds:g} s")
        piece = os.read(handle, _PIECE)
        if not piece:
            raise self._died()
        return piece

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("start() comes first")
        return self._process

    def _died(self) -> UtteranceError:
        process = self._running()
        self._kill()
        return UtteranceError(f"the process of espeak-ng {ending(process.returncode)}")

    def _kill(self) -> None:
        """End the process at once, and the child that speaks with it; its folder is ours to remove then."""
        process = self._running()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    process.wait()
