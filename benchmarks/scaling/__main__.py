"""``python -m benchmarks.scaling [--measure] [--write-docs]``."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.scaling.cases import CASES
from benchmarks.scaling.ends import ends
from benchmarks.scaling.measure import measured
from benchmarks.scaling.pages import PAGE, section, written
from benchmarks.scaling.plans import PLANS, planned
from benchmarks.scaling.records import Cluster, Prices
from synthkit import _core

RESULTS = Path(__file__).resolve().parents[1] / "results" / "scaling.json"
_GIVEN = ("start", "worker_rate", "store_rate", "latency")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.scaling", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure anew, some minutes; write the results")
    parser.add_argument("--write-docs", action="store_true", help="write the tables of docs/scaling.md")
    given = parser.parse_args()
    if given.measure:
        RESULTS.write_text(json.dumps(_measured(), indent=1, sort_keys=True) + "\n")
    results = json.loads(RESULTS.read_text())
    page = written(PAGE.read_text(), results)
    if given.write_docs:
        PAGE.write_text(page)
    for name in ("costs", "ends", "inputs", "schedules", "questions"):
        print(f"{section(page, name)}\n")


def _measured() -> dict[str, Any]:
    cases = []
    for case in CASES:
        print(f"{case.recipe} ...", file=sys.stderr, flush=True)
        cases.append(measured(case))
    print("the ends ...", file=sys.stderr, flush=True)
    cluster = asdict(Cluster(1))
    return {
        "machine": f"{_processor()}, one core, {_core.cpu.path()}; a shared virtual machine, best of two runs",
        "cases": cases,
        "ends": ends(),
        "plans": {plan.title: dict(zip(("examples", "shards"), planned(plan), strict=True)) for plan in PLANS},
        "inputs": {
            "date": "November 2026",
            "cluster": {name: cluster[name] for name in _GIVEN},
            "prices": asdict(Prices()),
        },
    }


def _processor() -> str:
    """The processor in words."""
    told = Path("/proc/cpuinfo")
    for line in told.read_text().splitlines() if told.exists() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    main()
