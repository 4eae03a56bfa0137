"""Which conversions there are, and which would lose something."""

from __future__ import annotations

import difflib

from synthkit.convert.source import Source
from synthkit.errors import InputError
from synthkit.records import AudioLayout
from synthkit.run.prepare import FLAC_MAX_RATE
from synthkit.shards.formats import WRITERS
from synthkit.storage import Storage

__all__ = ["HUB", "LHOTSE", "check_format", "check_places", "check_target", "formats"]

LHOTSE = "lhotse"
HUB = "hub"


def formats() -> list[str]:
    """Names of all formats of shards."""
    return list(dict.fromkeys(name for writers in WRITERS.values() for name in writers))


def check_target(name: str) -> None:
    """Refuse what is no target at all.

    Raises:
        InputError: The message lists what there is.
    """
    known = [*formats(), LHOTSE, HUB]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise InputError(f"--to {name}: there is no such form; {hint}there are: {', '.join(known)}")


def check_format(source: Source, format: str) -> None:
    """Refuse a format that cannot hold the dataset bit for bit.

    Raises:
        InputError: The message says which ones can.
    """
    why = _why_not(source, format)
    if why:
        possible = [name for name in formats() if not _why_not(source, name)]
        also = [LHOTSE, HUB] if source.content == "audio" else [HUB]
        raise InputError(f"--to {format}: {why}; {source.root} can become: {', '.join([*possible, *also])}")


def _why_not(source: Source, format: str) -> str:
    """What keeps a format from holding the dataset; empty where nothing does."""
    layout = source.manifest.layout
    if format not in WRITERS[source.content]:
        return f"no format of {source.content}"
    if format == "flac" and isinstance(layout, AudioLayout):
        if layout.sample_format != "pcm16":
            return f"flac holds 16-bit samples, and these are {layout.sample_format}"
        if layout.sample_rate > FLAC_MAX_RATE:
            return f"flac ends at a sample rate of {FLAC_MAX_RATE} Hz"
    return ""


def check_places(source: Storage, out: Storage) -> None:
    """Refuse to write where the dataset is read, or into it.

    Raises:
        InputError: One is the other, or lies in it.
    """
    one, other = f"{source.address.rstrip('/')}/", f"{out.address.rstrip('/')}/"
    if one == other:
        raise InputError(f"{out}: is the dataset itself; -o names another directory")
    if one.startswith(other) or other.startswith(one):
        raise InputError(f"{out}: lies around or inside of {source}; -o names a directory beside it")
