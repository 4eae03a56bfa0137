"""A page for each command: its help, as it prints it."""

from __future__ import annotations

from collections.abc import Iterator

import click
import typer
from typer import rich_utils

from reference.pages import Folder, code, table, toctree, what_it_prints

__all__ = ["commands", "write"]

_WIDTH = 100
_INTRODUCTION = """# Command line

`synthkit COMMAND --help` prints these pages. Exit codes: 0 done, 1 the work failed, 2 the input was refused; a message
of one or two lines says why, `synthkit --debug COMMAND` shows the traceback too.

"""


def write(pages: Folder) -> None:
    """Write ``commands/``."""
    rows, names = [], []
    for words, command in commands():
        name = "-".join(words)
        names.append(name)
        rows.append((f"[`{' '.join(words)}`]({name}.md)", (command.help or "").strip().splitlines()[0]))
        line = f"synthkit {' '.join(words)}"
        printed = code(f"$ {line} --help\n{_help(words)}", "console")
        pages.write(f"commands/{name}.md", f"# `{line}`\n\n{printed}")
    pages.write("commands/index.md", _INTRODUCTION + table(("command", "what it does"), rows) + "\n" + toctree(names))


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Words of each command -> the command, those of groups too."""
    from synthkit.cli.commands import app

    def walk(group: click.Group, before: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
        for name, command in group.commands.items():
            if isinstance(command, click.Group):
                yield from walk(command, (*before, name))
            else:
                yield (*before, name), command

    root = typer.main.get_command(app)
    yield from walk(root, ())  # type: ignore[arg-type]


def _help(words: tuple[str, ...]) -> str:
    from synthkit.cli.commands import run

    def call() -> None:
        if run([*words, "--help"]):
            raise RuntimeError(f"{' '.join(words)}: there is no help")

    before = rich_utils.MAX_WIDTH
    rich_utils.MAX_WIDTH = _WIDTH  # read from the environment when typer was imported
    try:
        return what_it_prints(call)
    finally:
        rich_utils.MAX_WIDTH = before
