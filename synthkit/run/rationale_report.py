"""How good the rationales of a dataset are: what was accepted, why the rest was not, and what it took."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from synthkit.records import TextExample

__all__ = ["RationaleReport", "report_of"]

_MEANS = ("rationale_words", "evidence_precision", "evidence_recall")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")


@dataclass(slots=True)
class RationaleReport:
    """Of all rationales of a dataset.

    Attributes:
        status: Split -> how many are accepted, rejected, not asked.
        rejections: Reason, without what is particular to an example -> how often.
        agrees: How often the answer that a rationale leads to is the right one; None where none is said.
        said: How many say an answer.
        means: Column -> mean over accepted rationales where it is known: words, overlaps, evidence.
        duplicates: Accepted rationales that another example has too.
        models: Models, as the service names them.
        prompts: Names and versions.
        turns: Requests in all.
        prompt_tokens: In all.
        completion_tokens: In all.
        mended: Answers whose JSON was mended.
        licenses: Licences of the source.
    """

    status: dict[str, dict[str, int]] = field(default_factory=dict)
    rejections: dict[str, int] = field(default_factory=dict)
    agrees: float | None = None
    said: int = 0
    means: dict[str, float] = field(default_factory=dict)
    duplicates: int = 0
    models: list[str] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    turns: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    mended: int = 0
    licenses: list[str] = field(default_factory=list)


def report_of(examples: Iterable[TextExample]) -> RationaleReport:
    """The report of examples."""
    found = RationaleReport()
    rejections: Counter[str] = Counter()
    sums: dict[str, list[float]] = {}
    agreeing = 0
    sets: dict[str, set[str]] = {"model": set(), "prompt": set(), "license": set()}
    for example in examples:
        beside: Mapping[str, Any] = example.annotations
        split = example.id.rpartition("-")[0]
        counts = found.status.setdefault(split, {"accepted": 0, "rejected": 0, "not asked": 0})
        counts[beside["status"]] += 1
        for name, values in sets.items():
            if beside.get(name):
                values.add(beside[name])
        found.turns += beside.get("turns", 0)
        found.prompt_tokens += beside.get("prompt_tokens", 0)
        found.completion_tokens += beside.get("completion_tokens", 0)
        found.mended += beside.get("mended", 0)
        if beside["answer_agrees"] >= 0:
            found.said += 1
            agreeing += beside["answer_agrees"]
        if beside["status"] == "rejected":
            rejections[_QUOTED.sub("...", beside["rejection"])] += 1
        elif beside["status"] == "accepted":
            found.duplicates += beside["duplicates"] > 0
            for name, value in beside.items():
                if (name in _MEANS or name.startswith("overlap_")) and value >= 0:
                    sums.setdefault(name, []).append(value)
    found.rejections = dict(rejections.most_common())
    found.agrees = agreeing / found.said if found.said else None
    found.means = {name: sum(values) / len(values) for name, values in sums.items()}
    found.models, found.prompts, found.licenses = (sorted(sets[name]) for name in ("model", "prompt", "license"))
    return found
