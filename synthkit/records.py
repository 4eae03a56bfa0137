"""Small frozen records that pass from one stage to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from synthkit.errors import WorkError

__all__ = [
    "Annotation",
    "AnnotationDtype",
    "AnnotationValue",
    "Annotations",
    "AudioBatch",
    "AudioExample",
    "AudioLayout",
    "DatasetInfo",
    "EngineInfo",
    "Example",
    "FactorInfo",
    "FactorKind",
    "FactorValue",
    "FileRecord",
    "Layout",
    "Pool",
    "Rows",
    "SampleFormat",
    "ShardRecord",
    "SplitInfo",
    "Strings",
    "TextBatch",
    "TextExample",
    "TextLayout",
    "Verdict",
]

_MAX_STRING_BYTES = 2**31 - 1

FactorValue = str | int | float
FactorKind = Literal["categorical", "ordinal", "continuous"]
SampleFormat = Literal["pcm16", "float32"]
AnnotationDtype = Literal["string", "int64", "float64", "strings", "floats"]
AnnotationValue = str | int | float | list[str] | list[float]
Annotations = Mapping[str, Sequence[AnnotationValue]]


@dataclass(frozen=True, slots=True)
class Rows:
    """Which examples, and their factor values: what a plan gives and a generator takes.

    Attributes:
        split: Name of the split.
        index: int64 [n], index of each example in its split.
        values: Factor name -> values of shape [n] (float64, int64 or str), in the recipe's order.
        indices: int64 [n, K], level of each factor; -1 where a factor has no levels.
        item: int64 [n], which of a finite pool's items each example is; None for generators without a pool.
        attempt: uint32 [n], which draw of each example counts (the first that is new in its split and meets all that
            is asked for); None for generators that draw nothing.
    """

    split: str
    index: npt.NDArray[np.int64]
    values: Mapping[str, npt.NDArray[Any]]
    indices: npt.NDArray[np.int64]
    item: npt.NDArray[np.int64] | None = None
    attempt: npt.NDArray[np.uint32] | None = None

    def __len__(self) -> int:
        return len(self.index)

    @property
    def ids(self) -> list[str]:
        """``<split>-<index>`` of each example."""
        return [f"{self.split}-{i:08d}" for i in self.index.tolist()]


@dataclass(frozen=True, slots=True)
class Annotation:
    """A column beside the factors: what is known of an example, but was not chosen as a factor.

    Attributes:
        name: Column name.
        dtype: ``string``, ``int64``, ``float64``, or a list in each example: ``strings`` or ``floats``.
        unit: Unit of the values, e.g. ``s``; empty for texts, ``1`` for pure numbers.
        description: What it is, one line.
    """

    name: str
    dtype: AnnotationDtype
    unit: str
    description: str


@dataclass(frozen=True, slots=True)
class AudioLayout:
    """Shape of every clip of a dataset.

    Attributes:
        num_samples: Samples in a clip.
        sample_rate: Samples per second, Hz.
        sample_format: ``pcm16`` (int16) or ``float32``, little-endian.
        annotations: Columns beside the factors, in order.
    """

    num_samples: int
    sample_rate: int
    sample_format: SampleFormat
    annotations: tuple[Annotation, ...] = ()

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype("<i2" if self.sample_format == "pcm16" else "<f4")

    @property
    def bytes_per_example(self) -> int:
        return self.num_samples * self.dtype.itemsize


@dataclass(frozen=True, slots=True)
class TextLayout:
    """Columns of a text dataset: ``input`` and ``target``, and ``rationale`` where there are explanations.

    Attributes:
        rationale: Whether there is a column of explanations; it may be empty in a row.
        labels: All targets that there can be, for a classification; None for other tasks.
        bytes_per_example: About how long an example is, in bytes.
        annotations: Columns beside the factors, in order.
    """

    rationale: bool
    labels: tuple[str, ...] | None
    bytes_per_example: int
    annotations: tuple[Annotation, ...] = ()


Layout = AudioLayout | TextLayout


@dataclass(frozen=True, slots=True)
class Strings:
    """Texts side by side, as Arrow lays them out.

    Attributes:
        offsets: int32 [n + 1]; text i is ``data[offsets[i]:offsets[i + 1]]``.
        data: uint8 [bytes], UTF-8.
    """

    offsets: npt.NDArray[np.int32]
    data: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Strings:
        """Texts given one by one.

        Raises:
            WorkError: Together they are longer than 2^31 - 1 bytes.
        """
        encoded = [text.encode() for text in texts]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(text) for text in encoded], out=offsets[1:])
        if offsets[-1] > _MAX_STRING_BYTES:
            raise WorkError(f"a batch of texts has {offsets[-1]} bytes; at most {_MAX_STRING_BYTES}")
        return cls(offsets.astype(np.int32), np.frombuffer(b"".join(encoded), np.uint8))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def tolist(self) -> list[str]:
        """The texts one by one."""
        whole, ends = self.data.tobytes(), self.offsets.tolist()
        return [whole[start:end].decode() for start, end in pairwise(ends)]


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Texts with their factors, those of the recipe and those measured on the text.

    Attributes:
        rows: The examples' factors, the recipe's first, then the measured ones.
        layout: Which columns there are.
        input: What a model is given.
        target: What it is to answer.
        rationale: Explanations, empty where an example has none; None where the layout has none.
        annotations: Name -> n values, for each of the layout's annotations.
    """

    rows: Rows
    layout: TextLayout
    input: Strings
    target: Strings
    rationale: Strings | None = None
    annotations: Annotations = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pool:
    """A finite stock of items that examples are drawn from without replacement.

    Attributes:
        name: Splits whose pools have the same name share its items and never overlap.
        size: Number of items.
    """

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a checker says of an explanation.

    Attributes:
        ok: Every step is right and none is missing.
        step: The first wrong step, counted from 1; None where all are right.
        reason: What is wrong with it; empty where all is right.
    """

    ok: bool
    step: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The engine that made a dataset, and what it promises.

    Attributes:
        name: e.g. ``espeak-ng``.
        version: Its version, as it says itself.
        model: Name of the model or data that it uses.
        model_hash: ``sha256:<64 hex>`` over the model's files.
        license: SPDX identifier of the engine and, where another, of the model.
        reproducible: ``bits``: the same on any machine. ``engine``: the same with the same engine, version and model on
            the same kind of machine. ``replay``: the same from the log of what it answered.
        details: What else it was told, e.g. a prompt and its hash.
    """

    name: str
    version: str
    model: str
    model_hash: str
    license: str
    reproducible: Literal["bits", "engine", "replay"]
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AudioBatch:
    """Clips side by side with their factors.

    Attributes:
        rows: The examples' factors.
        layout: Shape of a clip.
        wav: uint8 [n, header + clip bytes], each row a whole WAV file.
        samples: [n, num_samples] of the layout's dtype, a view into ``wav``.
        annotations: Name -> n values, for each of the layout's annotations.
    """

    rows: Rows
    layout: AudioLayout
    wav: npt.NDArray[np.uint8]
    samples: npt.NDArray[Any]
    annotations: Annotations = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """One example as its user sees it.

    Attributes:
        id: Unique in the dataset, ``<split>-<index>``.
        factors: Factor name -> value.
        factor_indices: int64 [K], level of each factor; -1 where a factor has no levels.
    """

    id: str
    factors: dict[str, FactorValue]
    factor_indices: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class AudioExample(Example):
    """One clip.

    Attributes:
        audio: float32 [T], full scale is 1.
        sample_rate: Samples per second, Hz.
        annotations: Name -> value: what is known of the clip beside its factors, e.g. phonemes and their times.
    """

    audio: npt.NDArray[np.float32]
    sample_rate: int
    annotations: Mapping[str, AnnotationValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextExample(Example):
    """One text.

    Attributes:
        input: What a model is given.
        target: What it is to answer.
        rationale: An explanation of the answer, None where there is none.
        annotations: Name -> value: what is known of the text beside its factors, e.g. scores of its words.
    """

    input: str
    target: str
    rationale: str | None
    annotations: Mapping[str, AnnotationValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A finished file. ``path`` is relative to the dataset's directory, with ``/``."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """A finished shard: all that travels back from a worker.

    Attributes:
        split: Name of the split.
        number: Position among the split's shards.
        first: Index in the split of the shard's first example.
        rows: Examples in it.
        files: Its files; the first is the one that a reader opens (parquet, or an audio folder's metadata).
    """

    split: str
    number: int
    first: int
    rows: int
    files: tuple[FileRecord, ...]


@dataclass(frozen=True, slots=True)
class FactorInfo:
    """What a factor is, for cards and readers.

    Attributes:
        name: Column name.
        kind: ``categorical``, ``ordinal`` or ``continuous``.
        unit: Unit of the values, e.g. ``Hz``; empty for pure names, ``1`` for pure numbers.
        spec: How the values were chosen, in words, e.g. ``linspace 200 to 2594, 400 levels``.
        levels: Number of levels, None where values are drawn from a range.
        values: The levels, None where there are none or more than 1000.
        measured: Measured on the finished example, not chosen by the recipe.
        repetition: Its levels only count repetitions (takes) and mean nothing by themselves.
    """

    name: str
    kind: FactorKind
    unit: str
    spec: str
    levels: int | None
    values: tuple[FactorValue, ...] | None
    dtype: Literal["string", "int64", "float64"]
    description: str = ""
    measured: bool = False
    repetition: bool = False


@dataclass(frozen=True, slots=True)
class SplitInfo:
    """A split and the shards that hold it, in order."""

    name: str
    num_examples: int
    shards: tuple[ShardRecord, ...]

    @property
    def num_bytes(self) -> int:
        return sum(f.bytes for s in self.shards for f in s.files)


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """All that a card, a manifest and a Croissant file say about a finished dataset.

    Attributes:
        name: The recipe's name.
        version: The recipe's version.
        title: One line about the dataset.
        description: Longer text, Markdown; may be empty.
        notes: Known defects and cautions, one a line; may be empty.
        license: SPDX identifier.
        citation: BibTeX or plain text; may be empty.
        generator: Name of the generator.
        seed: The recipe's seed.
        format: ``parquet``, ``wav``, ``flac``, ``jsonl``, ``tsv`` or ``webdataset``.
        content: ``audio`` or ``text``.
        layout: Shape of the clips, or columns of the texts.
        factors: The factors in the recipe's order.
        splits: The splits in the recipe's order.
        fingerprint: ``sha256:<64 hex>``.
        reproducible: ``bits``, ``engine`` or ``replay``.
        engine: What made the examples, where it was not synthkit itself.
        audit: What was measured of an engine's examples, as a section of the card, Markdown; may be empty.
        statistics: Split -> factor -> mean, std, min and max of numbers, and ``counts`` of levels.
        baselines: Factor -> accuracy of always guessing its most common level in train, on the last split.
        task_baselines: Baseline -> split -> accuracy of trivial guesses of the target, for text.
        versions: Package -> version that made the data.
    """

    name: str
    version: str
    title: str
    description: str
    notes: tuple[str, ...]
    license: str
    citation: str
    generator: str
    seed: int
    format: str
    content: Literal["audio", "text"]
    layout: Layout
    factors: tuple[FactorInfo, ...]
    splits: tuple[SplitInfo, ...]
    fingerprint: str
    reproducible: Literal["bits", "engine", "replay"]
    engine: EngineInfo | None = None
    audit: str = ""
    statistics: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    baselines: Mapping[str, float] = field(default_factory=dict)
    task_baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def num_examples(self) -> int:
        return sum(s.num_examples for s in self.splits)

    @property
    def num_bytes(self) -> int:
        return sum(s.num_bytes for s in self.splits)
