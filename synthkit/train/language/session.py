"""Trains a language model: texts -> ids -> model -> answers, in a directory of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from synthkit.errors import InputError
from synthkit.models.base import Trainable
from synthkit.train.checkpoint import save_weights
from synthkit.train.devices import make_accelerator
from synthkit.train.directory import held
from synthkit.train.folder import RunFolder, begin_together
from synthkit.train.language.buckets import Buckets, Collator, padding_share
from synthkit.train.language.budget import tokens_read, with_counted_steps
from synthkit.train.language.network import Ready, make_language_model
from synthkit.train.language.pictures import draw_evaluation
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.score import TestSplit, evaluate_language_model
from synthkit.train.language.texts import Texts, open_texts, open_training_texts
from synthkit.train.language.token_store import Tokenized, tokenized
from synthkit.train.language.vocabulary import keep_symbols, kept_symbols
from synthkit.train.loop import Fit, fit
from synthkit.train.result import OnProgress, TrainResult, fit_report, stage_report
from synthkit.train.shares import batch_shares
from synthkit.train.validation import Validation

__all__ = ["train_language_model"]

_PADDING_BATCHES = 64


def train_language_model(
    experiment: LanguageExperiment,
    out: Path,
    *,
    data: Path | None = None,
    device: str = "auto",
    overwrite: bool = False,
    tokens: Path | None = None,
    on_progress: OnProgress | None = None,
) -> TrainResult:
    """Train a language model and have it answer; go on where a killed training stopped.

    Args:
        experiment: A resolved experiment without a sweep.
        out: Directory of the training.
        data: A dataset; None to make the texts of the experiment's recipe.
        device: ``auto``, ``cpu`` or ``cuda``.
        overwrite: Begin anew in a directory that holds a training.
        tokens: Where ids are kept, to be shared by trainings; by default in ``out``.
        on_progress: Told of a stage, how much of it is done and of how much, and the last terms.

    Raises:
        InputError: What the experiment, the data or the directory has wrong.
        WorkError: A loss that is not finite, a full disk, damaged files.
    """
    if experiment.sweep is not None:
        raise InputError(f"experiment {experiment.name}: is a sweep; choose one of its points")
    return _Session(experiment, out, data, device, tokens or out / "tokens", on_progress).run(overwrite)


class _Session:
    def __init__(
        self,
        experiment: LanguageExperiment,
        out: Path,
        data: Path | None,
        device: str,
        tokens: Path,
        on_progress: OnProgress | None,
    ) -> None:
        self.experiment, self.out, self.data, self.tokens = experiment, out, data, tokens
        self.on_progress = on_progress
        self.accelerator = make_accelerator(experiment.training, device)
        d = experiment.data
        self.train = open_training_texts(d, data)
        self.tests = [open_texts(d, data, split, d.test_limit) for split in d.test]
        self.validation = None
        if d.validation is not None and experiment.training.validate_every is not None:
            self.validation = open_texts(d, data, d.validation, d.test_limit)

    def run(self, overwrite: bool) -> TrainResult:
        with held(self.out) if self.accelerator.is_main_process else nullcontext():
            return self._run(overwrite)

    def _run(self, overwrite: bool) -> TrainResult:
        folder = self._look(overwrite)
        done = folder.evaluation() if folder.finished else None
        if done is not None:
            was = folder.training()
            return TrainResult.of(folder.path, Fit.finished(was), done, was["warnings"])
        with self.accelerator.main_process_first():
            symbols = kept_symbols(self.experiment, self.train, folder.path if folder.begun else None)
            ready = make_language_model(self.experiment, self.train.labels, symbols, folder.path)
            train = self._ids(ready, self.train)
            tests = [TestSplit(texts, self._ids(ready, texts, answers=False)) for texts in self.tests]
        ready.model.to(self.accelerator.device)
        if folder.finished:
            ready.model.load_state(load_file(folder.weights))
            was = folder.training()
            result, warnings = Fit.finished(was), list(was["warnings"])
        else:
            batches = self._buckets(ready, train, "train", whole=False)
            validate = self._validate(ready)
            begin_together(folder, self.accelerator)
            if self.accelerator.is_main_process:
                keep_symbols(folder.path, symbols)
            result, read = self._fit(ready, train, batches, validate, folder)
            warnings = [*ready.warnings, *result.warnings]
            if self.accelerator.is_main_process:
                self._finish(folder, ready, result, warnings, train, read)
        evaluation: dict[str, Any] = {}
        if self.accelerator.is_main_process:
            evaluation = self._evaluate(folder, ready, train, tests)
        self.accelerator.wait_for_everyone()
        return TrainResult.of(folder.path, result, evaluation, warnings)

    def _look(self, overwrite: bool) -> RunFolder:
        texts = [self.train, *self.tests, *([] if self.validation is None else [self.validation])]
        about = {
            "source": self.train.source,
            "identity": " | ".join(each.identity for each in texts),
            "path": None if self.data is None else str(self.data.resolve()),
            "labels": None if self.train.labels is None else list(self.train.labels),
        }
        return RunFolder.look(self.out, self.experiment, about, overwrite=overwrite)

    def _ids(self, ready: Ready, texts: Texts, *, answers: bool = True) -> Tokenized:
        return tokenized(
            self.experiment,
            texts,
            ready.codec,
            ready.limit,
            self.tokens,
            answers=answers,
            on_progress=stage_report(self.on_progress, f"ids of {texts.split}"),
        )

    def _fit(
        self,
        ready: Ready,
        train: Tokenized,
        batches: Buckets,
        validate: Callable[[Trainable], float] | None,
        folder: RunFolder,
    ) -> tuple[Fit, dict[str, Any]]:
        """What the training did, and what its batches held."""
        counted = with_counted_steps(self.experiment, batches)
        result = fit(
            ready.model,
            batches,
            counted,
            self.accelerator,
            folder.path,
            validate=validate,
            on_progress=fit_report(self.on_progress),
        )
        looked_at = range(min(counted.training.steps, _PADDING_BATCHES))
        padding = padding_share(train.input_lengths, (batches.rows(step) for step in looked_at))
        return result, {"padding": padding, "tokens": tokens_read(batches, result.steps)}

    def _buckets(self, ready: Ready, store: Tokenized, name: str, *, whole: bool) -> Buckets:
        """Batches of this process; or whole ones, the same for all processes."""
        a = self.accelerator
        parts, mine = batch_shares(self.experiment.training, a, "texts", whole=whole)
        everything = self.experiment.explanations.loss == "all"
        collator = Collator(store, ready.codec, ready.model.head, a.device, all_tokens=everything)
        return Buckets(store, collator, self.experiment, name, parts=parts, mine=mine)

    def _validate(self, ready: Ready) -> Callable[[Trainable], float] | None:
        if self.validation is None:
            return None
        store = self._ids(ready, self.validation)
        batches = self._buckets(ready, store, "validation", whole=True)
        return Validation(self.experiment, batches, len(store))

    def _finish(
        self,
        folder: RunFolder,
        ready: Ready,
        result: Fit,
        warnings: list[str],
        train: Tokenized,
        read: dict[str, Any],
    ) -> None:
        save_weights(folder.weights, ready.model.state())
        folder.finish(
            {
                "steps": result.steps,
                "stopped_early": result.stopped_early,
                "warnings": warnings,
                "num_examples": len(self.train),
                "num_rows": len(train),
                "longest_target": int(train.target_lengths.max(initial=0)),
                **read,
                "trained": ready.trained.to_dict(),
                "versions": {name: version(name) for name in ("torch", "transformers", "synthkit")},
            }
        )

    def _evaluate(self, folder: RunFolder, ready: Ready, train: Tokenized, tests: list[TestSplit]) -> dict[str, Any]:
        e = self.experiment
        found: dict[str, Any] = {"trained": folder.training()["trained"], "warnings": []}
        if e.model.head == "masked":
            found["test_loss"] = {texts.split: self._mean_loss(ready, texts) for texts in self.tests}
        else:
            longest = int(train.target_lengths.max(initial=0))
            most = e.evaluation.max_new_tokens or longest + longest // 4 + 1
            device = self.accelerator.device
            found |= evaluate_language_model(e, ready, self.train, tests, most, folder.path, device, self.on_progress)
            draw_evaluation(found, folder.path, e.title)
        folder.write_evaluation(found)
        return found

    def _mean_loss(self, ready: Ready, texts: Texts) -> float:
        """Of hidden tokens, nats, over up to 20 batches with the same tokens hidden each time."""
        store = self._ids(ready, texts)
        return Validation(self.experiment, self._buckets(ready, store, texts.split, whole=True), len(store))(
            ready.model
        )
