"""How numbers are put into words, on cards and in terminals."""

from __future__ import annotations

from synthkit.records import FactorValue

__all__ = ["format_bytes", "format_number", "format_seconds"]


def format_bytes(count: float) -> str:
    """``1.03 GB``, in powers of 1000."""
    if count < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 1000:
            return f"{count:.3g} {unit}"
    return f"{count / 1000:.3g} TB"


def format_number(value: FactorValue | None) -> str:
    """A factor's value: six significant digits are plenty to recognise it."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def format_seconds(seconds: float) -> str:
    """``12 ms``, ``3.4 s``, ``25 min``, ``7.1 h``: two significant digits of an estimate."""
    if seconds < 1:
        return f"{_rounded(seconds * 1000)} ms"
    for unit, size, next_size in (("s", 60, 60), ("min", 60, 60), ("h", 48, 24)):
        if seconds < size:
            return f"{_rounded(seconds)} {unit}"
        seconds /= next_size
    return f"{_rounded(seconds)} days"


def _rounded(value: float) -> str:
    return f"{float(f'{value:.2g}'):g}"
