"""The evaluation of a trained language model: answers, their worth, tables and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from synthkit.records import FactorInfo, TextExample
from synthkit.train.folder import PREDICTIONS
from synthkit.train.language.answering import Answers, answer_classes, answer_texts
from synthkit.train.language.baselines import Baselines
from synthkit.train.language.buckets import Collator
from synthkit.train.language.codec import symbols_of
from synthkit.train.language.judge import Judge, Judgement
from synthkit.train.language.network import Ready
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.tables import accuracy, by_factor, by_number, confusion
from synthkit.train.language.texts import Texts
from synthkit.train.language.token_store import Tokenized
from synthkit.train.parquet import write_columns
from synthkit.train.result import OnProgress, stage_report

__all__ = ["TestSplit", "evaluate_language_model"]

_MOST_CLASSES = 100


@dataclass(frozen=True, slots=True)
class TestSplit:
    """Texts to be answered.

    Attributes:
        texts: The texts.
        store: Their ids.
    """

    texts: Texts
    store: Tokenized


@dataclass(frozen=True, slots=True)
class _Answered:
    split: str
    examples: list[TextExample]
    answers: Answers
    judged: list[Judgement]
    right: Any
    baselines: dict[str, Any]


def evaluate_language_model(
    experiment: LanguageExperiment,
    ready: Ready,
    train: Texts,
    tests: Sequence[TestSplit],
    max_new_tokens: int,
    folder: Path,
    device: torch.device,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Answer all test splits; write ``predictions.parquet``.

    Returns:
        What ``evaluation.json`` holds: ``splits`` -> accuracy with its interval, invalid answers, baselines, by factor,
        confusions and steps; ``by_length`` over all splits; ``warnings``.
    """
    baselines = Baselines(train)
    found, warnings = [], []
    for test in tests:
        judge = Judge(test.texts, ready.codec, explains=experiment.explanations.steps_are_judged)
        found.append(_answered(experiment, ready, test, judge, baselines, max_new_tokens, device, on_progress))
        warnings += [w for w in judge.warnings if w not in warnings]
        full = found[-1].answers.full
        if full:
            warnings.append(f"{test.texts.split}: {full} answers did not end within {max_new_tokens} tokens")
    _write_predictions(folder / PREDICTIONS, found, tests[0].texts.factors)
    splits = {each.split: _split(experiment, each, tests[0].texts) for each in found}
    return {"splits": splits, "by_length": _by_length(experiment, found), "warnings": warnings}


def _answered(
    experiment: LanguageExperiment,
    ready: Ready,
    test: TestSplit,
    judge: Judge,
    baselines: Baselines,
    max_new_tokens: int,
    device: torch.device,
    on_progress: OnProgress | None,
) -> _Answered:
    report = stage_report(on_progress, f"answers to {test.texts.split}")
    collator = Collator(test.store, ready.codec, ready.model.head, device)
    size = experiment.evaluation.batch_size
    if ready.model.head == "classification":
        classes = test.texts.labels or ()
        answers = answer_classes(ready.model, test.store, collator, classes, size, report)
    else:
        answers = answer_texts(ready.model, test.store, collator, ready.codec, size, max_new_tokens, report)
    examples = [example for chunk in test.texts.chunks() for example in chunk]
    if ready.model.head == "classification":
        judged = [Judgement(s, True, s == e.target) for e, s in zip(examples, answers.said, strict=True)]
    else:
        judged = judge.judge(examples, answers.said)
    right = np.array([j.correct for j in judged], bool)
    return _Answered(test.texts.split, examples, answers, judged, right, baselines.right(examples))


def _split(experiment: LanguageExperiment, found: _Answered, texts: Texts) -> dict[str, Any]:
    e = experiment.evaluation
    values = accuracy(found.right, found.baselines, e.confidence)
    values["invalid"] = sum(not j.valid for j in found.judged)
    wanted = [f for f in texts.factors if (e.factors is None and _varies(f)) or f.name in (e.factors or ())]
    values["by_factor"] = {
        f.name: by_factor(f, found.examples, found.right, found.baselines, e.bins, e.confidence) for f in wanted
    }
    labels = texts.labels
    if labels is not None and len(labels) <= _MOST_CLASSES:
        values["confusion"] = confusion(
            [example.target for example in found.examples], [j.answer for j in found.judged], labels
        )
    values["steps"] = _steps(found.judged)
    return values


def _varies(factor: FactorInfo) -> bool:
    return not factor.repetition and (factor.levels is None or factor.levels > 1)


def _steps(judged: Sequence[Judgement]) -> dict[str, Any] | None:
    """How good the explanations are; None where there is none."""
    found = [j for j in judged if j.steps]
    if not found:
        return None
    whole = [j.steps_right == j.steps for j in found]
    first_wrong: dict[str, int] = {}
    for j in found:
        if j.steps_right is not None and j.steps_right != j.steps:
            first_wrong[str(j.steps_right + 1)] = first_wrong.get(str(j.steps_right + 1), 0) + 1
    follows = [j.follows for j in found if j.follows is not None]
    return {
        "explained": len(found),
        "step_accuracy": sum(j.steps_right or 0 for j in found) / sum(j.steps or 0 for j in found),
        "all_right": sum(whole) / len(found),
        "first_wrong_step": dict(sorted(first_wrong.items(), key=lambda item: int(item[0]))),
        "answer_follows": sum(follows) / len(follows) if follows else None,
        "faithful_but_wrong": sum(bool(j.follows) and not j.correct for j in found) if follows else None,
        "right_by_wrong_steps": sum(j.correct and not w for j, w in zip(found, whole, strict=True)),
    }


def _by_length(experiment: LanguageExperiment, found: Sequence[_Answered]) -> list[dict[str, Any]]:
    """Accuracy by the number of symbols, over all test splits."""
    lengths = np.array([len(symbols_of(e.input)) for each in found for e in each.examples], np.float64)
    right = np.concatenate([each.right for each in found])
    baselines = {name: np.concatenate([each.baselines[name] for each in found]) for name in found[0].baselines}
    e = experiment.evaluation
    return by_number(lengths, right, baselines, e.bins, e.confidence)


def _write_predictions(path: Path, found: Sequence[_Answered], factors: Sequence[FactorInfo]) -> None:
    rows: dict[str, list[Any]] = {
        "id": [e.id for each in found for e in each.examples],
        "split": [each.split for each in found for _ in each.examples],
        "input": [e.input for each in found for e in each.examples],
        "target": [e.target for each in found for e in each.examples],
        "said": [s for each in found for s in each.answers.said],
    }
    for name in ("answer", "valid", "correct", "steps", "steps_right", "follows"):
        rows[name] = [getattr(j, name) for each in found for j in each.judged]
    if found[0].answers.confidence is not None:
        rows["confidence"] = [float(c) for each in found for c in each.answers.confidence]  # type: ignore[union-attr]
    for factor in factors:
        if factor.name not in rows:
            rows[factor.name] = [e.factors[factor.name] for each in found for e in each.examples]
    kinds = {"steps": pa.int64(), "steps_right": pa.int64(), "follows": pa.bool_()}
    write_columns(path, {name: pa.array(values, kinds.get(name)) for name, values in rows.items()})
