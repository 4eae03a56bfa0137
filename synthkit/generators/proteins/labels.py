"""Labels in the headers of FASTA files."""

from __future__ import annotations

import re
from collections.abc import Callable

from synthkit.errors import InputError
from synthkit.generators.proteins.records import LEVELS

__all__ = ["LabelOf", "label_finder"]

LabelOf = Callable[[str], str | None]

_SCCS = re.compile(r"[a-z](\.[0-9]+){0,3}")


def label_finder(level: str, pattern: str) -> LabelOf:
    """What finds the label in a header (the line without its ``>``); None where there is none.

    Without a pattern it is the word ``<level>=NAME``, or else the second word, a SCOP classification such as
    ``a.1.1.2`` (class, fold, superfamily, family), cut off behind the level: ``a.1`` is the fold. With a pattern it is
    the first of its groups that takes part in its first match; the whole match where it has no groups.

    Args:
        level: One of `LEVELS`.
        pattern: Regular expression, or empty.

    Raises:
        InputError: The pattern is none.
    """
    if not pattern:
        return lambda header: _standard(header, level)
    try:
        found = re.compile(pattern)
    except re.error as error:
        raise InputError(f"is no regular expression: {error}") from None
    return lambda header: _matched(found, header)


def _standard(header: str, level: str) -> str | None:
    words = header.split()
    for word in words:
        key, equals, value = word.partition("=")
        if key == level and equals and value:
            return value
    depth = LEVELS.index(level) + 1
    if len(words) > 1 and _SCCS.fullmatch(words[1]):
        parts = words[1].split(".")
        if len(parts) >= depth:
            return ".".join(parts[:depth])
    return None


def _matched(pattern: re.Pattern[str], header: str) -> str | None:
    match = pattern.search(header)
    if match is None:
        return None
    groups = [group for group in match.groups() if group is not None] if pattern.groups else [match[0]]
    return (groups[0].strip() or None) if groups else None
