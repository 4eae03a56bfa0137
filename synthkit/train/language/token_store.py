"""Ids on disk: made once, memory-mapped, named by what they were made of."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from synthkit.errors import InputError
from synthkit.records import TextExample
from synthkit.train.language.codec import Codec, Ids, UnknownSymbolError
from synthkit.train.language.frames import Frames
from synthkit.train.language.ids import Ints, Pairs, Tokenized
from synthkit.train.language.rationales import TeacherColumn
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.texts import Texts
from synthkit.train.language.wording import Wording

__all__ = ["Tokenized", "tokenized"]

_FORMAT = 2  # of the files; part of their names
_ROWS = 32_768  # examples in a shard
_CHUNK = 2048
_IDS = pa.list_(pa.int32())
_SCHEMA = pa.schema(
    [
        ("input", _IDS),
        ("target", _IDS),
        ("label", pa.int64()),
        ("row", pa.int64()),
        ("second_input", _IDS),
        ("second_target", _IDS),
        ("teacher", pa.list_(pa.float32())),
    ]
)


def tokenized(
    experiment: LanguageExperiment,
    texts: Texts,
    codec: Codec,
    limit: int | None,
    folder: Path,
    *,
    answers: bool = True,
    on_progress: Callable[[int, int], None] | None = None,
) -> Tokenized:
    """Ids of all texts of a split.

    Args:
        experiment: What is asked and answered.
        texts: The texts.
        codec: Makes ids of them.
        limit: Most ids that the model takes; None where there is no limit.
        folder: Where ids are kept.
        answers: Whether answers are wanted, as for training; classes always are.
        on_progress: Told of texts done and of all of them.

    Raises:
        InputError: A text is too long, has no explanation or a symbol or class that there is not.
    """
    maker = _Maker(experiment, texts, codec, limit, answers)
    place = folder / maker.key
    place.mkdir(parents=True, exist_ok=True)
    shards = []
    for first in range(0, len(texts), _ROWS):
        path = place / f"{first // _ROWS:05d}.arrow"
        if not path.is_file():
            _write(path, maker.shard(first, min(first + _ROWS, len(texts)), on_progress))
        shards.append(path)
    return _read(shards)


class _Maker:
    def __init__(
        self, experiment: LanguageExperiment, texts: Texts, codec: Codec, limit: int | None, answers: bool
    ) -> None:
        self.head, self.tokens = experiment.model.head, experiment.tokens
        self.texts, self.codec, self.answers = texts, codec, answers and self.head != "classification"
        self.classes = {label: number for number, label in enumerate(texts.labels or ())}
        if self.head == "classification" and not self.classes:
            raise InputError(f"{texts.source}: its answers are no classes; use model.head=seq2seq or causal")
        self.wording = Wording(experiment, texts, codec.mask)
        self.frames = Frames(experiment, texts, codec, limit, answers=self.answers)
        self.teacher = TeacherColumn(texts) if answers and experiment.explanations.soft > 0 else None

    @property
    def key(self) -> str:
        """Of everything that the ids depend on."""
        said = [_FORMAT, self.texts.identity, self.codec.identity, self.head, self.answers]
        said += [self.wording.identity(answers=self.answers), self.teacher is not None]
        said += [self.frames.limit, self.tokens.too_long, self.texts.labels]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]

    def shard(self, first: int, last: int, on_progress: Callable[[int, int], None] | None) -> pa.Table:
        """Rows of the examples from ``first`` to ``last`` - 1."""
        parts = []
        for start in range(first, last, _CHUNK):
            examples = self.texts.part(start, min(start + _CHUNK, last))
            parts.append(pa.Table.from_pylist(list(self._rows(examples, start)), schema=_SCHEMA))
            if on_progress is not None:
                on_progress(start + len(examples), len(self.texts))
        return pa.concat_tables(parts).combine_chunks()

    def _rows(self, examples: list[TextExample], first: int) -> Iterator[dict[str, object]]:
        index = range(first, first + len(examples))
        asked = [self.wording.question(example, i) for example, i in zip(examples, index, strict=True)]
        said = self.wording.answers(examples, first) if self.answers else [""] * len(examples)
        pairs = zip(self._encoded(asked, first), self._encoded(said, first), strict=True)
        known = zip(examples, index, pairs, self._second(examples, first), strict=True)
        for example, i, (question, answer), (second_input, second_target) in known:
            about = {
                "label": self._label(example, i),
                "row": i,
                "second_input": second_input,
                "second_target": second_target,
                "teacher": [] if self.teacher is None else self.teacher.probabilities(example, i),
            }
            for inside, target in self.frames.of(question, answer, i):
                yield {"input": inside, "target": target, **about}

    def _second(self, examples: list[TextExample], first: int) -> list[tuple[Ids, Ids]]:
        """Ids of each example's second task, empty where it has none."""
        tasks = [self.wording.second(e, first + k) if self.answers else None for k, e in enumerate(examples)]
        asked = self._encoded(["" if task is None else task.question for task in tasks], first)
        said = self._encoded(["" if task is None else task.said for task in tasks], first)
        return [
            ([], []) if task is None else next(self.frames.of(question, answer, first + k))
            for k, (task, question, answer) in enumerate(zip(tasks, asked, said, strict=True))
        ]

    def _encoded(self, texts: list[str], first: int) -> list[Ids]:
        """Ids of texts that belong to the examples from ``first`` on."""
        if not any(texts):
            return [[] for _ in texts]
        try:
            return self.codec.encode(texts)
        except UnknownSymbolError as error:
            raise InputError(
                f"{self.texts.where(first + error.place)}: symbol {error.symbol!r} is in no training text; "
                "use tokens.scheme=own, or training texts that have all symbols"
            ) from None

    def _label(self, example: TextExample, index: int) -> int:
        if self.head != "classification":
            return -1
        if example.target not in self.classes:
            named = ", ".join(list(self.classes)[:12])
            raise InputError(
                f"{self.texts.where(index)}: its answer {example.target!r} is no class of the dataset ({named})"
            )
        return self.classes[example.target]


def _write(path: Path, table: pa.Table) -> None:
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        with pa.OSFile(str(temporary), "wb") as file, pa.ipc.new_file(file, _SCHEMA) as writer:
            writer.write_table(table)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _read(paths: Sequence[Path]) -> Tokenized:
    tables = [pa.ipc.open_file(pa.memory_map(str(path))).read_all() for path in paths]
    inputs, input_starts = _flat([table["input"] for table in tables], np.int32)
    targets, target_starts = _flat([table["target"] for table in tables], np.int32)
    labels = np.concatenate([table["label"].to_numpy() for table in tables])
    rows = np.concatenate([table["row"].to_numpy() for table in tables])
    again = [_flat([table[f"second_{name}"] for table in tables], np.int32) for name in ("input", "target")]
    second = Pairs(*again[0], *again[1])
    teacher = _flat([table["teacher"] for table in tables], np.float32)[0]
    return Tokenized(
        inputs,
        input_starts,
        targets,
        target_starts,
        labels,
        rows,
        second if len(second.targets) else None,
        teacher.reshape(len(rows), -1) if len(teacher) else None,
    )


def _flat(columns: Sequence[pa.ChunkedArray], dtype: type[np.generic]) -> tuple[npt.NDArray[Any], Ints]:
    """Values of lists, one after the other, and where each begins; one shard's stay on disk until they are read."""
    chunks = [chunk for column in columns for chunk in column.chunks]
    values = [chunk.flatten().to_numpy(zero_copy_only=True) for chunk in chunks]
    sizes = [np.diff(chunk.offsets.to_numpy()) for chunk in chunks]
    starts = np.zeros(sum(map(len, sizes)) + 1, np.int64)
    if sizes:
        np.cumsum(np.concatenate(sizes), out=starts[1:])
    return values[0] if len(values) == 1 else np.concatenate([*values, np.empty(0, dtype)]), starts
