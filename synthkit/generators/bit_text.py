"""Strings of bits as text: ``0 1 1 0`` or ``0110``, several of them with words between, and what counts as right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.generators.answers import final_answer

__all__ = ["bits_of_words", "read_groups", "share_of_right_bits", "spelled"]


def spelled(symbols: npt.NDArray[np.uint8], between: Sequence[str], *, spaced: bool) -> npt.NDArray[np.uint8]:
    """Groups of symbols as text, one line an example.

    Args:
        symbols: uint8 [n, groups, size], characters.
        between: What stands between the groups, groups - 1 texts.
        spaced: A space between all symbols of a group.

    Returns:
        uint8 [n, bytes of a text].
    """
    count, groups, size = symbols.shape
    step = 2 if spaced else 1
    width = step * (size - 1) + 1
    chars = np.full((count, groups * width + sum(map(len, between))), ord(" "), np.uint8)
    start = 0
    for group in range(groups):
        chars[:, start : start + width : step] = symbols[:, group]
        start += width
        if group < len(between):
            word = between[group].encode()
            chars[:, start : start + len(word)] = np.frombuffer(word, np.uint8)
            start += len(word)
    return chars


def bits_of_words(words: npt.NDArray[np.uint32], count: int) -> npt.NDArray[np.uint8]:
    """The first ``count`` bits of each row of 32-bit words, the lowest bit of a word first: uint8 [n, count]."""
    as_bytes = np.ascontiguousarray(words, "<u4").view(np.uint8)
    return np.unpackbits(as_bytes, axis=1, count=count, bitorder="little")


def read_groups(text: str, between: Sequence[str], symbols: str) -> list[str]:
    """The groups of a text that `spelled` wrote, without spaces.

    Raises:
        InputError: A group is missing, differs in size, or holds anything but the symbols.
    """
    groups, rest = [], text
    for word in between:
        group, found, rest = rest.partition(word)
        if not found:
            raise InputError(f"input: {len(between) + 1} groups of bits are needed, with {word!r} before the last ones")
        groups.append(group.replace(" ", ""))
    groups.append(rest.replace(" ", ""))
    for number, group in enumerate(groups, start=1):
        if not group or len(group) != len(groups[0]) or not set(group) <= set(symbols):
            raise InputError(f"input: group {number} must be {len(groups[0])} of {symbols!r}, not {group[:80]!r}")
    return groups


def share_of_right_bits(prediction: str, target: str) -> float:
    """How many bits of a prediction are right, over the length of the longer of the two; spaces do not count.

    Of an explanation, what its last ``Final answer:`` line says.
    """
    said, right = ("".join(text.split()) for text in (final_answer(prediction), target))
    return sum(a == b for a, b in zip(said, right, strict=False)) / max(len(said), len(right))
