"""Questions with right answers out of a corpus, and explanations: of a language model, of people, or known."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from synthkit.errors import ExamplesError, InputError
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.corpora.base import Corpus, Item
from synthkit.generators.corpora.questions import CorpusParams, Questions
from synthkit.generators.rationale.columns import Explained, annotation_columns, part_names, row_of
from synthkit.generators.rationale.kept import KeptExplanations
from synthkit.generators.rationale.kinds import KINDS, Kind, same_answer
from synthkit.llm.dialogue import Dialogue, Question, settle
from synthkit.llm.log import Replies
from synthkit.llm.options import ModelOptions, ServiceOptions
from synthkit.llm.prompt import Prompt, load_prompt
from synthkit.llm.request import canonical
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import EngineInfo, FactorInfo, Pool, Rows, Strings, TextBatch, TextLayout

__all__ = ["Rationales", "RationalesParams"]

_TYPICAL_BYTES = 1500
_PLACEHOLDERS = ("input", "label", "choices")
_NOT_ASKED = Explained()


class RationalesParams(CorpusParams):
    """Settings of a dataset of explained questions; which, see `CorpusParams`.

    Attributes:
        kind: ``information_extraction``, ``informed_reasoning`` (the right answer is given) and ``free`` (it is not)
            ask a model. ``human`` takes what people wrote, ``known`` what the corpus knows (grammar, SVAMP).
        rationale_splits: Splits that are explained; the texts of the others stay as they are.
        prompt: Name of a prompt, or path of a file; empty for the kind's own.
        llm: Which model is asked.
        service: Where it is; nothing of it changes an example.
    """

    kind: Literal["information_extraction", "informed_reasoning", "free", "human", "known"] = "informed_reasoning"
    rationale_splits: tuple[str, ...] = Field(default=("train",), min_length=1, strict=False)
    prompt: str = ""
    llm: ModelOptions = ModelOptions()
    service: ServiceOptions = ServiceOptions()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.prompt and self.kind not in KINDS:
            raise ValueError(f"prompt: kind {self.kind!r} asks no model")
        return self


class Rationales(KeptExplanations):
    """The generator ``rationales``; see docs/rationales.md."""

    name: ClassVar[str] = "rationales"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "items"
    Params: ClassVar[type[Record]] = RationalesParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {}
    incidental: ClassVar[tuple[str, ...]] = ("service",)

    def __init__(self, recipe: Recipe, params: RationalesParams, replies: Replies | None = None) -> None:
        self._recipe, self._params, self._replies = recipe, params, replies
        self._questions = Questions(recipe, params)
        self._everything: Callable[[], Iterable[Rows]] | None = None

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    def reading(self, replies: Replies, everything: Callable[[], Iterable[Rows]]) -> Self:
        """The same generator, with answers out of a log.

        Args:
            replies: The answers.
            everything: All rows of the dataset, in order: what occurs twice is counted over all of them.
        """
        found = type(self)(self._recipe, self._params, replies)
        found._everything = everything
        return found

    @property
    def _corpus(self) -> Corpus:
        return self._questions.corpus

    @cached_property
    def _kind(self) -> Kind | None:
        return KINDS.get(self._params.kind)

    @cached_property
    def prompt(self) -> Prompt:
        """What a model is asked."""
        p = self._params
        return load_prompt(p.prompt or p.kind, _PLACEHOLDERS)

    @property
    def _prompt_name(self) -> str:
        return "" if self._kind is None else f"{self.prompt.name} {self.prompt.version}"

    @property
    def asks(self) -> bool:
        """Whether a language model is asked."""
        return self._kind is not None

    @property
    def service(self) -> ServiceOptions:
        return self._params.service

    @property
    def model(self) -> ModelOptions:
        return self._params.llm

    @property
    def engine(self) -> EngineInfo | None:
        """The model and the prompt; what it answered is in the log."""
        if self._kind is None:
            return None
        m = self._params.llm
        said = canonical([self.prompt.sha256, m.model_dump(mode="json"), self._params.kind])
        details = {
            "prompt": self._prompt_name,
            "prompt_sha256": self.prompt.sha256,
            "kind": self._params.kind,
            "settings": canonical(m.settings),
        }
        digest = f"sha256:{hashlib.sha256(said.encode()).hexdigest()}"
        return EngineInfo("chat completions", "1", m.name, digest, "NOASSERTION", "replay", details)

    @property
    def engine_ready(self) -> bool:
        return False  # what it takes is told in tokens, not in seconds

    @cached_property
    def layout(self) -> TextLayout:
        columns = annotation_columns(part_names(self._corpus), asked=self.asks)
        return TextLayout(True, self._corpus.labels, _TYPICAL_BYTES, columns)

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        return self._questions.measured

    @property
    def notes(self) -> tuple[str, ...]:
        return self._questions.notes

    def problems(self) -> list[str]:
        found = [
            f"params.rationale_splits: no split is named {split!r}"
            for split in self._params.rationale_splits
            if split not in self._recipe.splits
        ]
        found += self._questions.recipe_problems()
        if self._kind is not None:
            found += self._prompt_problems()
        return found or self._questions.corpus_problems() or self._known_problems()

    def _prompt_problems(self) -> list[str]:
        try:
            prompt = self.prompt
        except InputError as error:
            return [f"params.prompt: {error}"]
        if prompt.kind != self._params.kind:
            return [f"params.prompt: asks for {prompt.kind}, but params.kind is {self._params.kind!r}"]
        return []

    def _known_problems(self) -> list[str]:
        kind, corpus = self._params.kind, self._corpus
        if kind in KINDS:
            return []
        having = any(self._ready(item).text for items in corpus.parts.values() for item in items)
        return [] if having else [f"params.kind: {corpus.name} has no explanations of the kind {kind!r}"]

    def pools(self) -> Mapping[str, Pool]:
        return self._questions.pools()

    def dialogues(self, rows: Rows) -> list[Dialogue[Any]]:
        """What is asked about rows of a split; nothing where it is not explained."""
        kind = self._kind
        if kind is None or rows.split not in self._params.rationale_splits:
            return []
        return [self._dialogue(kind, id, item) for id, item in zip(rows.ids, self._questions.items(rows), strict=True)]

    def _dialogue(self, kind: Kind, id: str, item: Item) -> Dialogue[Any]:
        m = self._params.llm
        labels = self._corpus.labels
        values = {
            "input": "\n".join(f"{name}: {text}" for name, text in item.parts),
            "label": item.target,
            "choices": f"\nPossible answers: {', '.join(labels)}" if labels else "",
        }
        messages = self.prompt.messages(values)
        again = self.prompt.again.strip()
        return Dialogue(
            Question(
                id,
                m.name,
                messages,
                m.settings,
                kind.answer,
                m.structured,
                lambda answer: kind.problem(item, answer),
                again,
                m.repairs,
            )
        )

    def _explained(self, rows: Rows) -> list[Explained]:
        """What the log, or the source, has of rows."""
        if rows.split not in self._params.rationale_splits:
            return [_NOT_ASKED] * len(rows)
        items = self._questions.items(rows)
        if self._kind is None:
            return [self._ready(item) for item in items]
        if self._replies is None:
            return [_NOT_ASKED] * len(rows)
        dialogues = self.dialogues(rows)
        missing = settle(dialogues, self._replies)
        if missing:
            raise ExamplesError(tuple((d.question.id, "its answer is not in the request log") for d in missing))
        return [_outcome(self._kind, item, d) for item, d in zip(items, dialogues, strict=True)]

    def _ready(self, item: Item) -> Explained:
        """What people wrote, or the grammar knows."""
        text = item.human if self._params.kind == "human" else item.reasoning
        return Explained("accepted", text) if text else Explained("rejected", rejection="the source has none")

    @cached_property
    def _counts(self) -> Counter[str]:
        """How often each rationale occurs in the dataset."""
        counts: Counter[str] = Counter()
        for rows in self._everything() if self._everything is not None else ():
            counts.update(found.text for found in self._explained(rows) if found.status == "accepted")
        return counts

    def make(self, rows: Rows) -> TextBatch:
        """The texts of rows; without a log their explanations are not asked."""
        items, explained = self._questions.items(rows), self._explained(rows)
        columns: dict[str, list[Any]] = {column.name: [] for column in self.layout.annotations}
        for item, found in zip(items, explained, strict=True):
            others = max(self._counts[found.text] - 1, 0) if found.status == "accepted" else 0
            row = row_of(item, found, self._corpus, self._prompt_name, others)
            for name, values in columns.items():
                values.append(row[name])
        return TextBatch(
            self._questions.with_measures(rows, items),
            self.layout,
            Strings.of([item.text for item in items]),
            Strings.of([item.target for item in items]),
            Strings.of([found.text if found.status == "accepted" else "" for found in explained]),
            columns,
        )


def _outcome(kind: Kind, item: Item, dialogue: Dialogue[Any]) -> Explained:
    o = dialogue.outcome
    if o is None:
        raise ExamplesError(((dialogue.question.id, "its dialogue has not ended"),))
    says = "" if o.answer is None else kind.says(o.answer)
    return Explained(
        status="rejected" if o.problem else "accepted",
        text=o.text if o.answer is None else kind.text(item, o.answer),
        rejection=o.problem,
        says=says,
        agrees=same_answer(says, item.target) if says else None,
        model=o.model,
        request=o.key,
        turns=o.turns,
        mended=o.mended,
        prompt_tokens=o.prompt_tokens,
        completion_tokens=o.completion_tokens,
    )
