"""The command line; each command imports what it needs when it runs, so that ``synthkit --help`` is quick."""

from __future__ import annotations

import sys

__all__ = ["INTERRUPTED", "main"]

INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0, 1 (failed work), 2 (bad input), 130 (interrupted)."""
    try:
        from synthkit.cli.commands import run

        return run(argv)
    except KeyboardInterrupt:  # here, so that it is one line even while modules are being imported
        print("\nsynthkit: interrupted; what was finished stays: run the same command to go on", file=sys.stderr)
        return INTERRUPTED
