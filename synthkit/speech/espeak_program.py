"""The program ``espeak-ng`` of this machine: where it is, its version, its data, its languages."""

from __future__ import annotations

import ctypes.util
import difflib
import math
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from synthkit.errors import InputError, WorkError

__all__ = [
    "CrashedError",
    "Language",
    "Program",
    "SilentError",
    "ending",
    "find_language",
    "find_program",
    "run_program",
    "timeout",
]

_INSTALL = "install it (apt-get install espeak-ng)"
_DEFAULT_TIMEOUT = 10.0
_TIMEOUT = "SYNTHKIT_SPEECH_TIMEOUT"
_VERSION = re.compile(r"(\d+\.\d+[\w.+-]*).*?Data at:\s*(\S.*)", re.S)


class CrashedError(WorkError):
    """The program was killed or ended with an error."""


class SilentError(WorkError):
    """The program did not end in time."""


@dataclass(frozen=True, slots=True)
class Program:
    """What there is.

    Attributes:
        path: The program.
        version: As it says itself.
        data: Its folder of voices and dictionaries.
        library: File or name of libespeak-ng.
    """

    path: str
    version: str
    data: Path
    library: str


@dataclass(frozen=True, slots=True)
class Language:
    """A language of espeak-ng.

    Attributes:
        code: e.g. ``en-us``.
        file: Its file below the data folder, e.g. ``lang/gmw/en-US``.
    """

    code: str
    file: str


def timeout() -> float:
    """Seconds that an utterance may take, from the environment variable ``SYNTHKIT_SPEECH_TIMEOUT``.

    Raises:
        InputError: It is no positive number.
    """
    text = os.environ.get(_TIMEOUT)
    if text is None:
        return _DEFAULT_TIMEOUT
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (0 < seconds < math.inf):
        raise InputError(f"{_TIMEOUT}: must be a number of seconds > 0, not {text!r}")
    return seconds


def find_program() -> Program:
    """The ``espeak-ng`` on PATH.

    Raises:
        WorkError: There is none, it does not answer, or its library is missing.
    """
    path = shutil.which("espeak-ng")
    if path is None:
        raise WorkError(f"espeak-ng is not on PATH; {_INSTALL}, or choose another params.engine")
    try:
        content = run_program([path, "--version"])
    except CrashedError:  # once may be an accident
        content = run_program([path, "--version"])
    said = content.decode("utf-8", "replace")
    match = _VERSION.search(said)
    if match is None:
        raise WorkError(f"{path}: does not say its version and data, but {said.strip()[:80]!r}; is it espeak-ng?")
    data = Path(match[2].strip())
    if not (data / "phondata").is_file():
        raise WorkError(f"{path}: its data folder {data} holds no phondata; {_INSTALL}, data included")
    return Program(path, match[1], data, _library(data))


def _library(data: Path) -> str:
    """libespeak-ng: what the linker finds, or the one beside the data."""
    found = ctypes.util.find_library("espeak-ng")
    if found is not None:
        return found
    for folder in (data.parent, data.parent.parent, data.parent.parent / "lib"):
        for name in ("libespeak-ng.so.1", "libespeak-ng.so", "libespeak-ng.1.dylib", "libespeak-ng.dylib"):
            if (folder / name).is_file():
                return str(folder / name)
    raise WorkError(
        "libespeak-ng.so.1 is not found, which comes with espeak-ng; install it (apt-get install libespeak-ng1)"
    )


def ending(code: int) -> str:
    """How a process ended, by its return code, in words."""
    return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"


def run_program(command: Sequence[str]) -> bytes:
    """Standard output of the program.

    Raises:
        WorkError: It does not end in time, is killed, or ends with an error.
    """
    seconds = timeout()
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False, start_new_session=True
        )
    except subprocess.TimeoutExpired:
        raise SilentError(
            f"{command[0]}: does not answer within {seconds:g} s ({_TIMEOUT} sets another limit)"
        ) from None
    except OSError as error:
        raise WorkError(f"{command[0]}: cannot be run: {error.strerror}; {_INSTALL}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()[:200]
        raise CrashedError(f"{command[0]}: {ending(done.returncode)}{f': {said}' if said else ''}")
    return done.stdout


@lru_cache(maxsize=16)
def find_language(program: Program, code: str) -> Language:
    """The language of that code.

    Raises:
        InputError: espeak-ng has none; close ones are named.
    """
    known: dict[str, str] = {}
    for file in sorted((program.data / "lang").rglob("*")):
        if file.is_file():
            for line in file.read_text("utf-8", "replace").splitlines():
                words = line.split()
                if len(words) >= 2 and words[0] == "language":
                    known.setdefault(words[1].lower(), file.relative_to(program.data).as_posix())
                    break  # the first one is its own; others are what it may stand in for
    if code.lower() not in known:
        near = difflib.get_close_matches(code.lower(), sorted(known), n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "`espeak-ng --voices` lists them"
        raise InputError(f"params.options.language: espeak-ng has no language {code!r}; {hint}")
    return Language(code.lower(), known[code.lower()])
