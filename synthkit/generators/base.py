"""What a generator is: a class with its parameters, the factors it knows, its checks, and what makes examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, Self, TypeGuard

import numpy as np
import numpy.typing as npt

from synthkit.llm.dialogue import Dialogue
from synthkit.llm.log import Replies
from synthkit.llm.options import ModelOptions, ServiceOptions
from synthkit.llm.prompt import Prompt
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import (
    Annotations,
    AudioLayout,
    EngineInfo,
    FactorInfo,
    Pool,
    Rows,
    TextBatch,
    TextExample,
    TextLayout,
    Verdict,
)

__all__ = [
    "Asking",
    "AudioGenerator",
    "Backed",
    "EngineBacked",
    "FactorSpec",
    "Generator",
    "Noted",
    "Source",
    "TextGenerator",
    "has_backends",
    "has_engine",
    "has_notes",
    "has_questions",
]

Source = Literal["factors", "items", "attempts"]


@dataclass(frozen=True, slots=True)
class FactorSpec:
    """A factor that a generator knows.

    Attributes:
        unit: Unit of its values; ``1`` for pure numbers, empty for names.
        description: What it is, one line.
        low: Smallest allowed number.
        high: Largest allowed number.
        low_open: The smallest number itself is refused.
        high_open: The largest number itself is refused.
        names: Allowed names, for a categorical factor; None for numbers.
        whole: Only whole numbers are allowed.
        repetition: Its levels only count repetitions and mean nothing by themselves: nothing can find them.
    """

    unit: str
    description: str
    low: float = -np.inf
    high: float = np.inf
    low_open: bool = False
    high_open: bool = False
    names: tuple[str, ...] | None = None
    whole: bool = False
    repetition: bool = False


class AudioGenerator(Protocol):
    """A generator of audio clips, bound to one recipe.

    The same row gives the same samples whatever batch it is in: everything is a function of the row's factor values
    and of keys derived from (recipe seed, recipe name, split, index).
    """

    name: ClassVar[str]
    content: ClassVar[Literal["audio"]]
    Params: ClassVar[type[Record]]
    factors: ClassVar[Mapping[str, FactorSpec]]

    @property
    def layout(self) -> AudioLayout:
        """Shape of every clip, and the annotations beside it."""

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        """The generator for one recipe; ``params`` is an instance of ``Params``."""

    def problems(self) -> list[str]:
        """What is wrong with the recipe as a whole, one line each, ``path: what``; empty where nothing is."""

    def render(self, rows: Rows, out: npt.NDArray[Any]) -> Annotations | None:
        """Write the clips of the rows.

        Args:
            rows: Factor values of n examples.
            out: [n, num_samples] of the layout's dtype; rows may be apart in memory, samples are not.

        Returns:
            The layout's annotations: name -> n values; None or nothing where it has none.

        Raises:
            ExamplesError: Some of them could not be made; all that fail are named.
        """


class TextGenerator(Protocol):
    """A generator of texts with a right answer, bound to one recipe: a task.

    ``source`` says what makes two examples different:

    * ``factors``: the factor values alone, as with audio; a grid has each combination once.
    * ``items``: an item out of a finite pool (`pools`), in ``Rows.item``; splits take different items.
    * ``attempts``: random draws. ``Rows.attempt`` says which draw of the example counts: of the draws 0, 1, 2, ... the
      first whose input belongs to the example's split (by its hash), meets all that the recipe asks for and occurs at
      no smaller index.

    The same row gives the same texts whatever batch it is in.
    """

    name: ClassVar[str]
    content: ClassVar[Literal["text"]]
    source: ClassVar[Source]
    Params: ClassVar[type[Record]]
    factors: ClassVar[Mapping[str, FactorSpec]]

    @property
    def layout(self) -> TextLayout:
        """Which columns there are."""

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        """Factors that are measured on the text, in the order in which `make` adds them to the rows."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of this data, e.g. what was left out of a file; shown on the card."""

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        """The generator for one recipe; ``params`` is an instance of ``Params``."""

    def problems(self) -> list[str]:
        """What is wrong with the recipe as a whole, one line each, ``path: what``; empty where nothing is."""

    def pools(self) -> Mapping[str, Pool]:
        """Split -> the pool that its items come from; empty unless ``source`` is ``items``."""

    def make(self, rows: Rows) -> TextBatch:
        """The texts of the rows, with the measured factors beside the recipe's."""

    def score(self, prediction: str, example: TextExample) -> float:
        """How right a prediction is, 0 to 1; 1 for the target itself, less for anything that says something else."""

    def explain(self, example: TextExample) -> str | None:
        """An explanation of the example's answer, from its input alone; None for tasks without explanations."""

    def check(self, explanation: str, example: TextExample) -> Verdict:
        """Replay an explanation, also one that a model wrote, and name its first wrong step."""


class EngineBacked(Protocol):
    """A generator whose examples are made by an engine that is not part of synthkit."""

    @property
    def engine(self) -> EngineInfo | None:
        """What makes the examples here and now, and what it promises; None where it is synthkit after all."""

    @property
    def engine_ready(self) -> bool:
        """Whether it can make examples at once, without a download."""


class Asking(Protocol):
    """A generator of texts that asks a language model; its examples are made from the log of the answers.

    Attributes:
        incidental: Parameters that change no example, such as the address of a service.
    """

    incidental: ClassVar[tuple[str, ...]]

    @property
    def asks(self) -> bool:
        """Whether it asks at all, by its parameters."""

    @property
    def model(self) -> ModelOptions:
        """Which model is asked."""

    @property
    def service(self) -> ServiceOptions:
        """Where it is."""

    @property
    def prompt(self) -> Prompt:
        """What it is asked."""

    def dialogues(self, rows: Rows) -> list[Dialogue[Any]]:
        """What is asked about rows of a split; may be nothing."""

    def reading(self, replies: Replies, everything: Callable[[], Iterable[Rows]]) -> TextGenerator:
        """The same generator, with answers out of a log.

        Args:
            replies: The answers.
            everything: All rows of the dataset, in order.
        """


class Noted(Protocol):
    """A generator that has something to say about its data."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know, one line each; shown on the card."""


class Backed(Protocol):
    """A generator of clips that several backends can make."""

    name: ClassVar[str]
    backends: ClassVar[tuple[str, ...]]

    def on(self, backend: str) -> AudioGenerator:
        """The same generator with another backend, one of ``backends``."""


Generator = AudioGenerator | TextGenerator


def has_engine(generator: object) -> TypeGuard[EngineBacked]:
    """Whether an engine makes its examples; asks the class, for the engine itself may have to load or download much."""
    return hasattr(type(generator), "engine")


def has_questions(generator: object) -> TypeGuard[Asking]:
    """Whether it asks a language model."""
    return hasattr(type(generator), "dialogues") and bool(getattr(generator, "asks", False))


def has_backends(generator: object) -> TypeGuard[Backed]:
    """Whether there is a choice of backends."""
    return hasattr(type(generator), "backends")


def has_notes(generator: object) -> TypeGuard[Noted]:
    """Whether it has something to say about its data."""
    return hasattr(type(generator), "notes")
