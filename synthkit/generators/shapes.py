"""Procedural shapes as sequences of tokens: an image of one shape, by `synthkit.ops.shapes`, and one of its factors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.images import check_patch, image_texts, longest_text, quantise, to_gray
from synthkit.generators.shape_checks import COLORS, Varied, canvas_problems, shade_problems, turn_problems
from synthkit.generators.text import exact_match
from synthkit.ops import shapes
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, FactorValue, Pool, Rows, Strings, TextBatch, TextExample, TextLayout, Verdict

__all__ = ["Shapes", "ShapesParams"]


class ShapesParams(Record):
    """Settings of a dataset of shapes. The second part holds the value of each factor that the recipe does not vary.

    Attributes:
        canvas: Height and width of the image, pixels.
        fineness: Points tried along each side of a pixel: 1 gives hard edges, more give smooth ones.
        channels: ``gray`` (ITU-R BT.601 luma of the colours) or ``rgb``.
        levels: Values are 0 to levels - 1.
        patch: Side of a square patch, pixels; divides the canvas.
        target: Factor that is asked for.
        allow_repeats: Let different factor values give one image: turns by which a shape comes onto itself, shades that
            fall on one level.
    """

    canvas: int = Field(default=16, ge=8, le=shapes.MAX_CANVAS)
    fineness: int = Field(default=4, ge=1, le=shapes.MAX_FINENESS)
    channels: Literal["gray", "rgb"] = "gray"
    levels: int = Field(default=256, ge=2, le=256)
    patch: int = Field(default=1, ge=1, le=shapes.MAX_CANVAS)
    target: Literal["shape", "size", "x", "y", "rotation", "color", "intensity", "background"] = "shape"
    allow_repeats: bool = False

    shape: Literal["square", "ellipse", "triangle", "cross", "heart"] = "square"
    size: float = Field(default=8.0, gt=0)
    x: float = 8.0
    y: float = 8.0
    rotation: float = Field(default=0.0, ge=-360, le=360)
    color: Literal["white", "red", "green", "blue", "yellow", "cyan", "magenta", "orange"] = "white"
    intensity: int = Field(default=255, ge=0, le=255)
    background: int = Field(default=0, ge=0, le=255)


class Shapes:
    """The generator ``shapes``; see `synthkit.ops.shapes.draw` for what each factor does.

    The shape is painted in round(intensity / 255 color), on a background of grey; what is between is mixed.
    """

    name: ClassVar[str] = "shapes"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "factors"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = ShapesParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {
        "shape": FactorSpec("", "Shape", names=shapes.SHAPES),
        "size": FactorSpec("px", "Diameter of the circle that the shape touches from inside", low=0, low_open=True),
        "x": FactorSpec("px", "Centre, from the left edge", low=0),
        "y": FactorSpec("px", "Centre, from the top edge", low=0),
        "rotation": FactorSpec("deg", "Turn, counter-clockwise", low=-360, high=360),
        "color": FactorSpec("", "Colour of the shape", names=tuple(COLORS)),
        "intensity": FactorSpec("1", "Brightness of the colour, full at 255", low=0, high=255, whole=True),
        "background": FactorSpec("1", "Grey level around the shape, white at 255", low=0, high=255, whole=True),
    }
    measured: tuple[FactorInfo, ...] = ()

    def __init__(self, recipe: Recipe, params: ShapesParams) -> None:
        self._params = params
        self._varied = Varied(recipe, params)

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> TextLayout:
        p = self._params
        longest = longest_text(p.canvas, p.canvas, self._channels, p.levels)
        values = self._varied.listed(p.target)
        labels = None if values is None else tuple(_as_text(value) for value in values)
        return TextLayout(rationale=False, labels=labels, bytes_per_example=longest + 8)

    @property
    def _channels(self) -> int:
        return 1 if self._params.channels == "gray" else 3

    def pools(self) -> Mapping[str, Pool]:
        return {}

    def problems(self) -> list[str]:
        p = self._params
        found = [*check_patch(p.patch, p.canvas, p.canvas), *self._varied.target_problems(p.target)]
        found += canvas_problems(self._varied, p.canvas)
        if not p.allow_repeats:
            found += turn_problems(self._varied)
        return found or shade_problems(self._varied, self._levels_of, repeats=p.allow_repeats)

    def make(self, rows: Rows) -> TextBatch:
        p = self._params

        def get(name: str) -> npt.NDArray[Any]:
            return rows.values[name] if name in rows.values else np.full(len(rows), getattr(p, name))

        images = shapes.draw(
            get("shape"),
            get("x"),
            get("y"),
            get("size"),
            get("rotation"),
            ink=self._ink(get("color"), get("intensity")),
            paper=self._paper(get("background")),
            canvas=p.canvas,
            fineness=p.fineness,
            threads=1,
        )
        return TextBatch(
            rows=rows,
            layout=self.layout,
            input=image_texts(quantise(images, p.levels), p.patch),
            target=Strings.of([_as_text(value) for value in get(p.target).tolist()]),
        )

    def _ink(self, colors: npt.NDArray[Any], intensity: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        """uint8 [n, channels]: the colours, dimmed, rounded to nearest."""
        full = np.empty((len(colors), 3), np.int64)
        for name, rgb in COLORS.items():
            full[colors == name] = rgb
        ink = ((full * intensity.astype(np.int64)[:, None] + 127) // 255).astype(np.uint8)
        return to_gray(ink) if self._channels == 1 else ink

    def _paper(self, background: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        """uint8 [n, channels]."""
        return np.repeat(background.astype(np.uint8)[:, None], self._channels, axis=1)

    def _levels_of(self, colors: npt.NDArray[Any], intensity: npt.NDArray[Any], background: npt.NDArray[Any]) -> Any:
        """Ink and paper as they are written, uint8 [n, channels] each."""
        levels = self._params.levels
        return quantise(self._ink(colors, intensity), levels), quantise(self._paper(background), levels)

    def score(self, prediction: str, example: TextExample) -> float:
        return exact_match(prediction, example)

    def explain(self, example: TextExample) -> str | None:
        del example
        return None

    def check(self, explanation: str, example: TextExample) -> Verdict:
        del explanation, example
        return Verdict(ok=False, reason="this task has no explanations")


def _as_text(value: FactorValue) -> str:
    """A name as it is; a number as short as it can be and still be itself: ``7``, ``5.5``."""
    return value if isinstance(value, str) else repr(float(value)).removesuffix(".0")
