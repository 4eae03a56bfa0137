"""Turns converted shards into a finished dataset: the same files as a build in that format writes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from synthkit.audit import audit_shards, card_section
from synthkit.convert.source import Source
from synthkit.convert.tasks import ConvertTask
from synthkit.errors import WorkError
from synthkit.llm.log import LOG
from synthkit.recipe import Recipe
from synthkit.records import AudioLayout, DatasetInfo, FileRecord, ShardRecord, SplitInfo
from synthkit.run import state
from synthkit.run.baselines import merge_texts, text_baselines
from synthkit.run.finish import AUDITED_CLIPS
from synthkit.run.rationale_section import rationale_section
from synthkit.run.statistics import majority_baselines, merge
from synthkit.shards.card import render_card
from synthkit.shards.content import fingerprint
from synthkit.shards.croissant import croissant
from synthkit.shards.manifest import MANIFEST, STATE, SUMS, render_manifest, render_sums
from synthkit.storage import Storage

__all__ = ["finish_conversion"]

_PIECE = 2**20
_OWN = {"README.md", "croissant.json", "recipe.json", MANIFEST, SUMS}


def finish_conversion(source: Source, recipe: Recipe, out: Storage, tasks: Sequence[ConvertTask]) -> DatasetInfo:
    """Write everything but the shards; ``SHA256SUMS`` comes last and marks the dataset as finished.

    Raises:
        WorkError: What was read does not give the source's fingerprint, or one of its files has changed.
    """
    _check_fingerprint(source, out, tasks)
    info = _info(source, recipe, out, tasks)
    shard_files = [file for split in info.splits for shard in split.shards for file in shard.files]
    state.remove_strays(out, {file.path for file in shard_files})
    files = [
        out.write("README.md", render_card(info).encode()),
        out.write("croissant.json", _json(croissant(info))),
        out.write("recipe.json", recipe.pretty_json().encode()),
        out.write(MANIFEST, render_manifest(info)),
    ]
    files += [_copied(source, path, out) for path in _beside(source)]
    out.write(SUMS, render_sums([*files, *shard_files]))
    state.clear_state(out)
    out.sync()
    return info


def _check_fingerprint(source: Source, out: Storage, tasks: Sequence[ConvertTask]) -> None:
    digests = (content for _, content in out.readable(state.digests_paths(task.name for task in tasks)))
    found = fingerprint(digests)
    if found != source.manifest.fingerprint:
        out.remove_folder(f"{STATE}/shards")  # so that the next run reads all again
        raise WorkError(
            f"{source.root}: its examples give {found}, not {source.manifest.fingerprint} as its manifest says; "
            f"nothing was finished: see `synthkit verify {source.root}`"
        )


def _info(source: Source, recipe: Recipe, out: Storage, tasks: Sequence[ConvertTask]) -> DatasetInfo:
    manifest = source.manifest
    shards: dict[str, list[ShardRecord]] = {split: [] for split in manifest.splits}
    parts: dict[str, list[dict[str, Any]]] = {split: [] for split in manifest.splits}
    for record, statistics in state.recorded_shards(out, [task.name for task in tasks]):
        shards[record.split].append(record)
        parts[record.split].append(statistics)
    merged = {split: merge(found, manifest.factors) for split, found in parts.items()}
    texts = {split: merge_texts([part["texts"] for part in found]) for split, found in parts.items()}
    return DatasetInfo(
        name=recipe.name,
        version=recipe.version,
        title=recipe.title,
        description=recipe.description,
        notes=recipe.notes if manifest.notes is None else manifest.notes,
        license=recipe.license,
        citation=recipe.citation,
        generator=recipe.generator,
        seed=recipe.seed,
        format=recipe.output.format,
        content=source.content,
        layout=manifest.layout,
        factors=manifest.factors,
        splits=tuple(SplitInfo(split, size, tuple(shards[split])) for split, size in manifest.splits.items()),
        fingerprint=manifest.fingerprint,
        reproducible=manifest.reproducible,
        engine=manifest.engine,
        audit=_audit(source, out, recipe.output.format, [shard for found in shards.values() for shard in found]),
        statistics=merged,
        baselines=majority_baselines(merged),
        task_baselines=text_baselines(texts),
        versions=manifest.versions,
    )


def _audit(source: Source, out: Storage, format: str, shards: Sequence[ShardRecord]) -> str:
    """The card's section on what an engine made, measured again: as a build does."""
    layout, factors = source.manifest.layout, source.manifest.factors
    if not isinstance(layout, AudioLayout):
        return rationale_section(out, [shard.files[0].path for shard in shards], format, layout, factors)
    if source.manifest.engine is None:
        return ""
    paths = [(shard.files[0].path, shard.rows) for shard in shards]
    return card_section(audit_shards(out, paths, format, layout, factors, max_examples=AUDITED_CLIPS))


def _beside(source: Source) -> list[str]:
    """Files of the source that go along as they are: attempts, answers, the prompt. Its request log stays."""
    shards = ("data/",)
    return [path for path in sorted(source.sums) if path not in _OWN | {LOG} and not path.startswith(shards)]


def _copied(source: Source, path: str, out: Storage) -> FileRecord:
    sink = out.create(path)
    try:
        with source.root.open(path, ahead=_PIECE) as file:
            digest = hashlib.sha256()
            while piece := file.read(_PIECE):
                digest.update(piece)
                sink.write(piece)
        if digest.hexdigest() != source.sums[path]:
            raise WorkError(f"{source.root.place(path)}: its sha256 is not the one in {SUMS}")
        return sink.commit()
    except FileNotFoundError:
        sink.abort()
        raise WorkError(f"{source.root.place(path)}: listed in {SUMS}, but not there") from None
    except BaseException:
        sink.abort()
        raise


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()
