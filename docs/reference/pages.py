"""What the generated pages are written with: files that change only where their text does, tables, printed output."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = [
    "DOCS",
    "ROOT",
    "Folder",
    "attribute_docs",
    "code",
    "first_line",
    "prose",
    "rest",
    "table",
    "toctree",
    "what_it_prints",
]

DOCS = Path(__file__).resolve().parent.parent
ROOT = DOCS.parent
_WIDTH = "110"


class Folder:
    """A folder of generated pages: what was not written again is removed at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written: set[Path] = set()

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file, unless it is there as it is: what did not change is not built again."""
        data = content.encode() if isinstance(content, str) else content
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        self._written.add(target)
        if not target.exists() or target.read_bytes() != data:
            part = target.with_name(f".{target.name}.part")
            part.write_bytes(data)
            part.replace(target)

    def sweep(self) -> None:
        """Remove the files of things that are gone."""
        for path in self.path.rglob("*"):
            if path.is_file() and path not in self._written and not path.name.endswith(".part"):
                path.unlink(missing_ok=True)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; nothing where there are no rows."""
    lines = [_row(row) for row in rows]
    return "\n".join([_row(head), _row(["---"] * len(head)), *lines, ""]) if lines else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("\n", " ").replace("|", "\\|") for cell in cells) + " |"


def code(text: str, language: str = "text") -> str:
    """A fenced block."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def rest(text: str) -> str:
    """A block of reStructuredText, for autodoc."""
    return f"```{{eval-rst}}\n{text.rstrip()}\n```\n"


def toctree(names: Iterable[str], *, depth: int = 1) -> str:
    """The pages below this one, shown in the navigation alone."""
    lines = [":hidden:", f":maxdepth: {depth}", "", *names]
    return "```{toctree}\n" + "\n".join(lines) + "\n```\n"


def first_line(thing: object) -> str:
    """First line of a docstring, or of a text, without a full stop."""
    text = thing if isinstance(thing, str) else (thing.__doc__ or "")
    lines = text.strip().splitlines()
    return lines[0].rstrip(".") if lines else ""


def prose(text: str) -> str:
    """A docstring's prose as Markdown: its literals have two backticks, which Markdown reads as well."""
    return inspect.cleandoc(text).replace("<", "&lt;") if "`" not in text else inspect.cleandoc(text)


def attribute_docs(cls: type) -> Mapping[str, str]:
    """Field -> what the docstrings of the class and of those it builds on say of it, as one line."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        text = inspect.cleandoc(base.__doc__ or "") if base.__module__.startswith("synthkit") else ""
        _, _, listed = text.partition("Attributes:\n")
        block = re.match(r"(?:(?:    .*)?\n)*(?:    .*)?", listed)
        for item in re.split(r"\n(?=    \w)", block.group(0) if block else ""):
            name, _, said = item.strip().partition(": ")
            if said:
                found[name] = " ".join(said.split())
    return found


def what_it_prints(call: Callable[[], Any]) -> str:
    """Standard output of a call, in the width of a page."""
    out = io.StringIO()
    before = dict(os.environ)
    os.environ["COLUMNS"] = _WIDTH
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):  # it is no terminal, whatever a CI says
        os.environ.pop(name, None)
    try:
        with contextlib.redirect_stdout(out):
            call()
    finally:
        os.environ.clear()
        os.environ.update(before)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())
