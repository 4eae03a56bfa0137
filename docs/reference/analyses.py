"""A page for each analysis: what it asks, what it writes, its functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reference.pages import DOCS, Folder, code, rest, table, toctree

__all__ = ["ANALYSES", "write"]


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis.

    Attributes:
        name: Of the page.
        title: What it is called.
        asks: What it asks, a sentence or two.
        command: What runs it.
        modules: Whose functions it is made of.
        table: The file of `synthkit analyze` that it fills; empty for others.
        more: The page that explains it.
    """

    name: str
    title: str
    asks: str
    command: str
    modules: tuple[str, ...]
    table: str = ""
    more: str = "language-models.md#a-look-inside"


ANALYSES = (
    Analysis(
        "overview",
        "A look inside a language model",
        "`synthkit analyze` shows the test texts to a model as it was before training and as it is after, and writes "
        "tables and pictures to `RUN/analysis`; of a sweep, for each of its points.",
        "synthkit analyze RUN",
        (
            "analysis.run",
            "analysis.inspect",
            "analysis.look",
            "analysis.structure",
            "analysis.tables",
            "analysis.pictures",
        ),
    ),
    Analysis(
        "attention",
        "Attention",
        "Where does each head look: how widely, and how much of it along the structure of the task, beside what "
        "looking everywhere alike would get?",
        "synthkit analyze RUN",
        ("analysis.attention", "analysis.example"),
        "attention",
    ),
    Analysis(
        "states",
        "Hidden states",
        "How far has a token's state moved from its embedding and from the layer below, and how alike are two tokens "
        "of one text?",
        "synthkit analyze RUN",
        ("analysis.reductions",),
        "states",
    ),
    Analysis(
        "similarity",
        "Similarity of layers",
        "Do two layers hold the same, up to a rotation and a scale? Linear CKA.",
        "synthkit analyze RUN",
        ("analysis.reductions",),
        "similarity",
    ),
    Analysis(
        "probes",
        "Probes of partial results",
        "From which layer on can the value of each sub-list, and the answer, be read by a linear classifier?",
        "synthkit analyze RUN",
        ("analysis.reductions",),
        "probes",
    ),
    Analysis(
        "layers",
        "Layers of a sweep",
        "Of a sweep that trains one layer at a time: accuracy by trained layer beside the entropy and the similarity "
        "of that layer. Writes `layers.parquet` and `layers.png`.",
        "synthkit analyze SWEEP",
        ("analysis.sweep",),
    ),
    Analysis(
        "compare",
        "Comparison of two trainings",
        "Does one model answer better than another? Text by text by a paired bootstrap and McNemar's test; over seeds "
        "by a paired t test and a bootstrap of seeds and texts.",
        "synthkit compare RUN OTHER",
        ("train.language.compare", "train.language.paired", "train.language.intervals"),
        more="distillation.md#is-one-better",
    ),
    Analysis(
        "saliency",
        "Saliency and its faithfulness",
        "On which words of a text does a teacher's own answer rest, and does the answer change without them? "
        "Gradients, attention rollout, leaving words out, and drawn words beside them.",
        "synthkit generate nli_grammar_saliency --set teacher=DIR --out DIR",
        ("saliency.options", "saliency.explainer", "saliency.gradients", "saliency.rollout", "saliency.selection"),
        more="rationales.md#saliency-rationales",
    ),
    Analysis(
        "audit",
        "Factor audit of audio",
        "Is each factor in the sound? A linear probe on log mel features of held-out clips, dependence of factors on "
        "each other, distances of speakers, levels and durations.",
        "synthkit audit DIR",
        ("audit.audit", "audit.features", "audit.probe", "audit.dependence", "audit.levels"),
        more="speech.md#factor-audit",
    ),
    Analysis(
        "linear-probes",
        "Linear probes of codes and features",
        "Can the factors be read from a model's codes by a linear model, and could they from the features that it was "
        "given? Features that have lost a factor are refused before training.",
        "synthkit train EXPERIMENT --out RUN",
        ("train.probes", "train.feature_audit", "train.downstream"),
        more="training.md#features",
    ),
)
_INTRODUCTION = """# Analyses

What looks into trained models, datasets and answers.

"""


def write(pages: Folder) -> None:
    """Write ``analyses/``."""
    rows = [(f"[{each.title}]({each.name}.md)", each.asks.partition(". Writes")[0]) for each in ANALYSES]
    for each in ANALYSES:
        pages.write(f"analyses/{each.name}.md", "\n".join(_page(each)) + "\n")
    listed = table(("analysis", "what it asks"), rows)
    pages.write("analyses/index.md", _INTRODUCTION + listed + "\n" + toctree([each.name for each in ANALYSES]))


def _page(analysis: Analysis) -> Iterable[str]:
    yield f"# {analysis.title}\n"
    yield f"{analysis.asks}\n"
    yield code(f"$ {analysis.command}", "console")
    yield f"[How it is done, and what its numbers mean](../../{analysis.more}).\n"
    if analysis.table:
        yield f"## What `{analysis.table}.parquet` holds\n"
        yield f"By stack (`layers`, or `encoder`, `decoder`, `cross`) and layer: {_holds(analysis.table)}.\n"
    elif analysis.name == "overview":
        rows = [(f"[`{a.table}.parquet`]({a.name}.md)", a.asks) for a in ANALYSES if a.table]
        yield "## What it writes\n"
        yield table(("table", "what it answers"), rows)
    yield "## Functions\n"
    for module in analysis.modules:
        first = next(a for a in ANALYSES if module in a.modules)
        if first is analysis:
            yield rest(f".. automodule:: synthkit.{module}\n   :members:\n")
        else:  # an object is described in one place only
            yield f"In {{py:mod}}`synthkit.{module}`, shared with [{first.title}]({first.name}.md).\n"


def _holds(name: str) -> str:
    """What docs/language-models.md says of a table."""
    text = (DOCS / "language-models.md").read_text()
    found = re.search(rf"^\| `{name}\.parquet` \| (.*) \|$", text, re.MULTILINE)
    if found is None:
        raise LookupError(f"docs/language-models.md: no row describes {name}.parquet")
    return found.group(1)
