"""The hash of a model or of an engine's data: what a manifest pins."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

__all__ = ["hash_files"]


@lru_cache(maxsize=8)
def hash_files(files: tuple[tuple[str, Path], ...]) -> str:
    """sha256 over the lines that ``sha256sum`` would print for files, in order.

    Args:
        files: (name in its line, file).
    """
    lines = []
    for name, path in files:
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"
