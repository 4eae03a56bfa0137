"""Factor columns in Arrow: ``<factor>`` holds the value, ``<factor>_index`` the level where there are levels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from synthkit.records import Annotation, Annotations, AudioLayout, FactorInfo, Layout, Rows

__all__ = [
    "annotation_arrays",
    "annotation_fields",
    "factor_arrays",
    "factor_dtype",
    "factor_fields",
    "features_metadata",
    "read_annotations",
    "read_factors",
]

_ARROW_TYPES = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "strings": pa.list_(pa.string()),
    "floats": pa.list_(pa.float64()),
}


def factor_fields(factors: Sequence[FactorInfo]) -> list[pa.Field]:
    """Arrow fields of the factor columns, in order."""
    fields = []
    for factor in factors:
        fields.append(pa.field(factor.name, _ARROW_TYPES[factor.dtype]))
        if factor.levels is not None:
            fields.append(pa.field(f"{factor.name}_index", pa.int64()))
    return fields


def factor_arrays(rows: Rows, factors: Sequence[FactorInfo]) -> list[pa.Array]:
    """Arrow arrays of the factor columns, in the order of `factor_fields`."""
    arrays = []
    for k, factor in enumerate(factors):
        # Lists, since pyarrow imports pandas (0.3 s a worker) to look at a NumPy array.
        arrays.append(pa.array(rows.values[factor.name].tolist(), _ARROW_TYPES[factor.dtype]))
        if factor.levels is not None:
            arrays.append(pa.array(rows.indices[:, k].tolist(), pa.int64()))
    return arrays


def factor_dtype(factor: FactorInfo) -> np.dtype[Any]:
    """NumPy's type of a factor's values; names are objects, since arrays of text drop zeros at the end."""
    return np.dtype({"string": object, "int64": np.int64, "float64": np.float64}[factor.dtype])


def annotation_fields(annotations: Sequence[Annotation]) -> list[pa.Field]:
    """Arrow fields of the annotations, in order."""
    return [pa.field(column.name, _ARROW_TYPES[column.dtype]) for column in annotations]


def annotation_arrays(values: Annotations, annotations: Sequence[Annotation]) -> list[pa.Array]:
    """Arrow arrays of the annotations, in the order of `annotation_fields`."""
    return [pa.array(list(values[column.name]), _ARROW_TYPES[column.dtype]) for column in annotations]


def read_annotations(table: pa.Table, row: int, annotations: Sequence[Annotation]) -> dict[str, Any]:
    """Annotations of one row, plain Python values."""
    return {column.name: table.column(column.name)[row].as_py() for column in annotations}


def read_factors(
    table: pa.Table, factors: Sequence[FactorInfo]
) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
    """Values of each factor, and the levels int64 [rows, K] (-1 where a factor has none)."""
    values: dict[str, npt.NDArray[Any]] = {}
    indices = np.full((table.num_rows, len(factors)), -1, np.int64)
    for k, factor in enumerate(factors):
        values[factor.name] = table.column(factor.name).to_numpy()
        if factor.levels is not None:
            indices[:, k] = table.column(f"{factor.name}_index").to_numpy()
    return values, indices


def features_metadata(fields: Sequence[pa.Field], layout: Layout) -> dict[bytes, bytes]:
    """Schema metadata from which Hugging Face datasets knows the types of the columns, audio among them."""
    features: dict[str, Any] = {}
    for field in fields:
        features[field.name] = _feature(field.type)
        if isinstance(layout, AudioLayout) and field.name == "audio":
            features["audio"] = {"sampling_rate": layout.sample_rate, "_type": "Audio"}
    return {b"huggingface": json.dumps({"info": {"features": features}}, separators=(",", ":")).encode()}


def _feature(type: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(type):
        return {"feature": _feature(type.value_type), "_type": "List"}
    return {"dtype": {"double": "float64"}.get(str(type), str(type)), "_type": "Value"}
