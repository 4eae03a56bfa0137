"""The report of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy.typing as npt

from synthkit.audit import audit_dataset
from synthkit.audit.card import card_section
from synthkit.dataset import AudioDataset
from synthkit.errors import InputError
from synthkit.records import AudioExample, AudioLayout, TextExample, TextLayout
from synthkit.report.binning import picked
from synthkit.report.charts import scrolled
from synthkit.report.clips import clip_card, excerpt_samples, scale_of
from synthkit.report.factors import factor_table, histograms, pair_plots
from synthkit.report.facts import Section, facts, page
from synthkit.report.markdown import blocks, sections
from synthkit.report.source import DatasetSource, open_dataset
from synthkit.report.tags import Html, joined, tag
from synthkit.report.texts import text_card
from synthkit.shards.wording import format_bytes

__all__ = ["dataset_page"]

_AUDITED = 1000  # clips, and seconds of them together, that are listened to where the card has no audit
_FEWEST = 100
_BASELINES = "Trivial baselines"
_AUDITS = ("Factor audit", "Rationales", "Saliency")
_NOTES = "Known defects and cautions"
_REPRODUCIBLE = {
    "bits": "the same recipe gives the same bits on any machine",
    "engine": "the same recipe gives the same data with the same engine and model",
    "replay": "from the log of what a language model answered",
}


def dataset_page(target: str, examples: int) -> str:
    """The page of a dataset; its content is read for a few examples and a bounded sample alone.

    Args:
        target: Its directory or URL.
        examples: How many examples are shown.

    Raises:
        InputError: No dataset, or an unfinished one.
        WorkError: A damaged one.
    """
    source = open_dataset(target)
    data = source.examples
    matrix = data.factors_matrix()
    of_card = sections(source.card)
    title, *rest = str(source.recipe.get("description") or source.manifest["name"]).strip().splitlines()
    kind = "clips" if isinstance(data.layout, AudioLayout) else "texts"
    return page(
        f"Dataset of {kind}: {source.manifest['name']} {source.manifest['version']}",
        title.rstrip("."),
        blocks("\n".join(rest), title),
        _top(source),
        [
            Section("factors", "Factors", *_factors(source, matrix)),
            Section("pairs", "Pairs of factors", *pair_plots(data.factors, matrix)),
            Section("examples", "Examples", *_examples(source, matrix, examples)),
            Section("baselines", _BASELINES, *_from_card(of_card, lambda name: name.startswith(_BASELINES))),
            Section("audit", "Audit", *_audit(target, source, of_card)),
            Section("notes", _NOTES, *_from_card(of_card, lambda name: name == _NOTES, headings=False)),
            Section("origin", "Splits and origin", _origin(source)),
            Section("use", "Use", _use(source)),
        ],
    )


def _top(source: DatasetSource) -> Html:
    m, data = source.manifest, source.examples
    size = sum(shard["bytes"] for shard in m["shards"])
    pairs = [
        ("fingerprint", tag("code", m["fingerprint"])),
        ("examples", f"{len(data):,}"),
        ("splits", ", ".join(f"{name} {count:,}" for name, count in m["splits"].items())),
        ("size", f"{format_bytes(size)}, {m['format']}"),
        ("each example", _layout(source)),
        ("licence", m["license"]),
        ("reproducible", _REPRODUCIBLE[m["reproducible"]]),
    ]
    what = facts(pairs, wide=("fingerprint", "reproducible"))
    return tag("div", tag("h2", "What it is", class_="unseen"), what)


def _layout(source: DatasetSource) -> str:
    layout = source.examples.layout
    if isinstance(layout, AudioLayout):
        seconds = layout.num_samples / layout.sample_rate
        return f"{seconds:.4g} s at {layout.sample_rate:,} Hz, {layout.sample_format}"
    columns = "input, target and rationale" if layout.rationale else "input and target"
    return columns if layout.labels is None else f"{columns}, {len(layout.labels)} classes"


def _origin(source: DatasetSource) -> Html:
    m, engine = source.manifest, source.manifest["engine"]
    rows = [
        (name, count, sum(s["split"] == name for s in m["shards"]),
         format_bytes(sum(s["bytes"] for s in m["shards"] if s["split"] == name)))
        for name, count in m["splits"].items()
    ]  # fmt: skip
    pairs: list[tuple[str, Any]] = [
        ("recipe", f"{m['name']} {m['version']}"),
        ("generator", m["generator"]),
        ("seed", m["seed"]),
        ("design", str((source.recipe.get("design") or {}).get("kind", ""))),
        ("made with", ", ".join(f"{name} {version}" for name, version in m["versions"].items())),
        ("engine", "" if engine is None else f"{engine['name']} {engine['version']}, {engine['model']}"),
        ("licence of the engine", "" if engine is None else engine["license"]),
        ("please cite", str(source.recipe.get("citation") or "")),
    ]
    wide = ("made with", "please cite")
    splits = scrolled("Splits", ("split", "examples", "shards", "bytes"), rows)
    return tag("div", tag("div", splits), facts(pairs, wide=wide), class_="two")


def _factors(source: DatasetSource, matrix: npt.NDArray[Any]) -> list[Html]:
    data = source.examples
    if not data.factors:
        return []
    said = f"Counts over all {len(data):,} examples, all splits together."
    return [tag("p", said, class_="said"), histograms(data.factors, matrix), factor_table(data.factors)]


def _examples(source: DatasetSource, matrix: npt.NDArray[Any], count: int) -> list[Html]:
    data = source.examples
    rows = picked(data.factors, matrix, count, data.fingerprint)
    if not rows:
        return []
    shown = [data[row] for row in rows]
    clips = [example for example in shown if isinstance(example, AudioExample)]
    scale = scale_of(clips)
    generator, params = str(source.manifest["generator"]), source.recipe.get("params") or {}
    cards = [clip_card(clip, data.factors, excerpt_samples(len(clip.audio), len(rows)), scale) for clip in clips]
    texts = [example for example in shown if isinstance(example, TextExample)]
    cards += [text_card(example, data.factors, generator, params) for example in texts]
    said = f"{len(rows)} of {len(data):,}, drawn by the fingerprint and spread over the factors"
    of_clips = " Spectrograms reach 80 dB below each clip's loudest point." if isinstance(data, AudioDataset) else ""
    return [tag("p", f"{said}.{of_clips}", class_="said"), tag("div", cards, class_="grid wide")]


def _from_card(of_card: Mapping[str, str], wanted: Callable[[str], bool], *, headings: bool = True) -> list[Html]:
    """Sections of the card, which the build measured over all examples."""
    return [
        joined(tag("h3", name) if headings else None, blocks(body, name))
        for name, body in of_card.items()
        if wanted(name)
    ]


def _audit(target: str, source: DatasetSource, of_card: Mapping[str, str]) -> list[Html]:
    """What the build measured; of clips without that, an audit of a sample."""
    found = _from_card(of_card, lambda name: name in _AUDITS)
    layout = source.examples.layout
    if found or isinstance(layout, TextLayout):
        return found
    heard = int(min(max(_AUDITED * layout.sample_rate / layout.num_samples, _FEWEST), _AUDITED))
    try:
        audit = audit_dataset(target, max_examples=heard, threads=1)
    except InputError as error:
        return [tag("p", f"It could not be audited: {error}")]
    said = f"Made for this page, of {audit.examples:,} clips. A probe may miss in them what "
    command = tag("code", "synthkit audit DIR", class_="command")
    note = tag("p", said, command, " finds in more.", class_="said")
    return [blocks(card_section(audit).partition("\n")[2], "Factor audit"), note]


def _use(source: DatasetSource) -> Html:
    first = next(iter(source.manifest["splits"]))
    lines = [
        "synthkit generate recipe.json --out DIR    # makes it again",
        "synthkit verify DIR --regenerate 20        # hashes, fingerprint, and 20 examples made again",
        f"python -c \"import synthkit; print(synthkit.load('DIR', split='{first}')[0])\"",
    ]
    return tag("pre", tag("code", "\n".join(lines)), tabindex=0)
