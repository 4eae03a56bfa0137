"""Ids on disk: made once, memory-mapped, named by what they were made of."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from synthkit.errors import InputError
from synthkit.records import TextExample
from synthkit.seeds import derive_key, split_word, uniforms
from synthkit.train.language.codec import Codec, Ids, PatchCodec, UnknownSymbolError
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.texts import Texts

__all__ = ["Tokenized", "tokenized"]

_FORMAT = 1  # of the files; part of their names
_ROWS = 32_768  # examples in a shard
_CHUNK = 2048
_SCHEMA = pa.schema(
    [("input", pa.list_(pa.int32())), ("target", pa.list_(pa.int32())), ("label", pa.int64()), ("row", pa.int64())]
)


@dataclass(frozen=True, slots=True)
class Tokenized:
    """Ids of all texts of a split.

    Attributes:
        inputs: Flat ids of the questions, with special ones; int32.
        input_starts: int64 [R + 1]; row r is ``inputs[input_starts[r]:input_starts[r + 1]]``.
        targets: The same of the answers; empty rows for classification.
        target_starts: int64 [R + 1].
        labels: Class of each row, -1 where there is none: int64 [R].
        rows: Example of each row: int64 [R]. A text that is read in windows has several rows.
    """

    inputs: npt.NDArray[np.int32]
    input_starts: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int32]
    target_starts: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Ids of question and answer of each row, together."""
        return np.diff(self.input_starts) + np.diff(self.target_starts)

    def input(self, row: int) -> npt.NDArray[np.int32]:
        """Ids of a question."""
        return self.inputs[self.input_starts[row] : self.input_starts[row + 1]]

    def target(self, row: int) -> npt.NDArray[np.int32]:
        """Ids of an answer."""
        return self.targets[self.target_starts[row] : self.target_starts[row + 1]]


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
        self.head, self.tokens, self.explanations = experiment.model.head, experiment.tokens, experiment.explanations
        self.texts, self.codec, self.answers = texts, codec, answers and self.head != "classification"
        lengths = [n for n in (limit, experiment.tokens.max_length) if n is not None]
        self.limit = min(lengths) if lengths else None
        self.classes = {label: number for number, label in enumerate(texts.labels or ())}
        self.draw_key = derive_key(experiment.seed, experiment.name, "explained")
        if self.head == "classification" and not self.classes:
            raise InputError(f"{texts.source}: its answers are no classes; use model.head=seq2seq or causal")

    @property
    def key(self) -> str:
        """Of everything that the ids depend on."""
        chosen = self.explanations.model_dump() if self.answers else {}
        draw = self.draw_key if self.explanations.share is not None else 0
        said = [_FORMAT, self.texts.identity, self.codec.identity, self.head, self.answers, chosen, draw]
        said += [self.limit, self.tokens.too_long, self.texts.labels]
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
        said = self._said(examples, first) if self.answers else []
        try:
            questions = self.codec.encode([example.input for example in examples])
            answers = self.codec.encode(said) if said else [[] for _ in examples]
        except UnknownSymbolError as error:
            raise InputError(
                f"{self.texts.where(first + error.place)}: symbol {error.symbol!r} is in no training text; "
                "use tokens.scheme=own, or training texts that have all symbols"
            ) from None
        for place, (example, question, answer) in enumerate(zip(examples, questions, answers, strict=True)):
            label = self._label(example, first + place)
            for inside, target in self._framed(question, answer, first + place):
                yield {"input": inside, "target": target, "label": label, "row": first + place}

    def _framed(self, question: Ids, answer: Ids, index: int) -> Iterator[tuple[Ids, Ids]]:
        """With special ids; in windows where that is asked for."""
        special, end = self.codec.special, [] if self.codec.special.end is None else [self.codec.special.end]
        target: Ids = []
        if self.head in ("causal", "masked"):
            question = [*question, *self.codec.separator]
        if self.head == "masked":
            question, answer = [*question, *answer], []
        if self.answers and self.head == "causal":
            target = [*answer, *end]
        elif self.answers and self.head == "seq2seq":
            target = [*special.before, *answer, *(special.after or end)]
        if isinstance(self.codec, PatchCodec):
            yield self._patches(question, index), target
            return
        frame = len(special.before) + len(special.after)
        room = None if self.limit is None else self.limit - frame - (len(target) if self.head == "causal" else 0)
        for part in self._windows(question, room, index, len(question) + frame + len(target)):
            yield [*special.before, *part, *special.after], target
        if self.limit is not None and self.head == "seq2seq" and len(target) > self.limit:
            raise self._too_long(index, len(target), "answer")

    def _windows(self, ids: Ids, room: int | None, index: int, length: int) -> list[Ids]:
        if room is None or len(ids) <= room:
            return [ids]
        if self.tokens.too_long == "refuse" or room < 2:
            raise self._too_long(index, length, "text")
        step = room // 2
        starts = [*range(0, len(ids) - room, step), len(ids) - room]
        return [ids[start : start + room] for start in starts]

    def _too_long(self, index: int, length: int, what: str) -> InputError:
        ways = "choose shorter texts or a model that takes more"
        if self.head == "classification":
            ways = f"read it in windows (tokens.too_long=window), or {ways}"
        return InputError(
            f"{self.texts.where(index)}: its {what} has {length} tokens, the limit is {self.limit}; nothing is cut "
            f"off: {ways}"
        )

    def _patches(self, numbers: Ids, index: int) -> Ids:
        patch = self.tokens.patch
        if len(numbers) % patch or not numbers:
            raise InputError(f"{self.texts.where(index)}: {len(numbers)} numbers are no whole patches of {patch}")
        frame = len(self.codec.special.before) + len(self.codec.special.after)
        if self.limit is not None and len(numbers) // patch + frame > self.limit:
            raise self._too_long(index, len(numbers) // patch + frame, "text")
        return numbers

    def _label(self, example: TextExample, index: int) -> int:
        if self.head != "classification":
            return -1
        if example.target not in self.classes:
            named = ", ".join(list(self.classes)[:12])
            raise InputError(
                f"{self.texts.where(index)}: its answer {example.target!r} is no class of the dataset ({named})"
            )
        return self.classes[example.target]

    def _said(self, examples: list[TextExample], first: int) -> list[str]:
        """What the model is to answer."""
        e = self.explanations
        if e.target == "answer":
            return [example.target for example in examples]
        if e.target == "mixed" and e.share is None:
            return [example.rationale or example.target for example in examples]
        index = np.arange(first, first + len(examples))
        lucky = np.ones(len(examples), bool)
        if e.share is not None:
            lucky = uniforms(self.draw_key, split_word(self.texts.split), index)[:, 0] < e.share
        pairs = zip(examples, lucky, strict=True)
        return [
            self._explained(example, first + i) if yes else example.target for i, (example, yes) in enumerate(pairs)
        ]

    def _explained(self, example: TextExample, index: int) -> str:
        found = example.rationale or self.texts.task.explain(example)
        if not found:
            raise InputError(f"{self.texts.where(index)}: has no explanation; use explanations.target=answer")
        return found


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
    inputs, input_starts = _flat([table["input"] for table in tables])
    targets, target_starts = _flat([table["target"] for table in tables])
    labels = np.concatenate([table["label"].to_numpy() for table in tables])
    rows = np.concatenate([table["row"].to_numpy() for table in tables])
    return Tokenized(inputs, input_starts, targets, target_starts, labels, rows)


def _flat(columns: Sequence[pa.ChunkedArray]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Values of lists, one after the other, and where each begins; one shard's stay on disk until they are read."""
    chunks = [chunk for column in columns for chunk in column.chunks]
    values = [chunk.flatten().to_numpy(zero_copy_only=True) for chunk in chunks]
    sizes = [np.diff(chunk.offsets.to_numpy()) for chunk in chunks]
    starts = np.zeros(sum(map(len, sizes)) + 1, np.int64)
    if sizes:
        np.cumsum(np.concatenate(sizes), out=starts[1:])
    return values[0] if len(values) == 1 else np.concatenate([*values, np.empty(0, np.int32)]), starts
