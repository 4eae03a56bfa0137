"""Content hashes: what a fingerprint stands on, whatever the container.

The digest of an audio example is sha256 over one line of canonical JSON (keys sorted, no spaces, UTF-8, numbers as
Python prints them) with ``factors``, ``format``, ``id``, ``indices`` and ``sample_rate`` (and ``annotations`` where
there are any), a newline, and the clip's samples as little-endian int16 or float32. The digest of a text example is
sha256 over such a line with ``factors``, ``id``, ``indices``, ``input``, ``rationale`` (null where there is none),
``target`` (and ``annotations`` where there are any). The fingerprint is sha256 over all digests (32 bytes each) in the
dataset's order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy.typing as npt

from synthkit.records import AnnotationValue, AudioBatch, AudioLayout, FactorValue, Rows, TextBatch, TextExample

__all__ = [
    "DIGEST_BYTES",
    "audio_digest",
    "batch_digests",
    "fingerprint",
    "named_rows",
    "text_digest",
    "text_examples",
]

DIGEST_BYTES = 32


def audio_digest(
    id: str,
    factors: Mapping[str, FactorValue],
    indices: Sequence[int],
    layout: AudioLayout,
    samples: npt.NDArray[Any],
    annotations: Mapping[str, AnnotationValue] | None = None,
) -> bytes:
    """Digest of one example, 32 bytes.

    Args:
        id: The example's id.
        factors: Factor name -> value, plain Python values.
        indices: Level of each factor in the dataset's factor order, -1 where it has none.
        layout: Shape of the clip.
        samples: [num_samples], contiguous, of the layout's dtype.
        annotations: Name -> value, of the layout's annotations.
    """
    record: dict[str, Any] = {
        "factors": factors,
        "format": layout.sample_format,
        "id": id,
        "indices": indices,
        "sample_rate": layout.sample_rate,
    }
    if layout.annotations:
        record["annotations"] = {column.name: (annotations or {})[column.name] for column in layout.annotations}
    digest = hashlib.sha256(_line(record))
    digest.update(b"\n")
    digest.update(samples.data)
    return digest.digest()


def text_digest(example: TextExample) -> bytes:
    """Digest of one text, 32 bytes."""
    record: dict[str, Any] = {
        "factors": example.factors,
        "id": example.id,
        "indices": example.factor_indices.tolist(),
        "input": example.input,
        "rationale": example.rationale,
        "target": example.target,
    }
    if example.annotations:
        record["annotations"] = dict(example.annotations)
    return hashlib.sha256(_line(record)).digest()


def batch_digests(batch: AudioBatch | TextBatch) -> list[bytes]:
    """Digests of a batch, in order."""
    if isinstance(batch, TextBatch):
        return [text_digest(example) for example in text_examples(batch)]
    indices = batch.rows.indices.tolist()
    return [
        audio_digest(
            id,
            factors,
            indices[i],
            batch.layout,
            batch.samples[i],
            {name: values[i] for name, values in batch.annotations.items()},
        )
        for i, (id, factors) in enumerate(named_rows(batch.rows))
    ]


def text_examples(batch: TextBatch) -> Iterator[TextExample]:
    """The examples of a batch one by one."""
    inputs, targets = batch.input.tolist(), batch.target.tolist()
    rationales = [""] * len(inputs) if batch.rationale is None else batch.rationale.tolist()
    for i, (id, factors) in enumerate(named_rows(batch.rows)):
        beside = {name: values[i] for name, values in batch.annotations.items()}
        yield TextExample(id, factors, batch.rows.indices[i], inputs[i], targets[i], rationales[i] or None, beside)


def named_rows(rows: Rows) -> Iterator[tuple[str, dict[str, FactorValue]]]:
    """Id and factor values of each row, plain Python values."""
    names = list(rows.values)
    columns = [rows.values[name].tolist() for name in names]
    table = zip(*columns, strict=True) if columns else repeat((), len(rows))
    for id, values in zip(rows.ids, table, strict=True):
        yield id, dict(zip(names, values, strict=True))


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def fingerprint(digests: Iterable[bytes]) -> str:
    """``sha256:<64 hex>`` over digests, or pieces of joined digests, in order."""
    whole = hashlib.sha256()
    for digest in digests:
        whole.update(digest)
    return f"sha256:{whole.hexdigest()}"
