"""A dataset directory while it is being made: the lock, the recipe, and a record of each finished shard.

All of it lives in ``.synthkit`` below the directory and is gone when the dataset is finished.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any

from synthkit.errors import InputError, WorkError
from synthkit.records import EngineInfo, FileRecord, ShardRecord
from synthkit.run.attempts import ATTEMPTS, Attempts
from synthkit.shards.base import ShardName
from synthkit.shards.manifest import MANIFEST, STATE, SUMS
from synthkit.storage import Storage
from synthkit.storage.base import TEMPORARY

__all__ = [
    "begun_recipe",
    "check_engine",
    "clear_leftovers",
    "clear_state",
    "digests_paths",
    "engine_difference",
    "finished_recipe",
    "is_noted",
    "keep_attempts",
    "keep_engine",
    "keep_failures",
    "keeps_attempts",
    "prepare_folder",
    "record_shard",
    "recorded",
    "recorded_shards",
    "refuse_foreign",
    "refuse_other",
    "remove_strays",
    "same_recipe",
    "was_begun",
    "was_cleared_for",
]

_RECIPE = "recipe.json"
_ENGINE = "engine.json"
_BEGUN = "begun"
_SHARDS = f"{STATE}/shards"
_DIGEST_BYTES = 32
_OWN_FILES = ("README.md", _RECIPE, MANIFEST, SUMS, "croissant.json", ATTEMPTS)
_SHARD = re.compile(r"[a-z][a-z0-9_]*-\d{5,}-of-\d{5,}(\.parquet|\.jsonl|\.tsv|\.tar)?")


def refuse_foreign(root: Storage) -> None:
    """Refuse a directory that holds anything but a synthkit dataset.

    Raises:
        InputError: It is a file, holds something else, or cannot be looked into.
    """
    try:
        if root.local is not None and root.local.exists() and not root.local.is_dir():
            raise InputError(f"{root}: is a file; --out names a directory")
        others = root.names()
        ours = not others or _is_ours(root)
    except OSError as error:
        raise InputError(
            f"{error.filename or root}: cannot be used: {error.strerror or error}; choose another directory"
        ) from None
    if not ours:
        raise InputError(f"{root}: holds something else ({', '.join(others[:3])}); choose an empty or a new directory")


def same_recipe(known: str, recipe: str, incidental: Sequence[str]) -> bool:
    """Whether two resolved recipes make the same examples.

    Args:
        known: One, as JSON.
        recipe: The other.
        incidental: Parameters that change no example.
    """
    if known == recipe or not incidental:
        return known == recipe
    try:
        pair = [json.loads(known), json.loads(recipe)]
    except ValueError:
        return False
    for data in pair:
        if isinstance(data, dict) and isinstance(data.get("params"), dict):
            data["params"] = {name: value for name, value in data["params"].items() if name not in incidental}
    return bool(pair[0] == pair[1])


def keeps_attempts(root: Storage, recipe: str) -> bool:
    """Whether a build of this recipe (pretty JSON) was begun here and its attempts are kept."""
    known = _text(root, f"{STATE}/{_RECIPE}")
    return known == recipe and root.is_file(f"{STATE}/{ATTEMPTS}")


def keep_engine(root: Storage, engine: EngineInfo | None) -> None:
    """Note the engine that a build is begun with.

    Raises:
        InputError: Shards of another engine are there already.
    """
    if engine is None:
        return
    path = f"{STATE}/{_ENGINE}"
    if root.is_file(path) and root.holds(_SHARDS):
        check_engine(root, engine)
    root.write(path, json.dumps(asdict(engine)).encode())


def check_engine(root: Storage, engine: EngineInfo | None) -> None:
    """See that this machine's engine is the one that the build was begun with.

    Raises:
        InputError: It is another.
    """
    if engine is None:
        return
    begun = EngineInfo(**json.loads(root.read(f"{STATE}/{_ENGINE}")))
    difference = engine_difference(begun, engine)
    if difference:
        raise InputError(
            f"{root}: was begun with another engine ({difference}): what is made here would not fit; "
            "go on with that one, or use --overwrite to start anew"
        )


def engine_difference(before: EngineInfo, now: EngineInfo) -> str:
    """The first difference of two engines in words, empty where they are the same."""
    old, new = asdict(before), asdict(now)
    for name in old:
        if old[name] != new[name]:
            return f"{name} {old[name]}, here {new[name]}"
    return ""


def keep_failures(root: Storage, failures: Sequence[tuple[str, str]]) -> str:
    """Keep the list of all examples that could not be made; returns the file's path, relative to the directory."""
    lines = "".join(f"{id}: {what}\n" for id, what in failures)
    return root.write(f"{STATE}/failures.txt", lines.encode()).path


def keep_attempts(root: Storage, attempts: Attempts) -> None:
    """Keep attempts where workers find them."""
    root.write(f"{STATE}/{ATTEMPTS}", attempts.to_parquet())


def refuse_other(root: Storage, known: str, recipe: str, incidental: Sequence[str]) -> None:
    """Refuse a directory that holds a dataset of another recipe.

    Args:
        root: The directory.
        known: The recipe that is there, pretty JSON.
        recipe: The one that is asked for.
        incidental: Parameters that change no example.

    Raises:
        InputError: They are two.
    """
    if not same_recipe(known, recipe, incidental):
        raise InputError(
            f"{root}: holds a dataset of another recipe ({_difference(known, recipe)}); "
            "use --overwrite to start anew, or another --out"
        )


def was_cleared_for(root: Storage, mark: str) -> bool:
    """Whether a run that was told to overwrite has begun the build of that mark and not come to its end."""
    return _text(root, f"{STATE}/{_BEGUN}") == mark


def prepare_folder(
    root: Storage,
    recipe: str,
    *,
    overwrite: bool,
    incidental: Sequence[str] = (),
    mark: str = "",
) -> None:
    """Make the directory ready for a recipe; call it with the lock held.

    Args:
        root: The dataset's directory.
        recipe: The resolved recipe, pretty JSON.
        overwrite: Start anew where another dataset is.
        incidental: Parameters that change no example.
        mark: Tells this build from others, so that it can go on where it was told to overwrite.

    Raises:
        InputError: It holds a dataset of another recipe and ``overwrite`` is not given.
    """
    known = _known_recipe(root)
    if known is not None and overwrite:
        _clear(root)
    elif known is not None:
        refuse_other(root, known, recipe, incidental)
    root.write(f"{STATE}/{_RECIPE}", recipe.encode())
    if overwrite:  # last, so that what an earlier build left is never taken for this one's
        root.write(f"{STATE}/{_BEGUN}", mark.encode())


def finished_recipe(root: Storage) -> str | None:
    """The recipe of a finished dataset, None where there is none. `SHA256SUMS` is written last."""
    if root.is_file(SUMS) and root.is_file(MANIFEST):
        return _text(root, _RECIPE)
    return None


def record_shard(root: Storage, record: ShardRecord, digests: bytes, statistics: dict[str, Any]) -> None:
    """Note that a shard is finished; the JSON comes last and is what counts."""
    stem = _stem(record)
    root.write(f"{_SHARDS}/{stem}.digests", digests)
    data = {**asdict(record), "statistics": statistics}
    root.write(f"{_SHARDS}/{stem}.json", json.dumps(data).encode())


def begun_recipe(root: Storage) -> str | None:
    """The recipe of an unfinished dataset; None where none was begun, or it is finished."""
    return _text(root, f"{STATE}/{_RECIPE}")


def was_begun(root: Storage) -> bool:
    """Whether a build or a conversion into shards was begun here and has not come to its end."""
    return begun_recipe(root) is not None or root.holds(_SHARDS)


def is_noted(root: Storage, stem: str) -> bool:
    """Whether a shard is noted as finished."""
    return root.is_file(f"{_SHARDS}/{stem}.json")


def recorded(root: Storage, names: Sequence[ShardName]) -> set[ShardName]:
    """Those of some shards that are finished and where they should be, with all their digests."""
    there = root.sizes(_SHARDS)
    noted = [name for name in names if _record(name) in there]
    if not noted:
        return set()
    data = root.sizes("data")
    whole = set()
    for name, digests, (shard, _) in zip(noted, digests_paths(noted), recorded_shards(root, noted), strict=True):
        file = shard.files[0]
        if data.get(file.path) == file.bytes and there.get(digests) == _DIGEST_BYTES * shard.rows:
            whole.add(name)
    return whole


def recorded_shards(root: Storage, names: Iterable[ShardName]) -> Iterator[tuple[ShardRecord, dict[str, Any]]]:
    """Record and statistics of finished shards, in order.

    Raises:
        WorkError: One is not there.
    """
    try:
        for _, content in root.readable([_record(name) for name in names]):
            data = json.loads(content)
            statistics = data.pop("statistics")
            files = tuple(FileRecord(**item) for item in data.pop("files"))
            yield ShardRecord(**data, files=files), statistics
    except FileNotFoundError as error:
        raise WorkError(
            f"{root}: a shard was made where this process does not find it ({error.filename or error}); all workers "
            "must see the same directory, on a shared disk or in a bucket"
        ) from None


def digests_paths(names: Iterable[ShardName]) -> list[str]:
    """Files with the digests of finished shards' examples, 32 bytes each."""
    return [f"{_SHARDS}/{name.stem}.digests" for name in names]


def _record(name: ShardName) -> str:
    return f"{_SHARDS}/{name.stem}.json"


def remove_strays(root: Storage, wanted: set[str]) -> None:
    """Remove shards of an earlier build that are not part of this one."""
    strays = [path for path in _ours_in_data(root) if path not in wanted]
    root.remove(strays)
    for folder in {str(PurePosixPath(path).parent) for path in strays} - {"data"}:
        if not any(path.startswith(f"{folder}/") for path in wanted):
            root.remove_folder(folder)


def clear_state(root: Storage) -> None:
    """The dataset is finished."""
    root.remove_folder(STATE)


def clear_leftovers(root: Storage) -> None:
    """Clear what a run that was cut off at its very end left in a finished dataset: nobody can read it so."""
    if not root.holds(STATE):
        return
    try:
        with root.locked():
            if finished_recipe(root) is not None:  # it may be replaced by now
                clear_state(root)
    except (InputError, WorkError):
        if finished_recipe(root) is None:
            raise
        # Another run clears it just now, or this one may only read: the dataset is whole all the same.


def _is_ours(root: Storage) -> bool:
    return root.holds(STATE) or (root.is_file(MANIFEST) and root.is_file(_RECIPE))


def _known_recipe(root: Storage) -> str | None:
    """The recipe that the directory was begun or finished with."""
    for path in (f"{STATE}/{_RECIPE}", _RECIPE):
        known = _text(root, path)
        if known is not None:
            return known
    return None


def _text(root: Storage, path: str) -> str | None:
    """A small file; None where there is none."""
    try:
        return root.read(path).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return None


def _clear(root: Storage) -> None:
    """Remove a dataset, the mark of completeness first, so that a kill leaves nothing that looks whole."""
    root.write(f"{STATE}/{_BEGUN}", b"")
    root.remove([SUMS])
    root.remove_folder(_SHARDS)
    root.remove([f"{STATE}/{ATTEMPTS}"])
    remove_strays(root, set())
    root.remove(list(_OWN_FILES))


def _ours_in_data(root: Storage) -> list[str]:
    """Files of shards, and such that were never finished."""
    found = []
    for path in root.sizes("data"):
        name = path.split("/")[1]
        if _SHARD.fullmatch(name) or name.startswith(TEMPORARY):
            found.append(path)
    return found


def _difference(old: str, new: str) -> str:
    """First field in which two recipes differ."""
    try:
        before, after = json.loads(old), json.loads(new)
    except ValueError:
        return "its recipe.json is damaged"
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            return f"{key} differs"
    return "other spelling"


def _stem(record: ShardRecord) -> str:
    path = PurePosixPath(record.files[0].path)
    return path.stem if path.parent.name == "data" else path.parent.name
