"""Types of the columns for a card: what Hugging Face datasets would else guess from the first examples of a tar."""

from __future__ import annotations

import json

import pyarrow as pa

from synthkit.records import AudioLayout, DatasetInfo, TextLayout
from synthkit.shards.columns import annotation_fields, factor_fields

__all__ = ["tar_features"]

_NAMES = {"double": "float64"}


def tar_features(info: DatasetInfo) -> list[str]:
    """Lines of YAML: the columns ``json``, for clips ``wav``, and those that the reader of tars adds.

    Without them a rationale that is missing in the first five examples, or a list that is empty there, would have the
    type of nothing.
    """
    lines = ["dataset_info:", '  config_name: "default"', "  features:", '  - name: "json"', "    struct:"]
    for field in _fields(info):
        lines.append(f"    - name: {json.dumps(field.name)}")
        kind = field.type
        if pa.types.is_list(kind):
            lines.append(f"      list: {_name(kind.value_type)}")
        else:
            lines.append(f"      dtype: {_name(kind)}")
    if isinstance(info.layout, AudioLayout):
        rate = info.layout.sample_rate
        lines += ['  - name: "wav"', "    dtype:", "      audio:", f"        sampling_rate: {rate}"]
    for name in ("__key__", "__url__"):
        lines += [f'  - name: "{name}"', '    dtype: "string"']
    return lines


def _fields(info: DatasetInfo) -> list[pa.Field]:
    """Fields of an example's JSON, in its order."""
    names = ["id"]
    if isinstance(info.layout, TextLayout):
        names += ["input", "target", *(["rationale"] if info.layout.rationale else [])]
    texts = [pa.field(name, pa.string()) for name in names]
    return [*texts, *factor_fields(info.factors), *annotation_fields(info.layout.annotations)]


def _name(kind: pa.DataType) -> str:
    return json.dumps(_NAMES.get(str(kind), str(kind)))
