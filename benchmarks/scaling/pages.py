"""The tables of ``docs/scaling.md``, from the results alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.scaling.plans import PLANS, WORKERS, schedules
from benchmarks.scaling.records import Prices, Schedule

__all__ = ["PAGE", "section", "written"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scaling.md"
_BYTES_PER_TOKEN = 4


def written(page: str, results: Mapping[str, Any]) -> str:
    """The page with its sections made anew.

    Raises:
        ValueError: It lacks a section.
    """
    for name, render in _SECTIONS.items():
        mark = re.compile(rf"(<!-- scaling: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = render(results).replace("\\", r"\\")
        page, found = mark.subn(rf"\1\n{text}\n\2", page)
        if found != 1:
            raise ValueError(f"the page has {found} sections named {name!r}, not one")
    return page


def section(page: str, name: str) -> str:
    """What a section of the page holds."""
    found = re.search(rf"<!-- scaling: {name} -->\n(.*?)<!-- end -->", page, re.DOTALL)
    if found is None:
        raise ValueError(f"the page has no section named {name!r}")
    return found[1].strip()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def _costs(results: Mapping[str, Any]) -> str:
    rows = []
    for case in results["cases"]:
        whole = case["seconds"] + case["search"]
        a_gigabyte = whole / case["bytes"] * 1e9
        rows.append(
            [
                f"`{case['recipe']}`: {case['what']}",
                _time(case["seconds"]),
                _time(case["search"]) if case["search"] > 0 else "",
                f"{case['bytes']:,.0f}",
                _time(a_gigabyte),
                f"{3600 / a_gigabyte:,.2f}",
                f"{case['memory'] / 1e6:,.0f} MB",
            ]
        )
    head = ["recipe", "core time an example", "and its search", "bytes", "core time a GB", "GB a core hour", "memory"]
    return f"On {results['machine']}:\n\n{_table(head, rows)}"


def _ends(results: Mapping[str, Any]) -> str:
    ends = results["ends"]
    rows = [
        ["digests hashed into the fingerprint", f"{ends['hash_bytes_per_second'] / 1e9:.2f} GB/s"],
        ["last step: records read and told again, a shard", _time(ends["finish_seconds_per_shard"])],
        ["last step: memory, a shard", f"{ends['finish_memory_per_shard'] / 1e3:.1f} kB"],
        ["record of a shard of 4,194 clips with 14 factors", f"{ends['record_bytes']:,.0f} bytes"],
        ["a task handed out and taken back, own pool", _time(ends["pool_seconds_per_task"])],
        ["the same by Dask, scheduler, client and worker together", _time(ends["dask_seconds_per_task"])],
        ["search of draws: memory, an example", f"{ends['attempts_memory_per_example']:.0f} bytes"],
        ["search of draws: `attempts.parquet`, an example", f"{ends['attempts_bytes_per_example']:.2f} bytes"],
        ["question to a language model (`--smoke` of ANLI)", f"{ends['question_bytes']:,.0f} bytes"],
    ]
    return _table(["what", "measured"], rows)


def _inputs(results: Mapping[str, Any]) -> str:
    cluster, prices = results["inputs"]["cluster"], results["inputs"]["prices"]
    rows = [
        ["until the last worker begins", f"{cluster['start']:.0f} s"],
        ["a worker sends at most", f"{cluster['worker_rate'] / 1e6:.0f} MB/s"],
        ["the store takes at most, of all workers", f"{cluster['store_rate'] / 1e9:.0f} GB/s"],
        ["a small request takes", f"{cluster['latency'] * 1e3:.0f} ms"],
        ["a core for an hour", f"${prices['core_hour']}"],
        ["1,000 PUT, POST or LIST requests", f"${prices['put_thousand']}"],
        ["1,000 GET requests", f"${prices['get_thousand']}"],
        ["a GB for a month", f"${prices['gigabyte_month']}"],
        [
            "10^6 tokens to and from a small language model",
            f"${prices['prompt_million']}, ${prices['completion_million']}",
        ],
    ]
    return _table([f"input, {results['inputs']['date']}", "value"], rows)


def _schedules(results: Mapping[str, Any]) -> str:
    parts = []
    held = results["ends"]["attempts_memory_per_example"]
    for plan in PLANS:
        found = schedules(plan, results)
        one = found[WORKERS[0]]
        asked = one.requests
        searched = (
            f"; the search holds {plan.examples * held / 1e9:,.0f} GB in one process" if one.phases[0].seconds else ""
        )
        head = (
            f"**{plan.title}** ({results['plans'][plan.title]['shards']:,} shards, {one.bytes / 1e12:,.1f} TB, beside "
            f"them {one.state_bytes / 1e9:,.1f} GB until it is finished; {one.cpu_hours:,.0f} core hours; "
            f"{asked.put:,} PUT, {asked.get:,} GET, {asked.list:,} LIST, {asked.delete:,} deletions of 1,000"
            f"{searched})"
        )
        rows = [_schedule_row(workers, schedule) for workers, schedule in found.items()]
        parts.append(f"{head}\n\n" + _table(["workers", "search", "shards", "last step", "waits for", *_MONEY], rows))
    return "\n\n".join(parts)


_MONEY = ("cores", "requests", "storage a month")


def _schedule_row(workers: int, schedule: Schedule) -> list[str]:
    times = [_time(phase.seconds) if phase.seconds else "" for phase in schedule.phases]
    money = [_dollars(schedule.dollars[name]) for name in ("cores", "requests", "storage")]
    return [f"{workers:,}", *times, schedule.bottleneck, *money]


def _dollars(amount: float) -> str:
    return f"${amount:,.0f}" if amount >= 10 else f"${amount:,.2f}"


def _questions(results: Mapping[str, Any]) -> str:
    """Explanations by a language model: one question an example, if none is asked again."""
    prices = Prices(**results["inputs"]["prices"])
    tokens, said = results["ends"]["question_bytes"] / _BYTES_PER_TOKEN, results["ends"]["answer_tokens"]
    rows = []
    for examples in (10**4, 10**6, 10**8):
        least, most = examples, examples * 3
        once = examples / 1e6 * (tokens * prices.prompt_million + said * prices.completion_million)
        rows.append([f"{examples:,}", f"{least:,} to {most:,}", f"{examples * tokens / 1e6:,.0f} M",
                     f"{examples * said / 1e6:,.0f} M", _dollars(once)])  # fmt: skip
    return _table(
        ["examples", "requests", "tokens asked", "tokens answered, at most", "dollars, if none is repeated"], rows
    )


def _time(seconds: float) -> str:
    if seconds >= 2 * 86400:
        return f"{seconds / 86400:,.1f} days"
    if seconds >= 7200:
        return f"{seconds / 3600:,.1f} h"
    if seconds >= 120:
        return f"{seconds / 60:,.1f} min"
    if seconds >= 1:
        return f"{seconds:,.1f} s"
    return f"{seconds * 1e3:,.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:,.1f} us"


_SECTIONS = {
    "costs": _costs,
    "ends": _ends,
    "inputs": _inputs,
    "schedules": _schedules,
    "questions": _questions,
}
