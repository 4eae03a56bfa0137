"""Everything that is checked before a byte is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from synthkit.errors import InputError
from synthkit.generators import Generator
from synthkit.generators.base import has_engine, has_notes, has_questions
from synthkit.generators.resolve import bind, needs_factors, resolve
from synthkit.llm.log import open_replies
from synthkit.plan import Plan, make_plan
from synthkit.recipe import Recipe
from synthkit.records import AudioLayout, EngineInfo, FactorInfo, Rows
from synthkit.run.attempts import ATTEMPTS, Attempts, AttemptSearch, read_attempts
from synthkit.shards.formats import WRITERS
from synthkit.storage import Storage

__all__ = ["FLAC_MAX_RATE", "Prepared", "bound", "prepare"]

FLAC_MAX_RATE = 655350
_ROWS = 2048


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked recipe and what follows from it."""

    recipe: Recipe
    generator: Generator
    plan: Plan

    @property
    def factors(self) -> tuple[FactorInfo, ...]:
        """The dataset's factors: the recipe's, then those that are measured on its examples."""
        measured = self.generator.measured if self.generator.content == "text" else ()
        known = self.generator.factors
        chosen = (replace(f, repetition=f.name in known and known[f.name].repetition) for f in self.plan.factors)
        return (*chosen, *measured)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know: of the design, and of the generator's data."""
        return (*self.plan.warnings, *(self.generator.notes if has_notes(self.generator) else ()))

    @property
    def engine(self) -> EngineInfo | None:
        """The engine that makes the examples here and now, None where synthkit does it itself."""
        return self.generator.engine if has_engine(self.generator) else None

    @property
    def incidental(self) -> tuple[str, ...]:
        """Parameters that change no example."""
        return getattr(type(self.generator), "incidental", ())

    def everything(self) -> Iterator[Rows]:
        """All rows of the dataset in order, some at a time."""
        for split, size in self.plan.sizes.items():
            for first in range(0, size, _ROWS):
                yield self.plan.rows(split, first, min(_ROWS, size - first))

    def answered(self, log: Path | Storage) -> Prepared:
        """The same, with the answers of a language model out of a log, for a generator that asks one.

        Raises:
            InputError: There is no such log.
            WorkError: It is damaged.
        """
        if not has_questions(self.generator):
            return self
        return replace(self, generator=self.generator.reading(open_replies(log), self.everything))

    @property
    def draws(self) -> bool:
        """Whether its examples are random draws, of which the first that is new counts."""
        return self.generator.content == "text" and self.generator.source == "attempts"

    def search(self, threads: int = 1) -> AttemptSearch:
        """What finds the draws that count, for a dataset that `draws`."""
        if self.generator.content != "text":
            raise TypeError("clips are not drawn")
        return AttemptSearch(self.plan, self.generator, threads)

    def stored_attempts(self, root: Storage, folder: str = "") -> Attempts | None:
        """The attempts that are kept in a folder; None where the dataset has none."""
        return read_attempts(root, f"{folder}{ATTEMPTS}", self.plan.sizes) if self.draws else None


def prepare(recipe: Recipe) -> Prepared:
    """Resolve and check a recipe; nothing is written.

    Raises:
        InputError: All that is wrong with it, each problem with its path.
    """
    return bound(resolve(recipe))


def bound(resolved: Recipe) -> Prepared:
    """The same for a recipe that is resolved already."""
    generator = bind(resolved)
    _check_format(resolved, generator)
    pools = generator.pools() if generator.content == "text" else {}
    plan = make_plan(resolved, pools=pools, repeatable=not needs_factors(type(generator)))
    return Prepared(resolved, generator, plan)


def _check_format(recipe: Recipe, generator: Generator) -> None:
    where = f"recipe {recipe.name}: output.format"
    format, formats = recipe.output.format, WRITERS[generator.content]
    if format not in formats:
        raise InputError(f"{where}: must be {_either(list(formats))} for {generator.content}, not {format!r}")
    layout = generator.layout
    if format != "flac" or not isinstance(layout, AudioLayout):
        return
    if layout.sample_format != "pcm16":
        raise InputError(
            f"{where}: flac holds 16-bit samples; params.sample_format is {layout.sample_format!r} "
            "(use parquet or wav, or pcm16)"
        )
    if layout.sample_rate > FLAC_MAX_RATE:
        raise InputError(f"{where}: flac ends at a sample rate of {FLAC_MAX_RATE} Hz")


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(map(repr, names[:-1]))} or {names[-1]!r}"
