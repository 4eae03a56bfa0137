"""``synthkit report``."""

from __future__ import annotations

from pathlib import Path

from synthkit.cli.output import console, print_json
from synthkit.report import write_report
from synthkit.shards.wording import format_bytes

__all__ = ["run"]


def run(target: str, out: Path, *, examples: int, as_json: bool) -> None:
    """Write the page of a dataset or of a training."""
    written = write_report(target, out, examples)
    if as_json:
        print_json({"out": str(written.path), "bytes": written.bytes, "kind": written.kind})
    else:
        console().print(f"wrote {written.path}, {format_bytes(written.bytes)}", markup=False)
