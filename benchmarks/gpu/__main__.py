"""``python -m benchmarks.gpu [--out FILE] [--smoke] [group ...]``.

Answers are checked before anything is timed: a wrong one ends the run with exit status 1. Missed targets are printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.gpu import machine, metrics, rivals, stream, tones
from benchmarks.gpu.report import Report, WrongAnswerError
from benchmarks.table import print_rows

__all__ = ["GROUPS", "main"]

GROUPS = {"tones": tones.run, "metrics": metrics.run, "stream": stream.run, "rivals": rivals.run}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the groups; returns the exit status: 1 for a wrong answer, 2 where nothing can be run."""
    parser = argparse.ArgumentParser(prog="benchmarks.gpu", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="group", help=f"out of {', '.join(GROUPS)}; all by default")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where results go, as JSON; not those of a smoke run")
    parser.add_argument("--smoke", action="store_true", help="small and quick, without a GPU on the tests' emulator")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(GROUPS))
    if unknown:
        parser.error(f"no group is named {unknown[0]!r}; there are: {', '.join(GROUPS)}")
    try:
        gpu = machine.find(smoke=given.smoke)
    except machine.NoGpuError as error:
        print(f"benchmarks.gpu: {error}", file=sys.stderr)
        return 2
    about = gpu.about()
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    suffix = " (emulated: the figures mean nothing)" if gpu.emulated else ""
    suffix = suffix or (" (smoke: the figures mean nothing)" if given.smoke else "")
    reports: dict[str, Report] = {}
    for name in given.names or GROUPS:
        try:
            reports[name] = GROUPS[name](gpu, smoke=given.smoke)
        except WrongAnswerError as error:
            print(f"WRONG ANSWER: {name}: {error}", file=sys.stderr)
            return 1
        _show(reports[name], suffix)
    missed = [row.name for report in reports.values() for row in report.rows if not row.row().met]
    if missed and not suffix:
        print(f"{len(missed)} target(s) missed: {'; '.join(missed)}")
    if given.out is not None:
        _write(given.out, about, reports, measured=not suffix)
    return 0


def _show(report: Report, suffix: str) -> None:
    if report.rows:
        print_rows(report.title + suffix, [row.row() for row in report.rows])
    if report.checked:
        print(f"{len(report.checked)} answers compared with the CPU's: all equal")
    for note in report.notes:
        print(f"{report.title}: {note}")


def _write(out: Path, about: dict[str, Any], reports: dict[str, Report], *, measured: bool) -> None:
    if not measured:
        print(f"nothing was measured: {out} is not written")
        return
    found = {
        "machine": about,
        "groups": {
            name: {
                "title": report.title,
                "rows": [row.data() for row in report.rows],
                "checked": report.checked,
                "notes": report.notes,
            }
            for name, report in reports.items()
        },
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=2) + "\n")
    print(f"written: {out}")


if __name__ == "__main__":
    sys.exit(main())
