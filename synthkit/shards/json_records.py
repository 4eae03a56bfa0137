"""Examples as JSON objects: what a line of JSON holds, and the ``.json`` of a sample in a tar."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.records import AnnotationValue, FactorInfo, FactorValue, Layout, TextExample, TextLayout

__all__ = ["dump", "factors_of", "labels", "text_of", "text_record"]


def dump(record: Mapping[str, Any]) -> str:
    """One line of JSON, without its end."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def labels(
    factors: Mapping[str, FactorValue],
    levels: Sequence[int],
    annotations: Mapping[str, AnnotationValue],
    infos: Sequence[FactorInfo],
) -> dict[str, Any]:
    """The columns beside the content: each factor, its level where it has levels, then the annotations.

    Args:
        factors: Factor name -> value.
        levels: Level of each factor, -1 where it has none.
        annotations: Name -> value.
        infos: The dataset's factors, in order.
    """
    record: dict[str, Any] = {}
    for factor, level in zip(infos, levels, strict=True):
        record[factor.name] = factors[factor.name]
        if factor.levels is not None:
            record[f"{factor.name}_index"] = level
    return record | dict(annotations)


def factors_of(
    record: Mapping[str, Any], infos: Sequence[FactorInfo], layout: Layout
) -> tuple[dict[str, FactorValue], npt.NDArray[np.int64], dict[str, AnnotationValue]]:
    """Factors, levels int64 [K] and annotations of a record that `labels` made.

    Raises:
        KeyError: A column is missing.
        TypeError: A level is no number.
        ValueError: A level is no number.
    """
    values: dict[str, FactorValue] = {factor.name: record[factor.name] for factor in infos}
    levels = [-1 if factor.levels is None else int(record[f"{factor.name}_index"]) for factor in infos]
    beside = {column.name: record[column.name] for column in layout.annotations}
    return values, np.array(levels, np.int64), beside


def text_record(example: TextExample, layout: TextLayout, infos: Sequence[FactorInfo]) -> dict[str, Any]:
    """All columns of a text; ``rationale`` is null where an example has none."""
    record: dict[str, Any] = {"id": example.id, "input": example.input, "target": example.target}
    if layout.rationale:
        record["rationale"] = example.rationale
    return record | labels(example.factors, example.factor_indices.tolist(), example.annotations, infos)


def text_of(record: Mapping[str, Any], infos: Sequence[FactorInfo], layout: TextLayout) -> TextExample:
    """The text of a record that `text_record` made.

    Raises:
        KeyError: A column is missing.
        TypeError: A level is no number.
        ValueError: A level is no number.
    """
    values, levels, beside = factors_of(record, infos, layout)
    said = record.get("rationale") or None
    return TextExample(record["id"], values, levels, record["input"], record["target"], said, beside)
