"""Content hashes: what a fingerprint stands on, whatever the container.

The digest of an audio example is sha256 over one line of canonical JSON (keys sorted, no spaces, UTF-8, numbers as
Python prints them) with ``factors``, ``format``, ``id``, ``indices`` and ``sample_rate``, a newline, and the clip's
samples as little-endian int16 or float32. The fingerprint is sha256 over all digests (32 bytes each) in the dataset's
order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from synthkit.records import AudioLayout, FactorValue, Rows

__all__ = ["DIGEST_BYTES", "audio_digest", "batch_digests", "fingerprint"]

DIGEST_BYTES = 32


def audio_digest(
    id: str,
    factors: Mapping[str, FactorValue],
    indices: Sequence[int],
    layout: AudioLayout,
    samples: npt.NDArray[Any],
) -> bytes:
    """Digest of one example, 32 bytes.

    Args:
        id: The example's id.
        factors: Factor name -> value, plain Python values.
        indices: Level of each factor in the dataset's factor order, -1 where it has none.
        layout: Shape of the clip.
        samples: [num_samples], contiguous, of the layout's dtype.
    """
    record = {
        "factors": factors,
        "format": layout.sample_format,
        "id": id,
        "indices": indices,
        "sample_rate": layout.sample_rate,
    }
    line = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    digest = hashlib.sha256(line.encode())
    digest.update(b"\n")
    digest.update(samples.data)
    return digest.digest()


def batch_digests(rows: Rows, layout: AudioLayout, samples: npt.NDArray[Any]) -> list[bytes]:
    """Digests of a batch, in order; samples [n, num_samples]."""
    names = list(rows.values)
    columns = [rows.values[name].tolist() for name in names]
    table = zip(*columns, strict=True)
    indices = rows.indices.tolist()
    return [
        audio_digest(id, dict(zip(names, values, strict=True)), indices[i], layout, samples[i])
        for i, (id, values) in enumerate(zip(rows.ids, table, strict=True))
    ]


def fingerprint(digests: Iterable[bytes]) -> str:
    """``sha256:<64 hex>`` over digests, or pieces of joined digests, in order."""
    whole = hashlib.sha256()
    for digest in digests:
        whole.update(digest)
    return f"sha256:{whole.hexdigest()}"
