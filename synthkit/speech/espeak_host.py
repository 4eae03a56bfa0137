"""A process of its own that speaks for `synthkit.speech.espeak`: it loads the system's libespeak-ng, which is GPL.

The library tells when each phoneme starts, which the program ``espeak-ng`` does not, and needs no start-up for each
utterance. It keeps state from one utterance to the next: so each is made by a child that is forked from the state just
after the start, and an utterance is a function of its request alone. This file is run as a script; it imports nothing
of synthkit and holds nothing of espeak-ng.

Standard input: one JSON object a line. The first has ``library`` (file), ``data`` (the system's espeak-ng-data) and
``files`` (paths below it that are needed). Each later one is an utterance: ``variant`` (text of the voice variant's
file), ``voice``, ``text``, ``speed`` (words per minute) and ``volume`` (0 to 200). Standard output: one line of JSON
for each, ``folder`` for the first, ``samples``, ``rate`` and ``events`` ([sample, IPA]) for the others, followed by the
samples (int16, the machine's byte order); or ``error``. The end of the input is the end of the process and of its
folder.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

_RETRIEVAL_SYNCHRONOUS = 2
_PHONEME_EVENTS, _PHONEME_IPA, _DONT_EXIT = 0x0001, 0x0002, 0x8000
_RATE, _VOLUME = 1, 2
_CHARACTERS, _UTF8, _END_PAUSE = 1, 1, 0x1000
_LIST_END, _PHONEME = 0, 7
VARIANT = "synthkit"


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class _Library:
    """libespeak-ng over a private folder of data."""

    def __init__(self, path: str, folder: str) -> None:
        self._library = ctypes.CDLL(path)
        flags = _PHONEME_EVENTS | _PHONEME_IPA | _DONT_EXIT
        self.rate = self._library.espeak_Initialize(_RETRIEVAL_SYNCHRONOUS, 0, folder.encode(), flags)
        self._pieces: list[bytes] = []
        self._events: list[tuple[int, str]] = []
        self._callback = _CALLBACK(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[_Event]) -> int:
        if samples and count:
            self._pieces.append(ctypes.string_at(samples, 2 * count))
        number = 0
        while events[number].type != _LIST_END:
            if events[number].type == _PHONEME:
                name = bytes(events[number].id.string).decode("utf-8", "replace")
                self._events.append((events[number].sample, name))
            number += 1
        return 0

    def say(self, request: dict[str, object]) -> bytes:
        """The answer to a request."""
        if self._library.espeak_SetVoiceByName(str(request["voice"]).encode()) != 0:
            return _line({"error": f"has no voice {request['voice']!r}"})
        self._library.espeak_SetParameter(_RATE, request["speed"], 0)
        self._library.espeak_SetParameter(_VOLUME, request["volume"], 0)
        text = str(request["text"]).encode() + b"\0"
        flags = _UTF8 | _END_PAUSE
        code = self._library.espeak_Synth(text, len(text), 0, _CHARACTERS, 0, flags, None, None)
        code = code or self._library.espeak_Synchronize()
        if code:
            return _line({"error": f"failed with code {code}"})
        samples = b"".join(self._pieces)
        return _line({"samples": len(samples) // 2, "rate": self.rate, "events": self._events}) + samples


def _line(data: dict[str, object]) -> bytes:
    return json.dumps(data).encode() + b"\n"


def _forked(library: _Library, request: dict[str, object]) -> bytes:
    """The answer of a child of this process, in the state in which this process began."""
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        answer = library.say(request)
        with os.fdopen(sink, "wb") as out:
            out.write(answer)
        os._exit(0)
    os.close(sink)
    with os.fdopen(source, "rb") as answers:
        answer = answers.read()
    _, status = os.waitpid(child, 0)
    if status:
        how = f"was killed by signal {status & 0x7F}" if status & 0x7F else f"ended with code {status >> 8}"
        return _line({"error": how})
    return answer


def _make_folder(folder: str, data: str, files: list[str]) -> None:
    """The part of the system's data that is needed, as links: a start reads all languages and voices that it finds."""
    root = Path(folder, "espeak-ng-data")
    (root / "voices" / "!v").mkdir(parents=True)
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(Path(data, name))


def main() -> None:
    """Answer requests until there are no more."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    first = json.loads(requests.readline())
    folder = tempfile.mkdtemp(prefix="synthkit-espeak-")
    try:
        _make_folder(folder, first["data"], first["files"])
        library = _Library(first["library"], folder)
        answers.write(_line({"folder": folder, "rate": library.rate}))
        answers.flush()
        variant = Path(folder, "espeak-ng-data", "voices", "!v", VARIANT)
        for line in requests:
            request = json.loads(line)
            variant.write_text(request["variant"], encoding="utf-8")
            answers.write(_forked(library, request))
            answers.flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
