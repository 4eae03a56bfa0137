"""A page for each metric: what it asks, where it is from, an example that was run, its value in every convention."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reference.pages import DOCS, Folder, code, rest, table, toctree, what_it_prints
from synthkit.metrics import CONVENTIONS, METRICS
from synthkit.metrics.registry import FAMILIES, Family

__all__ = ["documented", "write"]

_INTRODUCTION = """# Metrics

What `synthkit.metrics.evaluate` and `synthkit score` compute. Which of them to report, what their conventions are and
how they differ: [disentanglement metrics](../../metrics.md).

"""

_SETUP = """\
import numpy as np
from synthkit.metrics import evaluate

# 480 examples of a shape, a size and an angle, each combination as often as any other.
row = np.arange(480)
shape, size, angle = row % 3, row // 3 % 4, row // 12 % 10
wobble = (row * 37 % 101) / 101 - 0.5  # the same on every machine
codes = np.stack([shape + 0.5 * wobble, size + angle / 10, angle + 2 * wobble, wobble], axis=1)

scores = evaluate(
    factors=np.stack([shape, size, angle], axis=1),
    codes=codes,
    metrics="{name}",
    factor_names=["shape", "size", "angle"],
)
print(scores)
"""


def write(pages: Folder) -> None:
    """Write ``metrics/``."""
    asked = documented()
    table_of_values, head = _values()
    rows = []
    for family in FAMILIES:
        for name in family.metrics:
            asks, scope, _ = asked[name]
            rows.append((f"[`{name}`]({name}.md)", asks, scope))
            page = _page(family, name, asked[name], head, table_of_values[name])
            pages.write(f"metrics/{name}.md", page)
    listed = table(("metric", "asks", "range"), rows)
    pages.write("metrics/index.md", _INTRODUCTION + listed + "\n" + toctree(METRICS))


def documented() -> Mapping[str, tuple[str, str, str]]:
    """Metric -> what it asks, its range, when to distrust it: the first table of docs/metrics.md.

    Raises:
        KeyError: A metric is missing there.
    """
    text = (DOCS / "metrics.md").read_text()
    section = text.partition("## Which metric\n")[2].partition("\n## ")[0]
    found: dict[str, tuple[str, str, str]] = {}
    for line in section.splitlines():
        names, *cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `") and len(cells) == 3:
            found.update({name: (cells[0], cells[1], cells[2].strip("| ")) for name in _names(names)})
    for name in METRICS:
        if name not in found:  # a baseline stands beside the metric that it belongs to
            found[name] = found[_STANDS_BESIDE[name]]
    return found


_STANDS_BESIDE = {
    "probe_accuracy_baseline": "probe_accuracy",
    "probe_balanced_baseline": "probe_balanced_accuracy",
}


def _names(cell: str) -> Iterable[str]:
    """``"`dci_informativeness_train`, `_test`"`` names two."""
    last = ""
    for name in re.findall(r"`(\w+)`", cell):
        last = f"{last.rpartition('_')[0]}{name}" if name.startswith("_") else name
        yield last


def _values() -> tuple[Mapping[str, list[str]], list[str]]:
    """Metric -> its values for one code set, and the conventions' names: a tested table of docs/metrics.md."""
    text = (DOCS / "metrics.md").read_text().partition("### One code set under all conventions\n")[2]
    lines = [line for line in text.partition("\n![")[0].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells[2:]}, cells[0][1:]


def _page(family: Family, name: str, asked: tuple[str, str, str], head: list[str], values: list[str]) -> str:
    asks, scope, distrust = asked
    parts = [f"# `{name}`\n", f"{asks[0].upper()}{asks[1:]}\n"]
    facts = [f"- **Range**: {_bounded(scope)}"]
    if distrust:
        facts.append(f"- **Distrust it when** {distrust}")
    facts.append(f"- **Conventions**: {_conventions(name)}")
    facts.append(f"- **Rows**: {'trained on some, tested on others' if family.split else 'all'}")
    together = [other for other in family.metrics if other != name]
    if together:
        listed = ", ".join(f"[`{other}`]({other}.md)" for other in together)
        facts.append(f'- **Computed together with** {listed}: `metrics="{family.name}"` asks for all of them')
    parts += ["\n".join(facts) + "\n"]
    function = _function(family)
    described = f".. autofunction:: {function.__module__}.{function.__qualname__}\n"
    if name != family.metrics[0]:  # the index names the first of its pages
        described += "   :no-index:\n"
    parts += ["## Definition\n", rest(described)]
    parts += ["## Example\n", *_example(name)]
    parts += ["## In every convention\n", _IN_EVERY, table(head, [values])]
    parts += ["## Use\n", code(f"$ synthkit score CODES --data DIR --metrics {name}", "console"), _USE]
    return "\n".join(parts) + "\n"


_IN_EVERY = (
    "Of the [code set of the metrics page](../../metrics.md#one-code-set-under-all-conventions); empty where the "
    "convention's source does not define it.\n"
)
_USE = (
    "From Python: {py:func}`synthkit.metrics.evaluate`. All fields of a convention: "
    "{py:class}`synthkit.metrics.Convention`; side by side: [conventions](../../metrics.md#which-convention).\n"
)


def _bounded(scope: str) -> str:
    return scope.replace("..", " to ").replace("to  ", "to ").strip() if scope[:2] != ".." else f"at most {scope[2:]}"


def _conventions(name: str) -> str:
    return ", ".join(f"`{each.name}`" for each in CONVENTIONS.values() if not each.defines or name in each.defines)


def _function(family: Family) -> Callable[..., Any]:
    """The documented function: of those that are read off the information matrix, the one inside."""
    inner = inspect.getclosurevars(family.compute).nonlocals.get("metric")
    found: Callable[..., Any] = inner if callable(inner) else family.compute
    return found


def _example(name: str) -> Iterable[str]:
    program = _SETUP.replace("{name}", name)
    printed = what_it_prints(lambda: exec(compile(program, f"example of {name}", "exec"), {}))
    yield code(program, "python")
    yield code(printed)
