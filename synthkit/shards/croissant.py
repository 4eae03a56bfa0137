"""Croissant 1.1 metadata: ``croissant.json`` (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html)."""

from __future__ import annotations

import re
from typing import Any

from synthkit.records import Annotation, AudioLayout, DatasetInfo, FactorInfo, ShardRecord, TextLayout
from synthkit.shards.croissant_tar import tar_file_sets, tar_record_sets

__all__ = ["croissant"]

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "excludes": "cr:excludes",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "readLines": "cr:readLines",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
    "unArchive": "cr:unArchive",
    "value": "cr:value",
}
_TYPES = {"string": "sc:Text", "int64": "sc:Integer", "float64": "sc:Float"}
_PARQUET = "application/x-parquet"
_ENCODINGS = {
    "webdataset": "application/x-tar",
    "parquet": _PARQUET,
    "jsonl": "application/jsonlines",
    "tsv": "text/tab-separated-values",
}


def croissant(info: DatasetInfo) -> dict[str, Any]:
    """The metadata as JSON-LD: one FileObject with its sha256 for each table, one record set with all columns."""
    shards = [shard for split in info.splits for shard in split.shards]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": info.name,
        "description": info.description.strip() or info.title,
        "license": _license(info.license),
        "version": info.version,
        "url": f"urn:synthkit:{info.name}:{info.fingerprint}",
        "citeAs": info.citation or f"{info.name} {info.version}, {info.fingerprint}",
        "isLiveDataset": False,
        "rai:dataCollection": f"Synthetic: made by the synthkit generator {info.generator!r}, recipe "
        f"{info.name} {info.version}, seed {info.seed}; {info.fingerprint}.",
        "rai:dataCollectionType": "Software Collection",
        "rai:personalSensitiveInformation": _personal(info),
        "distribution": [_file_object(shard, info) for shard in shards] + _file_sets(info),
        "recordSet": tar_record_sets(info) if info.format == "webdataset" else [_record_set(info)],
    }


def _personal(info: DatasetInfo) -> str:
    if info.engine is None:
        return "None: no person's data went in."
    if info.content == "text":
        return (
            f"None was collected for this dataset. Its rationales were written by the language model "
            f"{info.engine.model}; what its texts come from is told in the column source of each example."
        )
    return (
        f"None was collected for this dataset. Its voices were made by {info.engine.name} ({info.engine.model}); whose "
        "recordings that learned from, if any, its own documentation says."
    )


def _license(name: str) -> str:
    """Address of a licence; SPDX has none for data whose source states none."""
    return name if name == "NOASSERTION" else f"https://spdx.org/licenses/{name}.html"


def _file_object(shard: ShardRecord, info: DatasetInfo) -> dict[str, Any]:
    file = shard.files[0]
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": re.sub(r"[^A-Za-z0-9]+", "-", file.path),
        "contentUrl": file.path,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": _ENCODINGS.get(info.format, _PARQUET),
        "sha256": file.sha256,
    }


def _file_sets(info: DatasetInfo) -> list[dict[str, Any]]:
    if info.format == "webdataset":
        return tar_file_sets(info)
    return [_file_set(info), *_audio_set(info)]


def _file_set(info: DatasetInfo) -> dict[str, Any]:
    encoding = _ENCODINGS.get(info.format, _PARQUET)
    pattern = f"data/*.{info.format}" if info.format in _ENCODINGS else "data/*/metadata.parquet"
    return {"@type": "cr:FileSet", "@id": "tables", "name": "tables", "encodingFormat": encoding, "includes": pattern}


def _audio_set(info: DatasetInfo) -> list[dict[str, Any]]:
    """The audio files of a folder format; their hashes are in SHA256SUMS."""
    if info.format in _ENCODINGS:
        return []
    kind = {"wav": "audio/wav", "flac": "audio/flac"}[info.format]
    return [
        {
            "@type": "cr:FileSet",
            "@id": "audio-files",
            "name": "audio-files",
            "description": "One file an example; SHA256SUMS lists them all.",
            "encodingFormat": kind,
            "includes": f"data/*/*.{info.format}",
        }
    ]


def _record_set(info: DatasetInfo) -> dict[str, Any]:
    fields = [_field("id", "sc:Text", "Unique name of the example, <split>-<index>.", "id")]
    if info.format == "parquet" and info.content == "audio":
        audio = _field("audio", "sc:AudioObject", "The clip, a WAV file.", "audio")
        audio["source"]["transform"] = {"jsonPath": "bytes"}
        if isinstance(info.layout, AudioLayout):
            audio["source"]["samplingRate"] = info.layout.sample_rate
        fields.append(audio)
    elif info.content == "audio":
        fields.append(_field("file_name", "sc:Text", "Name of the clip's file beside the table.", "file_name"))
    if isinstance(info.layout, TextLayout):
        fields += _text_fields(info.layout, tsv=info.format == "tsv")
    fields += [_annotation_field(column) for column in info.layout.annotations]
    for factor in info.factors:
        fields += _factor_fields(factor)
    return {
        "@type": "cr:RecordSet",
        "@id": "examples",
        "name": "examples",
        "key": {"@id": "examples/id"},
        "field": fields,
    }


def _text_fields(layout: TextLayout, *, tsv: bool) -> list[dict[str, Any]]:
    """The columns of a text; a TSV file has them by the Long Range Arena's names."""
    fields = [
        _field("input", "sc:Text", "What a model is given.", "Source" if tsv else "input"),
        _field("target", "sc:Text", "What it is to answer.", "Target" if tsv else "target"),
    ]
    if layout.rationale:
        said = "An explanation of the answer; empty where there is none."
        fields.append(_field("rationale", "sc:Text", said, "Rationale" if tsv else "rationale"))
    return fields


def _factor_fields(factor: FactorInfo) -> list[dict[str, Any]]:
    unit = f" [{factor.unit}]" if factor.unit else ""
    fields = [_field(factor.name, _TYPES[factor.dtype], f"{factor.description or factor.name}{unit}", factor.name)]
    if factor.levels is not None:
        name = f"{factor.name}_index"
        fields.append(_field(name, "sc:Integer", f"Level of {factor.name}, counted from 0.", name))
    return fields


def _annotation_field(column: Annotation) -> dict[str, Any]:
    unit = f" [{column.unit}]" if column.unit else ""
    kind = {"strings": "sc:Text", "floats": "sc:Float"}.get(column.dtype) or _TYPES[column.dtype]
    field = _field(column.name, kind, f"{column.description}{unit}", column.name)
    return {**field, "repeated": True} if column.dtype in ("strings", "floats") else field


def _field(name: str, kind: str, description: str, column: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"examples/{name}",
        "name": name,
        "description": description,
        "dataType": kind,
        "source": {"fileSet": {"@id": "tables"}, "extract": {"column": column}},
    }
