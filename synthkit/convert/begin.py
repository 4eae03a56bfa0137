"""The new directory of a conversion: what may be there already, and what marks it as unfinished."""

from __future__ import annotations

import json

from synthkit.convert.source import RECIPE, Source
from synthkit.errors import InputError, WorkError
from synthkit.recipe import Recipe
from synthkit.run import state
from synthkit.shards.manifest import CONVERSION, MANIFEST, STATE, Manifest, read_manifest
from synthkit.storage import Storage

__all__ = ["already_converted", "begin", "target_recipe"]


def target_recipe(source: Source, format: str, shard_size: int | None) -> Recipe:
    """The recipe of the new directory: another ``output``, and nothing else. Shards stay as they are by default."""
    changes = {"format": format} if shard_size is None else {"format": format, "shard_size": shard_size}
    return source.recipe.model_copy(update={"output": source.recipe.output.model_copy(update=changes)})


def already_converted(source: Source, recipe: Recipe, out: Storage) -> Manifest | None:
    """The manifest of the same conversion, where it is finished; None where there is none.

    Raises:
        InputError: There is something else.
        WorkError: A shard of it is gone.
    """
    state.refuse_foreign(out)
    known = state.finished_recipe(out)
    if known is None:
        return None
    manifest = read_manifest(out, unfinished=True)
    if known != recipe.pretty_json() or manifest.fingerprint != source.manifest.fingerprint:
        raise InputError(f"{out}: holds another dataset; -o names a new or an empty directory")
    there = out.sizes("data")
    for shard in manifest.shards:
        if shard.path not in there:
            raise WorkError(f"{out}: {shard.path} is gone from a finished dataset; remove {out} to convert again")
    return manifest


def begin(source: Source, recipe: Recipe, out: Storage) -> None:
    """Note what is converted; call it with the lock held.

    Raises:
        InputError: Something else was begun there.
    """
    note = json.dumps(_note(source, recipe), sort_keys=True).encode()
    try:
        known = out.read(CONVERSION)
    except FileNotFoundError:
        if state.begun_recipe(out) is not None or out.is_file(MANIFEST):
            raise InputError(f"{out}: a build was begun there; -o names a new or an empty directory") from None
        out.write(CONVERSION, note)
    else:
        if known != note:
            raise InputError(f"{out}: another conversion was begun there; remove it, or choose another -o")
    out.write(f"{STATE}/{RECIPE}", recipe.pretty_json().encode())
    state.keep_engine(out, source.manifest.engine)


def _note(source: Source, recipe: Recipe) -> dict[str, str]:
    return {
        "fingerprint": source.manifest.fingerprint,
        "manifest": source.sums.get(MANIFEST, ""),
        "recipe": recipe.canonical_json(),
    }
