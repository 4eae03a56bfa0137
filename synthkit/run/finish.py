"""Turns finished shards into a finished dataset: fingerprint, card, manifest, sums."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from synthkit.audit import audit_shards, card_section
from synthkit.llm.log import LOG
from synthkit.records import AudioLayout, DatasetInfo, FileRecord, ShardRecord, SplitInfo
from synthkit.run import state
from synthkit.run.asking import ASKED, PROMPT, export_log
from synthkit.run.attempts import ATTEMPTS
from synthkit.run.baselines import merge_texts, text_baselines
from synthkit.run.prepare import Prepared
from synthkit.run.rationale_section import rationale_section
from synthkit.run.statistics import majority_baselines, merge
from synthkit.run.tasks import ShardTask, shard_tasks
from synthkit.shards.card import render_card
from synthkit.shards.content import fingerprint
from synthkit.shards.croissant import croissant
from synthkit.shards.files import hash_file, sync_folder, write_file
from synthkit.shards.manifest import MANIFEST, STATE, SUMS, render_manifest, render_sums

__all__ = ["finish"]

_PIECE = 2**20
_AUDITED = 1200  # clips; `synthkit audit` listens to more


def finish(prepared: Prepared, root: Path, log: str = "") -> DatasetInfo:
    """Write everything but the shards; `SHA256SUMS` comes last and marks the dataset as finished.

    Args:
        prepared: The dataset, with all answers of a language model.
        root: Its directory.
        log: The log with these answers; empty where none was asked.
    """
    tasks = shard_tasks(prepared, str(root))
    info = _info(prepared, root, tasks)
    shard_files = [file for split in info.splits for shard in split.shards for file in shard.files]
    state.remove_strays(root, {file.path for file in shard_files})
    files = [
        write_file(root, "README.md", render_card(info).encode()),
        write_file(root, "croissant.json", _json(croissant(info))),
        write_file(root, "recipe.json", prepared.recipe.pretty_json().encode()),
        write_file(root, MANIFEST, render_manifest(info)),
    ]
    if prepared.draws:
        files.append(write_file(root, ATTEMPTS, (root / STATE / ATTEMPTS).read_bytes()))
    if log:
        export_log(prepared, root, Path(log))
    # Answers that were paid stay, those of an earlier recipe too.
    files += [_there(root, name) for name in (LOG, ASKED, PROMPT) if (root / name).is_file()]
    write_file(root, SUMS, render_sums([*files, *shard_files]))
    state.clear_state(root)
    sync_folder(root)
    return info


def _there(root: Path, name: str) -> FileRecord:
    return FileRecord(name, (root / name).stat().st_size, hash_file(root / name))


def _info(prepared: Prepared, root: Path, tasks: list[ShardTask]) -> DatasetInfo:
    recipe, plan = prepared.recipe, prepared.plan
    shards: dict[str, list[ShardRecord]] = {split: [] for split in plan.sizes}
    parts: dict[str, list[dict[str, Any]]] = {split: [] for split in plan.sizes}
    for task in tasks:
        record, statistics = state.recorded_shard(root, task.name)
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


def _audit(prepared: Prepared, root: Path, shards: dict[str, list[ShardRecord]]) -> str:
    """What was measured of what an engine made, as a section of the card."""
    layout, format = prepared.generator.layout, prepared.recipe.output.format
    if not isinstance(layout, AudioLayout):
        files = [shard.files[0].path for of_split in shards.values() for shard in of_split]
        return rationale_section(root, files, format, layout, prepared.factors)
    if prepared.engine is None:
        return ""
    paths = [(shard.files[0].path, shard.rows) for of_split in shards.values() for shard in of_split]
    return card_section(audit_shards(root, paths, format, layout, prepared.factors, max_examples=_AUDITED))


def _digests(root: Path, tasks: list[ShardTask]) -> Iterator[bytes]:
    """All digests in the dataset's order, a piece at a time."""
    for task in tasks:
        with state.digests_path(root, task.name).open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


def _versions() -> dict[str, str]:
    names = ("synthkit", "numpy", "pyarrow")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()
