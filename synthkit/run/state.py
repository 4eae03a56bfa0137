"""A dataset directory while it is being made: the lock, the recipe, and a record of each finished shard.

All of it lives in ``.synthkit`` below the directory and is gone when the dataset is finished.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from synthkit.errors import InputError, WorkError
from synthkit.records import EngineInfo, FileRecord, ShardRecord
from synthkit.run.attempts import ATTEMPTS, Attempts
from synthkit.shards.base import ShardName
from synthkit.shards.files import TEMPORARY, write_file
from synthkit.shards.manifest import MANIFEST, STATE, SUMS

__all__ = [
    "check_engine",
    "clear_state",
    "digests_path",
    "engine_difference",
    "finished_recipe",
    "is_recorded",
    "keep_attempts",
    "keep_engine",
    "keep_failures",
    "keeps_attempts",
    "locked",
    "prepare_folder",
    "record_shard",
    "recorded_shard",
    "remove_strays",
    "remove_temporaries",
    "same_recipe",
]

_RECIPE = "recipe.json"
_ENGINE = "engine.json"
_OWN_FILES = ("README.md", _RECIPE, MANIFEST, SUMS, "croissant.json", ATTEMPTS)
_SHARD = re.compile(r"[a-z][a-z0-9_]*-\d{5}-of-\d{5}(\.parquet|\.jsonl|\.tsv)?")


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the directory alone; the lock is the kernel's, so that it ends with the process, however that ends.

    Raises:
        WorkError: Another run holds it.
    """
    handle = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkError(f"{root}: another run is writing here; wait for it, or choose another --out") from None
        yield
    finally:
        os.close(handle)


def refuse_foreign(root: Path) -> None:
    """Refuse a directory that holds anything but a synthkit dataset.

    Raises:
        InputError: It is a file, or holds something else.
    """
    if root.exists() and not root.is_dir():
        raise InputError(f"{root}: is a file; --out names a directory")
    if not root.exists() or _is_ours(root):
        return
    others = sorted(path.name for path in root.iterdir())
    if others:
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


def keeps_attempts(root: Path, recipe: str) -> bool:
    """Whether a build of this recipe (pretty JSON) was begun here and its attempts are kept."""
    known = root / STATE / _RECIPE
    return known.is_file() and known.read_text("utf-8") == recipe and (root / STATE / ATTEMPTS).is_file()


def keep_engine(root: Path, engine: EngineInfo | None) -> None:
    """Note the engine that a build is begun with.

    Raises:
        InputError: Shards of another engine are there already.
    """
    path = root / STATE / _ENGINE
    if engine is None:
        return
    if path.is_file() and any((root / STATE / "shards").glob("*.json")):
        check_engine(root, engine)
    write_file(root, f"{STATE}/{_ENGINE}", json.dumps(asdict(engine)).encode())


def check_engine(root: Path, engine: EngineInfo | None) -> None:
    """See that this machine's engine is the one that the build was begun with.

    Raises:
        InputError: It is another.
    """
    if engine is None:
        return
    begun = EngineInfo(**json.loads((root / STATE / _ENGINE).read_bytes()))
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


def keep_failures(root: Path, failures: Sequence[tuple[str, str]]) -> str:
    """Keep the list of all examples that could not be made; returns the file's path, relative to the directory."""
    lines = "".join(f"{id}: {what}\n" for id, what in failures)
    return write_file(root, f"{STATE}/failures.txt", lines.encode()).path


def keep_attempts(root: Path, attempts: Attempts) -> None:
    """Keep attempts where workers find them."""
    write_file(root, f"{STATE}/{ATTEMPTS}", attempts.to_parquet())


def prepare_folder(root: Path, recipe: str, *, overwrite: bool, incidental: Sequence[str] = ()) -> None:
    """Make the directory ready for a recipe; call it with the lock held.

    Args:
        root: The dataset's directory.
        recipe: The resolved recipe, pretty JSON.
        overwrite: Start anew where another dataset is.
        incidental: Parameters that change no example.

    Raises:
        InputError: It holds a dataset of another recipe and ``overwrite`` is not given.
    """
    known = _known_recipe(root)
    if known is not None and (overwrite or not same_recipe(known, recipe, incidental)):
        if not overwrite:
            raise InputError(
                f"{root}: holds a dataset of another recipe ({_difference(known, recipe)}); "
                "use --overwrite to start anew, or another --out"
            )
        _clear(root)
    (root / STATE).mkdir(exist_ok=True)
    write_file(root, f"{STATE}/{_RECIPE}", recipe.encode())
    remove_temporaries(root)


def remove_temporaries(root: Path) -> None:
    """Remove half files that a killed or failed run has left."""
    for folder in (root, root / "data"):
        for half in folder.glob(f"{TEMPORARY}*"):
            _remove(half)


def finished_recipe(root: Path) -> str | None:
    """The recipe of a finished dataset, None where there is none. `SHA256SUMS` is written last."""
    if (root / SUMS).is_file() and (root / MANIFEST).is_file() and (root / _RECIPE).is_file():
        return (root / _RECIPE).read_text("utf-8")
    return None


def record_shard(root: Path, record: ShardRecord, digests: bytes, statistics: dict[str, Any]) -> None:
    """Note that a shard is finished; the JSON comes last and is what counts."""
    stem = _stem(record)
    write_file(root, f"{STATE}/shards/{stem}.digests", digests)
    data = {**asdict(record), "statistics": statistics}
    write_file(root, f"{STATE}/shards/{stem}.json", json.dumps(data).encode())


def is_recorded(root: Path, name: ShardName) -> bool:
    """Whether a shard is finished and where it should be."""
    path = root / STATE / "shards" / f"{name.stem}.json"
    if not path.is_file():
        return False
    record, _ = recorded_shard(root, name)
    first = root / record.files[0].path
    return first.is_file() and first.stat().st_size == record.files[0].bytes


def recorded_shard(root: Path, name: ShardName) -> tuple[ShardRecord, dict[str, Any]]:
    """Record and statistics of a finished shard."""
    data = json.loads((root / STATE / "shards" / f"{name.stem}.json").read_bytes())
    statistics = data.pop("statistics")
    files = tuple(FileRecord(**item) for item in data.pop("files"))
    return ShardRecord(**data, files=files), statistics


def digests_path(root: Path, name: ShardName) -> Path:
    """Digests of a finished shard's examples, 32 bytes each."""
    return root / STATE / "shards" / f"{name.stem}.digests"


def remove_strays(root: Path, wanted: set[str]) -> None:
    """Remove shards of an earlier build that are not part of this one."""
    for path in (root / "data").iterdir():
        relative = f"data/{path.name}"
        ours = _SHARD.fullmatch(path.name) or path.name.startswith(TEMPORARY)
        if ours and relative not in wanted and not any(w.startswith(f"{relative}/") for w in wanted):
            _remove(path)


def clear_state(root: Path) -> None:
    """The dataset is finished."""
    shutil.rmtree(root / STATE, ignore_errors=True)


def _is_ours(root: Path) -> bool:
    return (root / STATE).is_dir() or ((root / MANIFEST).is_file() and (root / _RECIPE).is_file())


def _known_recipe(root: Path) -> str | None:
    """The recipe that the directory was begun or finished with."""
    for path in (root / STATE / _RECIPE, root / _RECIPE):
        if path.is_file():
            return path.read_text("utf-8")
    return None


def _clear(root: Path) -> None:
    """Remove a dataset, the mark of completeness first, so that a kill leaves nothing that looks whole."""
    (root / STATE).mkdir(exist_ok=True)
    (root / SUMS).unlink(missing_ok=True)
    shutil.rmtree(root / STATE / "shards", ignore_errors=True)
    (root / STATE / ATTEMPTS).unlink(missing_ok=True)
    if (root / "data").is_dir():
        for path in (root / "data").iterdir():
            if _SHARD.fullmatch(path.name) or path.name.startswith(TEMPORARY):
                _remove(path)
    for name in _OWN_FILES:
        (root / name).unlink(missing_ok=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


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
    path = Path(record.files[0].path)
    return path.stem if path.parent.name == "data" else path.parent.name
