"""Factor columns in Arrow: ``<factor>`` holds the value, ``<factor>_index`` the level where there are levels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from synthkit.records import AudioLayout, FactorInfo, Layout, Rows

__all__ = ["factor_arrays", "factor_fields", "features_metadata", "read_factors"]

_ARROW_TYPES = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64()}


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
        name = {"double": "float64"}.get(str(field.type), str(field.type))
        features[field.name] = {"dtype": name, "_type": "Value"}
        if isinstance(layout, AudioLayout) and field.name == "audio":
            features["audio"] = {"sampling_rate": layout.sample_rate, "_type": "Audio"}
    return {b"huggingface": json.dumps({"info": {"features": features}}, separators=(",", ":")).encode()}
