"""Runs the blocks of a page, and holds what they print to what the page says; ``--write`` puts the real output there.

A ``console`` block is a shell session: lines after ``$ `` are commands, the others what they print. A ``python`` block
is run; a block after ``<!-- output -->`` is what it prints. All blocks of a page share one empty folder and one
namespace, in order. What takes part in the run but is not to be read, and what cannot be run, says so in a comment
before the block:

    <!-- not run: REASON -->      neither run nor looked at
    <!-- parsed: REASON -->       commands are not run, but they, their options, recipes and experiments must exist
    <!-- about: REASON -->        run, but its numbers may be others
    <!-- file: NAME -->           the block is a file of that name
    <!-- setup                    Python (or, with `setup sh`, shell) that is run at this point
    ... -->

Times differ from run to run: a number with ms, s, min or h behind it stands for any. A line of three dots stands for
any lines. A command may fail only where the page shows its message, which begins with ``synthkit: ``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Block", "PageError", "blocks", "calls", "commands", "differs", "run_page"]

_FENCE = re.compile(
    r"(?:^<!-- *(?P<mark>[a-z][a-z ]*?)(?: *: *(?P<said>[^\n]*?))? *-->\n+)?"
    r"^```(?P<language>[\w{}-]*)\n(?P<text>.*?)^```$"
    r"|^<!-- setup(?P<shell> sh)?\n(?P<setup>.*?)^-->$",
    re.DOTALL | re.MULTILINE,
)
_TIME = re.compile(r"(?<![\w.])\d[\d.,]* ?(?:ms|s|min|h)\b")
_NUMBER = re.compile(r"-?\d[\d.,]*")
_MARKS = ("not run", "parsed", "about", "file", "output")
_TIMEOUT = 240


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block, or a setup.

    Attributes:
        language: What stands behind the fence; ``setup`` or ``setup sh`` for those.
        text: What is in it.
        line: Line of the page where it begins, from 1.
        mark: ``not run``, ``parsed``, ``about``, ``file`` or ``output``; empty for none.
        said: What the mark says: a reason, or a file's name.
        span: Where the text is in the page.
    """

    language: str
    text: str
    line: int
    mark: str
    said: str
    span: tuple[int, int]


class PageError(Exception):
    """A page that says something else than what happens."""


def blocks(page: str) -> Iterator[Block]:
    """All blocks of a page, in order."""
    for found in _FENCE.finditer(page):
        line = page.count("\n", 0, found.start()) + 1
        if found["setup"] is not None:
            yield Block(f"setup{found['shell'] or ''}", found["setup"], line, "", "", found.span("setup"))
            continue
        mark = found["mark"] or ""
        mark = mark if mark in _MARKS else ""
        yield Block(found["language"], found["text"], line, mark, found["said"] or "", found.span("text"))


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """(command, lines that it prints) of a shell session."""
    command: list[str] = []
    printed: list[str] = []
    open_end = False
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield "\n".join(command), printed
            command, printed = [line[2:]], []
        elif open_end:
            command.append(line)
        else:
            printed.append(line)
        open_end = (line.startswith("$ ") or open_end) and line.endswith("\\")
    if command:
        yield "\n".join(command), printed


def differs(said: Sequence[str], real: Sequence[str], *, about: bool = False) -> bool:
    """Whether what was printed is something else than the page says, but for times; with `about` but for numbers."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(_masked(line, about)) + r"\n" for line in _trimmed(said)
    )
    text = "".join(f"{_masked(line, about)}\n" for line in _trimmed(real))
    return re.fullmatch(pattern, text) is None


def _masked(line: str, about: bool) -> str:
    line = _TIME.sub("#", line.rstrip())
    # Columns are as wide as their numbers.
    return re.sub(r"([ ━─])\1+", r"\1", _NUMBER.sub("#", line)) if about else line


def _trimmed(lines: Sequence[str]) -> list[str]:
    return "\n".join(lines).strip("\n").splitlines()


class _Run:
    """One page being run, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.printed = ""
        programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        # Output is that of a pipe, whatever a CI says of its terminal.
        inherited = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "TTY_COMPATIBLE")}
        settings = {"PATH": programs, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "COLUMNS": "160"}
        self.environment = {**inherited, **settings}

    def shell(self, command: str) -> tuple[list[str], int]:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT,
        )
        return done.stdout.splitlines(), done.returncode

    def python(self, text: str, where: str) -> None:
        out = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out):
            exec(compile(text, where, "exec"), self.names)
        self.printed = out.getvalue()


def run_page(path: Path, folder: Path, *, write: bool = False, only: Callable[[Block], bool] | None = None) -> int:
    """Run the blocks of a page.

    Args:
        path: The page.
        folder: An empty folder.
        write: Put what is printed into the page instead of comparing.
        only: Which blocks; None for all.

    Returns:
        How many blocks were run or compared.

    Raises:
        PageError: Something that the page says is not so.
    """
    page = path.read_text()
    run, count = _Run(folder), 0
    changes: list[tuple[tuple[int, int], str]] = []
    for block in blocks(page):
        where = f"{path.name}:{block.line}"
        if block.mark in ("not run", "parsed") or (only is not None and not only(block)):
            continue
        if block.mark == "file":
            target = folder / block.said
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text)
        elif block.mark == "output":
            count += 1
            if write:
                changes.append((block.span, run.printed))
            elif differs(block.text.splitlines(), run.printed.splitlines()):
                raise PageError(f"{where}: the page shows\n{block.text}\nbut this is printed:\n{run.printed}")
        elif block.language in ("python", "setup"):
            run.python(block.text, where)
            count += block.language == "python"
        elif block.language in ("sh", "bash", "setup sh"):
            printed, code = run.shell(f"set -e\n{block.text}")
            if code:
                raise PageError(f"{where}: exit code {code}\n" + "\n".join(printed))
            count += block.language != "setup sh"
        elif block.language == "console":
            changes.append((block.span, _session(run, block, where, write=write)))
            count += 1
    if write:
        for (start, end), text in reversed(changes):
            page = page[:start] + text + page[end:]
        path.write_text(page)
    return count


def _session(run: _Run, block: Block, where: str, *, write: bool) -> str:
    """A shell session; gives it with what was really printed."""
    lines: list[str] = []
    for command, said in commands(block.text):
        printed, code = run.shell(command)
        may_fail = any(line.startswith("synthkit: ") for line in said)
        if code and not may_fail:
            raise PageError(f"{where}: $ {command}\nexit code {code}\n" + "\n".join(printed))
        shown = ["..."] if said == ["..."] else [line.rstrip() for line in printed]
        blank = [""] if said and not said[-1] else []
        lines += ["$ " + command, *shown, *blank]
        if not write and said and differs(said, printed, about=block.mark == "about"):
            raise PageError(
                f"{where}: $ {command}\nthe page shows\n" + "\n".join([*said, "but this is printed:", *printed])
            )
    return "\n".join(lines) + "\n"


def calls(text: str) -> Iterator[list[str]]:
    """Words of each call of synthkit in a session or a script, without running anything."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        try:
            words = shlex.split(line.removeprefix("$ "), comments=True)
        except ValueError:
            continue
        for start, word in enumerate(words):
            if word == "synthkit" and (start == 0 or words[start - 1] in ("-m", "do", "&&", ";")):
                ends = [i for i, each in enumerate(words) if i > start and each in ("&&", "|", ";", ">", "done")]
                yield words[start + 1 : ends[0] if ends else None]
                break


def main() -> None:
    """Run pages from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true", help="put what is printed into the pages")
    given = parser.parse_args()
    for page in given.pages:
        with tempfile.TemporaryDirectory() as folder:
            count = run_page(page.resolve(), Path(folder), write=given.write)
        print(f"{page}: {count} blocks")


if __name__ == "__main__":
    main()
