"""Questions with right answers, each with the words that a teacher's own answer rests on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field

from synthkit.errors import ExamplesError, InputError, WorkError
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.corpora.base import Item
from synthkit.generators.corpora.questions import CorpusParams, Questions
from synthkit.generators.rationale.columns import part_names
from synthkit.generators.rationale.kept import KeptExplanations
from synthkit.generators.rationale.salient import choice_of, pieces, salient_columns, salient_row
from synthkit.llm.request import canonical
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import EngineInfo, FactorInfo, Pool, Rows, Strings, TextBatch, TextLayout
from synthkit.saliency.options import AskedOptions, Method, Selection, TeacherOptions
from synthkit.seeds import derive_key

if TYPE_CHECKING:
    from synthkit.saliency.explainer import Explainer

__all__ = ["SaliencyParams", "SaliencyRationales"]

_TYPICAL_BYTES = 2000
_PACKAGES = ("transformers", "torch", "captum")


class SaliencyParams(CorpusParams):
    """Settings of a dataset that is explained by a teacher's saliency; which texts, see `CorpusParams`.

    Attributes:
        teacher: The model: a directory that ``save_pretrained`` or ``synthkit export`` wrote, a name on the Hugging
            Face hub, or ``tiny:bert``, ``tiny:gpt2``, ``tiny:t5``, ``tiny:bart``: random weights, to see that
            everything runs.
        asked: How it is asked.
        method: ``saliency`` (norm of the gradient), ``input_x_gradient``, ``integrated_gradients``,
            ``attention_rollout``, ``leave_one_out`` (what the log likelihood loses without a word) or ``random``.
        selection: Which words are chosen.
        steps: Points of the path of integrated gradients.
        baseline: Where that path begins: the vector of the ``pad`` or ``mask`` token for each word, or ``zero``.
        max_memory: Bytes that the teacher's weights and activations may take.
        device: ``auto``, ``cpu`` or ``cuda``.
    """

    teacher: str = ""
    asked: AskedOptions = AskedOptions()
    method: Method = "integrated_gradients"
    selection: Selection = Selection(top=6)
    steps: int = Field(default=32, ge=1, le=1000)
    baseline: Literal["pad", "mask", "zero"] = "pad"
    max_memory: int = Field(default=2 * 2**30, ge=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"


class SaliencyRationales(KeptExplanations):
    """The generator ``saliency``; see docs/rationales.md."""

    name: ClassVar[str] = "saliency"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "items"
    Params: ClassVar[type[Record]] = SaliencyParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {}

    def __init__(self, recipe: Recipe, params: SaliencyParams) -> None:
        self._recipe, self._params = recipe, params
        self._questions = Questions(recipe, params)

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> TextLayout:
        corpus = self._questions.corpus
        reasoned = any(item.reasoning for items in corpus.parts.values() for item in items[:1])
        return TextLayout(True, corpus.labels, _TYPICAL_BYTES, salient_columns(part_names(corpus), reasoned=reasoned))

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        return self._questions.measured

    @property
    def notes(self) -> tuple[str, ...]:
        tiny = self._params.teacher.startswith("tiny:")
        said = "The teacher has random weights: its answers and explanations mean nothing."
        return (*self._questions.notes, *((said,) if tiny else ()))

    def problems(self) -> list[str]:
        if not self._params.teacher.strip():
            return ["params.teacher: must name a model: --set teacher=DIR, or a name on the Hugging Face hub"]
        missing = _missing()
        if missing:
            return [f"params.teacher: needs the package {missing}: pip install 'synthkit[train,text]'"]
        found = self._questions.recipe_problems() or self._questions.corpus_problems()
        return found or self._teacher_problems()

    def _teacher_problems(self) -> list[str]:
        try:
            _ = self._explainer
        except (InputError, WorkError) as error:
            text = str(error)
            return [text if text.startswith("params.") else f"params.teacher: {text}"]
        return []

    @property
    def _device(self) -> str:
        if self._params.device != "auto":
            return self._params.device
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"

    @cached_property
    def _explainer(self) -> Explainer:
        from synthkit.saliency.explainer import Explainer, How
        from synthkit.saliency.teacher import open_teacher

        p = self._params
        labels = self._questions.corpus.labels
        options = TeacherOptions(path=p.teacher, **p.asked.model_dump())
        teacher = open_teacher(options, labels, self._device, weights=p.method == "attention_rollout")
        how = How(
            p.method,
            p.selection,
            p.steps,
            p.baseline,
            p.asked.around,
            p.asked.answer_prefix,
            p.asked.max_new_tokens,
            p.max_memory,
        )
        return Explainer(teacher, labels, how)

    @cached_property
    def engine(self) -> EngineInfo:
        """The teacher, its files and what computes it."""
        from synthkit.saliency.teacher import teacher_files, teacher_place

        path = self._params.teacher
        digest, license = teacher_files(teacher_place(path))
        details = {
            "method": self._params.method,
            "asked": canonical(self._params.asked.model_dump(mode="json")),
            "device": self._device,
            **{name: version(name) for name in _PACKAGES[1:]},
        }
        name = Path(path).name if Path(path).expanduser().is_dir() else path
        return EngineInfo(_PACKAGES[0], version(_PACKAGES[0]), name, digest, license, "engine", details)

    @property
    def engine_ready(self) -> bool:
        return True  # a teacher that is not there is told of by `problems`

    def pools(self) -> Mapping[str, Pool]:
        return self._questions.pools()

    def make(self, rows: Rows) -> TextBatch:
        """The texts of rows, each explained by itself."""
        items = self._questions.items(rows)
        columns: dict[str, list[Any]] = {column.name: [] for column in self.layout.annotations}
        said = []
        failed = []
        for id, item in zip(rows.ids, items, strict=True):
            try:
                rationale, row = self._explained(item)
            except InputError as error:
                failed.append((id, str(error)))
                continue
            said.append(rationale)
            for name, values in columns.items():
                values.append(row[name])
        if failed:
            raise ExamplesError(tuple(failed))
        return TextBatch(
            self._questions.with_measures(rows, items),
            self.layout,
            Strings.of([item.text for item in items]),
            Strings.of([item.target for item in items]),
            Strings.of(said),
            columns,
        )

    def _explained(self, item: Item) -> tuple[str, dict[str, Any]]:
        choice = choice_of(item)
        if not choice.places:
            raise InputError(f"has no word that could be chosen: {item.text!r}")
        key = derive_key(self._recipe.seed, self._recipe.name, f"saliency {item.origin} {item.id}")
        found = self._explainer.explain(item.text, choice.can_be, key)
        row = salient_row(item, self._questions.corpus, choice, found, self._params.selection.rank)
        return pieces(item.text, choice.spans, [choice.places[k] for k in found.chosen]), row


def _missing() -> str:
    """The first package that a teacher needs and that is not there."""
    for name in _PACKAGES:
        try:
            version(name)
        except PackageNotFoundError:
            return name
    return ""
