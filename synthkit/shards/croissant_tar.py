"""Croissant metadata of datasets in tars: sets of the files inside, and what can be read of them.

mlcroissant reads files in archives whole and does not look into their JSON, so that the columns are told in words.
"""

from __future__ import annotations

from typing import Any

from synthkit.records import AudioLayout, DatasetInfo, TextLayout

__all__ = ["tar_file_sets", "tar_record_sets"]


def tar_file_sets(info: DatasetInfo) -> list[dict[str, Any]]:
    """One FileSet for each kind of file in the shards."""
    sets = [_file_set("json-files", "application/json", "*.json", info)]
    if isinstance(info.layout, AudioLayout):
        sets.append(_file_set("audio-files", "audio/wav", "*.wav", info))
    return sets


def tar_record_sets(info: DatasetInfo) -> list[dict[str, Any]]:
    """``examples``: the JSON of each example; of clips also ``clips``: the WAV file of each."""
    said = f"All columns of the example but its clip as JSON: {_columns(info)}."
    columns = _field("examples/json", "sc:Text", said, "json-files", {"fileProperty": "content"})
    sets = [_record_set("examples", "json-files", ".json", columns)]
    if isinstance(info.layout, AudioLayout):
        clip = _field(
            "clips/audio", "sc:AudioObject", "The clip, a WAV file.", "audio-files", {"fileProperty": "content"}
        )
        clip["source"]["samplingRate"] = info.layout.sample_rate
        sets.append(_record_set("clips", "audio-files", ".wav", clip))
    return sets


def _columns(info: DatasetInfo) -> str:
    names = ["id"]
    if isinstance(info.layout, TextLayout):
        names += ["input", "target", *(["rationale"] if info.layout.rationale else [])]
    for factor in info.factors:
        names.append(_described(factor.name, factor.unit, factor.description))
        if factor.levels is not None:
            names.append(f"{factor.name}_index (level of {factor.name}, counted from 0)")
    return ", ".join([*names, *(_described(a.name, a.unit, a.description) for a in info.layout.annotations)])


def _described(name: str, unit: str, description: str) -> str:
    said = " ".join(part for part in (description, f"[{unit}]" if unit else "") if part)
    return f"{name} ({said})" if said else name


def _file_set(name: str, encoding: str, pattern: str, info: DatasetInfo) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "containedIn": [{"@id": shard.files[0].path} for split in info.splits for shard in split.shards],
        "encodingFormat": encoding,
        "includes": pattern,
    }


def _record_set(name: str, files: str, suffix: str, content: dict[str, Any]) -> dict[str, Any]:
    said = "Unique name of the example, <split>-<index>."
    id = _field(f"{name}/id", "sc:Text", said, files, {"fileProperty": "filename"})
    id["source"]["transform"] = {"regex": rf"^(.+)\{suffix}$"}
    fields = [id, content]
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "key": {"@id": f"{name}/id"}, "field": fields}


def _field(id: str, kind: str, description: str, files: str, extract: dict[str, str]) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": id,
        "name": id.partition("/")[2],
        "description": description,
        "dataType": kind,
        "source": {"fileSet": {"@id": files}, "extract": extract},
    }
