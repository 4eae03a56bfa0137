"""Real images as sequences of tokens, to be told apart: digits, MNIST, CIFAR, folders of PNG, saved datasets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from synthkit.errors import InputError
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.images import (
    ImageSource,
    check_patch,
    content_hash,
    image_texts,
    longest_text,
    open_source,
    quantise,
    to_gray,
)
from synthkit.generators.text import exact_match, measured_names, measured_numbers, with_measured
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, Strings, TextBatch, TextExample, TextLayout, Verdict

__all__ = ["ImageSequence", "ImageSequenceParams"]

_TRAIN = "train"


class ImageSequenceParams(Record):
    """Settings of a dataset of images as text.

    Attributes:
        source_kind: ``digits`` (1,797 real ones of 8 x 8 pixels, with the package), ``mnist`` (idx files), ``cifar10``
            and ``cifar100`` (binary version, fine labels), ``folder`` (a sub-folder of PNG files for each class),
            ``datasets`` (a folder that ``Dataset.save_to_disk`` wrote).
        path: Folder of the files; empty for digits.
        sha256: What the images, labels and class names must hash to (`synthkit.generators.images.content_hash`); empty
            for anything.
        patch: Side of a square patch, pixels; divides both sides of the images.
        channels: ``gray`` (ITU-R BT.601 luma of colours) or ``rgb``; None for what the source has.
        levels: Values are 0 to levels - 1; None for as many as the source has (256; digits 17).
        image_column: Column of images of a saved dataset.
        label_column: Column of classes of a saved dataset.
    """

    source_kind: Literal["digits", "mnist", "cifar10", "cifar100", "folder", "datasets"] = "digits"
    path: str = ""
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    patch: int = Field(default=1, ge=1, le=1024)
    channels: Literal["gray", "rgb"] | None = None
    levels: int | None = Field(default=None, ge=2, le=256)
    image_column: str = Field(default="image", min_length=1)
    label_column: str = Field(default="label", min_length=1)


class ImageSequence:
    """The generator ``image_sequence``: an image as text, and the name of its class as the answer.

    The published parts are kept: a split named as a part of the source takes its images from there, any other from the
    part ``train``; sources without parts have one pool for all splits.
    """

    name: ClassVar[str] = "image_sequence"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "items"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = ImageSequenceParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {}

    def __init__(self, recipe: Recipe, params: ImageSequenceParams) -> None:
        self._recipe = recipe
        self._params = params

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @cached_property
    def _source(self) -> ImageSource:
        p = self._params
        try:
            return open_source(p.source_kind, p.path, image_column=p.image_column, label_column=p.label_column)
        except InputError as error:
            raise InputError(f"params.path: {error}") from None

    @property
    def _channels(self) -> int:
        return {"gray": 1, "rgb": 3, None: self._source.shape.channels}[self._params.channels]

    @property
    def _levels(self) -> int:
        return self._params.levels or self._source.shape.maximum + 1

    @property
    def layout(self) -> TextLayout:
        shape, classes = self._source.shape, self._source.classes
        longest = longest_text(shape.height, shape.width, self._channels, self._levels)
        return TextLayout(rationale=False, labels=classes, bytes_per_example=longest + max(map(len, classes)))

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        last = max(self._source.parts.values()) - 1
        return (
            measured_names("label", "Class of the image", self._source.classes),
            measured_numbers("image", "Position of the image in its part of the source, from 0", low=0, high=last),
        )

    def pools(self) -> Mapping[str, Pool]:
        return {split: Pool(part, self._source.parts[part]) for split, part in self._parts_of_splits().items()}

    def _parts_of_splits(self) -> dict[str, str]:
        parts = self._source.parts
        if len(parts) == 1:
            return dict.fromkeys(self._recipe.split_names, next(iter(parts)))
        return {split: split if split in parts else _TRAIN for split in self._recipe.split_names}

    def problems(self) -> list[str]:
        p = self._params
        if p.source_kind != "datasets" and (p.image_column, p.label_column) != ("image", "label"):
            return [f"params.image_column: columns are for source_kind 'datasets', not {p.source_kind!r}"]
        try:
            found = [f"params.path: {line}" for line in self._source.problems()]
            return found or [*self._shape_problems(), *self._part_problems()] or self._hash_problems()
        except InputError as error:
            return [str(error)]

    def _shape_problems(self) -> list[str]:
        shape = self._source.shape
        found = check_patch(self._params.patch, shape.height, shape.width)
        if self._channels > shape.channels:
            found.append("params.channels: the images are grey; use 'gray', or leave it out")
        if self._levels > shape.maximum + 1:
            found.append(f"params.levels: the images have {shape.maximum + 1} levels, not {self._levels}; use no more")
        return found

    def _part_problems(self) -> list[str]:
        known = self._source.parts
        return [
            f"splits.{split}: the source has no part {part!r} to take it from; it has: {', '.join(known)}"
            for split, part in self._parts_of_splits().items()
            if part not in known
        ]

    def _hash_problems(self) -> list[str]:
        wanted = self._params.sha256
        found = content_hash(self._source) if wanted else ""
        if found == wanted:
            return []
        return [f"params.sha256: the images hash to {found}, not {wanted}: these are not the images that were meant"]

    def make(self, rows: Rows) -> TextBatch:
        if rows.item is None:
            raise InputError("image_sequence: rows need an item each")
        images, labels = self._source.read(self._parts_of_splits()[rows.split], rows.item)
        if self._channels < images.shape[3]:
            images = to_gray(images)
        images = quantise(images, self._levels, self._source.shape.maximum)
        return TextBatch(
            rows=with_measured(rows, self.measured, {"label": labels, "image": rows.item}),
            layout=self.layout,
            input=image_texts(images, self._params.patch),
            target=Strings.of([self._source.classes[k] for k in labels.tolist()]),
        )

    def score(self, prediction: str, example: TextExample) -> float:
        return exact_match(prediction, example)

    def explain(self, example: TextExample) -> str | None:
        del example
        return None

    def check(self, explanation: str, example: TextExample) -> Verdict:
        del explanation, example
        return Verdict(ok=False, reason="this task has no explanations")
