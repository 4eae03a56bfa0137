"""``synthkit finish``."""

from __future__ import annotations

from pathlib import Path

from synthkit.cli.output import print_json
from synthkit.run.asking import AskOptions
from synthkit.run.part import finish_build
from synthkit.shards.wording import format_bytes

__all__ = ["run"]


def run(directory: str, *, log: Path | None, as_json: bool) -> None:
    """Finish a dataset whose shards were made by jobs, and print its fingerprint last."""
    result = finish_build(directory, AskOptions(log=log))
    if as_json:
        print_json(
            {
                "fingerprint": result.fingerprint,
                "num_examples": result.num_examples,
                "bytes": result.bytes,
                "out": str(result.out),
            }
        )
        return
    print(f"{result.num_examples:,} examples, {format_bytes(result.bytes)} in {result.out}")
    print(f"fingerprint {result.fingerprint}")
