"""Turns finished shards into a finished dataset: fingerprint, card, manifest, sums."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from synthkit.audit import audit_shards, card_section
from synthkit.generators.base import has_questions
from synthkit.llm.log import LOG
from synthkit.llm.sole import clear_lock
from synthkit.records import AudioLayout, DatasetInfo, FileRecord, ShardRecord, SplitInfo
from synthkit.run import state
from synthkit.run.asking import ASKED, PROMPT, AskOptions, export_log
from synthkit.run.attempts import ATTEMPTS
from synthkit.run.baselines import merge_texts, text_baselines
from synthkit.run.prepare import Prepared
from synthkit.run.rationale_section import rationale_section
from synthkit.run.statistics import majority_baselines, merge
from synthkit.run.tasks import ShardTask, shard_tasks
from synthkit.shards.card import render_card
from synthkit.shards.content import fingerprint
from synthkit.shards.croissant import croissant
from synthkit.shards.manifest import MANIFEST, STATE, SUMS, render_manifest, render_sums
from synthkit.storage import Storage

__all__ = ["AUDITED_CLIPS", "finish"]

AUDITED_CLIPS = 1200  # clips; `synthkit audit` listens to more


def finish(prepared: Prepared, root: Storage, asking: AskOptions) -> DatasetInfo:
    """Write everything but the shards; `SHA256SUMS` comes last and marks the dataset as finished.

    Args:
        prepared: The dataset, with all answers of a language model.
        root: Its directory.
        asking: Where their log is.
    """
    tasks = shard_tasks(prepared, root.address)
    info = _info(prepared, root, tasks)
    shard_files = [file for split in info.splits for shard in split.shards for file in shard.files]
    state.remove_strays(root, {file.path for file in shard_files})
    files = [
        root.write("README.md", render_card(info).encode()),
        root.write("croissant.json", _json(croissant(info))),
        root.write("recipe.json", prepared.recipe.pretty_json().encode()),
        root.write(MANIFEST, render_manifest(info)),
    ]
    if prepared.draws:
        files.append(root.write(ATTEMPTS, root.read(f"{STATE}/{ATTEMPTS}")))
    if has_questions(prepared.generator) and (root.local is not None or asking.log is not None):
        export_log(prepared, root, asking)
    if root.local is not None:
        clear_lock(root.local / LOG)
    # Answers that were paid stay, those of an earlier recipe too.
    files += [_there(root, name) for name in (LOG, ASKED, PROMPT) if root.is_file(name)]
    root.write(SUMS, render_sums([*files, *shard_files]))
    state.clear_state(root)
    root.sync()
    return info


def _there(root: Storage, name: str) -> FileRecord:
    return FileRecord(name, root.size(name) or 0, root.hash(name))


def _info(prepared: Prepared, root: Storage, tasks: list[ShardTask]) -> DatasetInfo:
    recipe, plan = prepared.recipe, prepared.plan
    shards: dict[str, list[ShardRecord]] = {split: [] for split in plan.sizes}
    parts: dict[str, list[dict[str, Any]]] = {split: [] for split in plan.sizes}
    found = state.recorded_shards(root, [task.name for task in tasks])
    for task, (record, statistics) in zip(tasks, found, strict=True):
        shards[task.name.split].append(record)
        parts[task.name.split].append(statistics)
    merged = {split: merge(found, prepared.factors) for split, found in parts.items()}
    texts = {split: merge_texts([part["texts"] for part in found]) for split, found in parts.items()}
    return DatasetInfo(
        name=recipe.name,
        version=recipe.version,
        title=recipe.title,
        description=recipe.description,
        notes=(*recipe.notes, *prepared.notes),
        license=recipe.license,
        citation=recipe.citation,
        generator=recipe.generator,
        seed=recipe.seed,
        format=recipe.output.format,
        content=prepared.generator.content,
        layout=prepared.generator.layout,
        factors=prepared.factors,
        splits=tuple(SplitInfo(split, plan.sizes[split], tuple(shards[split])) for split in plan.sizes),
        fingerprint=fingerprint(_digests(root, tasks)),
        reproducible="bits" if prepared.engine is None else prepared.engine.reproducible,
        engine=prepared.engine,
        audit=_audit(prepared, root, shards),
        statistics=merged,
        baselines=majority_baselines(merged),
        task_baselines=text_baselines(texts),
        versions=_versions(),
    )


def _audit(prepared: Prepared, root: Storage, shards: dict[str, list[ShardRecord]]) -> str:
    """What was measured of what an engine made, as a section of the card."""
    layout, format = prepared.generator.layout, prepared.recipe.output.format
    if not isinstance(layout, AudioLayout):
        files = [shard.files[0].path for of_split in shards.values() for shard in of_split]
        return rationale_section(root, files, format, layout, prepared.factors)
    if prepared.engine is None:
        return ""
    paths = [(shard.files[0].path, shard.rows) for of_split in shards.values() for shard in of_split]
    return card_section(audit_shards(root, paths, format, layout, prepared.factors, max_examples=AUDITED_CLIPS))


def _digests(root: Storage, tasks: list[ShardTask]) -> Iterator[bytes]:
    """All digests in the dataset's order, a shard's at a time."""
    for _, content in root.readable(state.digests_paths(task.name for task in tasks)):
        yield content


def _versions() -> dict[str, str]:
    names = ("synthkit", "numpy", "pyarrow")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()
