"""Lines of Lhotse's manifests: a recording, a supervision and a cut of each clip, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synthkit.records import AudioLayout
from synthkit.shards.base import RawExample
from synthkit.shards.json_records import labels
from synthkit.shards.manifest import Manifest

__all__ = ["cut", "recording", "supervision"]

_TEXT = ("transcript", "text")
_OWN = ("speaker", "language", "gender")  # fields of a supervision that may be factors


def recording(clip: RawExample, layout: AudioLayout, path: str) -> dict[str, Any]:
    """The clip's file.

    Args:
        clip: The clip.
        layout: Its shape.
        path: Of its file, from the manifests' directory, with slashes.
    """
    return {
        "id": clip.id,
        "sources": [{"type": "file", "channels": [0], "source": path}],
        "sampling_rate": layout.sample_rate,
        "num_samples": layout.num_samples,
        "duration": _seconds(layout),
        "channel_ids": [0],
    }


def supervision(clip: RawExample, manifest: Manifest, layout: AudioLayout) -> dict[str, Any]:
    """What is known of the clip: text, speaker, language and gender where there are such, all columns in ``custom``."""
    columns = labels(clip.factors, clip.factor_indices.tolist(), clip.annotations, manifest.factors)
    found: dict[str, Any] = {
        "id": clip.id,
        "recording_id": clip.id,
        "start": 0.0,
        "duration": _seconds(layout),
        "channel": 0,
    }
    text = _text(columns)
    if text is not None:
        found["text"] = text
    found |= {name: str(columns[name]) for name in _OWN if name in columns}
    return found | {"custom": columns}


def cut(file: dict[str, Any], said: dict[str, Any], fingerprint: str) -> dict[str, Any]:
    """The whole clip, with its recording and its supervision, and the dataset's fingerprint in ``custom``.

    Args:
        file: What `recording` gave.
        said: What `supervision` gave.
        fingerprint: The dataset's.
    """
    return {
        "id": file["id"],
        "start": 0.0,
        "duration": file["duration"],
        "channel": 0,
        "supervisions": [said],
        "recording": file,
        "custom": {"fingerprint": fingerprint},
        "type": "MonoCut",
    }


def _seconds(layout: AudioLayout) -> float:
    return layout.num_samples / layout.sample_rate


def _text(columns: Mapping[str, Any]) -> str | None:
    """What is said, where the clips are speech."""
    for name in _TEXT:
        if isinstance(columns.get(name), str):
            return str(columns[name])
    return None
