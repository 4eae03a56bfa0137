"""The command line; each command imports what it needs when it runs, so that ``synthkit --help`` is quick."""

from __future__ import annotations

from synthkit.cli.main import main

__all__ = ["main"]
