"""The dataset card: ``README.md`` of a dataset directory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from synthkit.records import DatasetInfo, FactorInfo, Layout, SplitInfo, TextLayout
from synthkit.shards.card_features import tar_features
from synthkit.shards.markdown import plain, table
from synthkit.shards.wording import format_bytes, format_number

__all__ = ["data_files", "render_card"]

_SHOWN_VALUES = 8
_SHOWN_COUNTS = 12
_FOLDERS = ("wav", "flac")  # formats whose shards are folders
_SUFFIXES = {"webdataset": "tar"}  # of formats that are not named after it
_DECADES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")


def render_card(info: DatasetInfo) -> str:
    """The card as Markdown with YAML front matter; the same record gives the same text."""
    parts = [
        _front_matter(info),
        f"# {plain(info.title)}\n",
        _description(info),
        _facts(info),
        _splits(info.splits),
        _factors(info.factors),
        _annotations(info.layout),
        _statistics(info),
        _task_baselines(info.task_baselines, info.splits),
        _baselines(info.baselines, info.splits),
        info.audit,
        _notes(info.notes),
        _use(info),
        _origin(info),
    ]
    return "\n".join(part for part in parts if part)


def data_files(info: DatasetInfo, split: str) -> str:
    """Pattern of a split's files: what `datasets.load_dataset` is told."""
    return (
        f"data/{split}-*/**" if info.format in _FOLDERS else f"data/{split}-*.{_SUFFIXES.get(info.format, info.format)}"
    )


def _front_matter(info: DatasetInfo) -> str:
    """YAML; every text is written as a JSON string, which YAML reads as it is."""
    size = _size_category(info.num_examples)
    license = "unknown" if info.license == "NOASSERTION" else info.license.lower()  # the Hub's word for it
    lines = ["---", f"license: {_quoted(license)}", f"pretty_name: {_quoted(info.name)}", "tags:"]
    lines += [f"- {_quoted(tag)}" for tag in ("synthetic", "synthkit", info.generator, info.content)]
    lines += ["size_categories:", f"- {_quoted(size)}", "configs:", '- config_name: "default"']
    if info.format in _FOLDERS:
        lines.append("  drop_labels: true")
    lines.append("  data_files:")
    for split in info.splits:
        lines += [f"  - split: {_quoted(split.name)}", f"    path: {_quoted(data_files(info, split.name))}"]
    if info.format == "webdataset":
        lines += tar_features(info)
    return "\n".join([*lines, "---", ""])


def _size_category(count: int) -> str:
    """The Hub's name for a number of examples, e.g. ``10K<n<100K``."""
    decade = max(len(str(count)) - 4, -1)
    if decade < 0:
        return f"n<{_DECADES[0]}"
    if decade + 1 >= len(_DECADES):
        return f"n>{_DECADES[-1]}"
    return f"{_DECADES[decade]}<n<{_DECADES[decade + 1]}"


def _description(info: DatasetInfo) -> str:
    body = info.description.strip().splitlines()[1:]
    text = "\n".join(body).strip()
    return f"{_prose(text)}\n" if text else ""


def _facts(info: DatasetInfo) -> str:
    lines = [
        f"- **fingerprint** `{info.fingerprint}`",
        f"- {info.num_examples:,} examples, {format_bytes(info.num_bytes)}, format {info.format}",
        f"- made by the generator `{info.generator}` from recipe `{info.name}` {info.version}, seed {info.seed}",
        f"- reproducible: {_REPRODUCIBLE[info.reproducible]}",
    ]
    if info.engine is not None:
        e = info.engine
        lines.append(f"- engine: {plain(f'{e.name} {e.version}, {e.model} ({e.license})')}, `{e.model_hash}`")
    lines.append(f"- {_layout(info.layout)}")
    return "\n".join([*lines, ""])


_REPRODUCIBLE = {
    "bits": "the same recipe gives the same bits on any machine",
    "engine": "the same recipe gives the same data with the same engine and model (see `manifest.json`)",
    "replay": "from the request log beside the data",
}


def _layout(layout: Layout) -> str:
    if isinstance(layout, TextLayout):
        columns = "`input`, `target`" + (" and `rationale`" if layout.rationale else "")
        return f"columns {columns}" + (f"; {len(layout.labels)} classes" if layout.labels else "")
    clip = f"each clip has {layout.num_samples:,} samples at {layout.sample_rate:,} Hz"
    if layout.sample_format == "pcm16":
        return f"{clip}, 16-bit PCM: round(32767 y), half to even; readers divide by 32768"
    return f"{clip}, 32-bit float, full scale is 1"


def _splits(splits: Iterable[SplitInfo]) -> str:
    rows = [(s.name, f"{s.num_examples:,}", str(len(s.shards)), format_bytes(s.num_bytes)) for s in splits]
    return "## Splits\n\n" + table(("split", "examples", "shards", "bytes"), rows)


def _factors(factors: Iterable[FactorInfo]) -> str:
    chosen = [factor for factor in factors if not factor.measured]
    measured = [factor for factor in factors if factor.measured]
    note = "Column `<factor>` holds the value; where a factor has levels, `<factor>_index` holds the level, from 0.\n"
    parts = ["## Factors\n", note]
    if chosen:
        parts.append(_factor_table(chosen))
    if measured:
        parts += ["Measured on the finished examples:\n", _factor_table(measured)]
    return "\n".join(parts)


def _factor_table(factors: Iterable[FactorInfo]) -> str:
    rows = [(f.name, f.kind, f.unit, f"{f.levels:,}" if f.levels else "", _values(f), f.description) for f in factors]
    return table(("factor", "kind", "unit", "levels", "values", "what it is"), rows)


def _values(factor: FactorInfo) -> str:
    if factor.values is None or len(factor.values) > _SHOWN_VALUES:
        return factor.spec
    return ", ".join(format_number(value) for value in factor.values)


def _annotations(layout: Layout) -> str:
    if not layout.annotations:
        return ""
    rows = [(a.name, a.dtype, a.unit, a.description) for a in layout.annotations]
    said = "Columns beside the factors: known of each example, but not chosen as a factor.\n"
    return "## Annotations\n\n" + said + "\n" + table(("column", "type", "unit", "what it is"), rows)


def _statistics(info: DatasetInfo) -> str:
    unordered = {factor.name for factor in info.factors if factor.kind == "categorical"}
    rows: list[tuple[str, ...]] = []
    for split, factors in info.statistics.items():
        for name, found in factors.items():
            if "counts" in found and (name in unordered or "mean" not in found):
                rows.append((split, name, _counts(found["counts"]), "", "", ""))
            elif "mean" in found:
                rows.append((split, name, *(format_number(found[key]) for key in ("mean", "std", "min", "max"))))
    if not rows:
        return ""
    return "## Statistics\n\n" + table(("split", "factor", "mean (or counts)", "std", "min", "max"), rows)


def _counts(counts: Mapping[str, int]) -> str:
    shown = [f"{level}: {count:,}" for level, count in list(counts.items())[:_SHOWN_COUNTS]]
    return ", ".join(shown) + (", ..." if len(counts) > _SHOWN_COUNTS else "")


def _task_baselines(baselines: Mapping[str, Mapping[str, float]], splits: tuple[SplitInfo, ...]) -> str:
    if not baselines:
        return ""
    names = [split.name for split in splits]
    rows = [(name, *(f"{found[split]:.4f}" for split in names)) for name, found in baselines.items()]
    said = (
        f"Accuracy of guesses at `target` by rules that saw `{names[0]}` alone: its most common target; its most "
        "common target after the same first token; a logistic regression on nothing but the number of tokens. "
        "A model that is not above these has learned nothing of the task.\n"
    )
    return "## Trivial baselines of the task\n\n" + said + "\n" + table(("guess", *names), rows)


def _baselines(baselines: Mapping[str, float], splits: tuple[SplitInfo, ...]) -> str:
    if not baselines:
        return ""
    rows = [(name, f"{accuracy:.4f}") for name, accuracy in baselines.items()]
    said = (
        f"Accuracy on `{splits[-1].name}` of always guessing the level that is most common in `{splits[0].name}`: "
        "what a probe must beat.\n"
    )
    return "## Trivial baselines of the factors\n\n" + said + "\n" + table(("factor", "majority class"), rows)


def _notes(notes: Iterable[str]) -> str:
    lines = [f"- {plain(note)}" for note in notes]
    return "\n".join(["## Known defects and cautions", "", *lines, ""]) if lines else ""


def _use(info: DatasetInfo) -> str:
    split = info.splits[0].name
    return f"""## Use

```sh
synthkit generate recipe.json --out DIR    # makes it again{_AGAIN[info.reproducible]}
synthkit verify . --regenerate 20          # hashes, fingerprint, and 20 examples made again
sha256sum -c SHA256SUMS                    # hashes alone, without synthkit
```

```python
import synthkit

data = synthkit.load(".", split="{split}")
{_FIRST[info.content]}, data[0].factors, data.factors_matrix()

import datasets

datasets.load_dataset(".", split="{split}")
```
"""


_AGAIN = {"bits": ", bit for bit", "engine": ", with the same engine", "replay": ", from the log"}
_FIRST = {"audio": "data[0].audio", "text": "data[0].input, data[0].target"}


def _origin(info: DatasetInfo) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in info.versions.items())
    lines = ["## Licence and origin", "", f"Licence: {plain(info.license)}. Made with {plain(versions)}.", ""]
    if info.citation:
        lines += ["Please cite:", "", *(f"    {line}" for line in info.citation.splitlines()), ""]
    return "\n".join(lines)


def _prose(text: str) -> str:
    """Markdown of a recipe's author, without HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)
