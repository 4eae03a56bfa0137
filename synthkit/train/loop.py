"""The training loop, for all models, on one CPU, one GPU or many processes (accelerate)."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

import torch
from accelerate import Accelerator
from torch import Tensor

from synthkit.errors import InputError, WorkError
from synthkit.models.base import MAIN, Batch, Trainable
from synthkit.seeds import derive_key
from synthkit.train.checkpoint import (
    Checkpoint,
    latest_checkpoint,
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
)
from synthkit.train.directory import remove_leftovers
from synthkit.train.early import EarlyStopping
from synthkit.train.experiment import BaseExperiment
from synthkit.train.folder import RunFolder, is_run
from synthkit.train.log import TrainingLog
from synthkit.train.optimizers import learning_rate, make_optimizers
from synthkit.train.weights import Evaluated, averaged, evaluated_weights

__all__ = ["Fit", "StepBatches", "fit"]


class StepBatches(Protocol):
    """What each step is given."""

    def at(self, step: int) -> list[Batch]:
        """The accumulated parts of the batch of a step that this process computes, in order."""


@dataclass(slots=True)
class Fit:
    """What a training did.

    Attributes:
        steps: Steps done in all.
        resumed_from: Step of the checkpoint that it went on from, 0 where it began anew.
        stopped_early: Whether validation ended it.
        warnings: What a user should know.
    """

    steps: int = 0
    resumed_from: int = 0
    stopped_early: bool = False
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def finished(cls, training: Mapping[str, Any]) -> Self:
        """Of a training that had ended before, from what its folder says."""
        return cls(training["steps"], 0, training["stopped_early"])


def fit(
    model: Trainable,
    batches: StepBatches,
    experiment: BaseExperiment,
    accelerator: Accelerator,
    folder: Path,
    *,
    validate: Callable[[Trainable], float] | None = None,
    on_progress: Callable[[int, int, Mapping[str, float]], None] | None = None,
) -> Fit:
    """Train a model, or go on where a killed training left its last checkpoint.

    The model ends up with the weights that are to be evaluated: the last, their running mean, or the best on the
    validation split. Everything random in a step is seeded by (seed, experiment, step, process): going on gives what an
    uninterrupted training gives, on a CPU bit for bit.

    Args:
        model: The model, on the accelerator's device.
        batches: What each step is given.
        experiment: Its ``training``, ``seed`` and ``name``.
        accelerator: Where and with what precision.
        folder: The training's, where checkpoints and logs go.
        validate: Loss on the validation split.
        on_progress: Told of steps done, all steps and the last terms, now and then.

    Raises:
        WorkError: A term is not finite, a checkpoint cannot be written, or one is of another training.
    """
    return _Trainer(model, batches, experiment, accelerator, folder, validate, on_progress).run()


class _Trainer:
    def __init__(
        self,
        model: Trainable,
        batches: StepBatches,
        experiment: BaseExperiment,
        accelerator: Accelerator,
        folder: Path,
        validate: Callable[[Trainable], float] | None,
        on_progress: Callable[[int, int, Mapping[str, float]], None] | None,
    ) -> None:
        self.model, self.batches, self.experiment, self.training = model, batches, experiment, experiment.training
        self.accelerator, self.folder = accelerator, folder
        self.identity = RunFolder(folder).identity() if is_run(folder) else ""
        self.validate, self.on_progress = validate, on_progress
        self.optimizers = make_optimizers(model, self.training)
        prepared = accelerator.prepare(model, *self.optimizers.values())
        self.wrapped = prepared[0]
        self.prepared: dict[str, Any] = dict(zip(self.optimizers, prepared[1:], strict=True))
        self.parameters = model.turn_parameters()
        self.ema = {n: p.detach().clone() for n, p in averaged(model)} if self.training.ema else {}
        self.early = EarlyStopping(self.training.patience)
        self.done = Fit()

    def run(self) -> Fit:
        if self.accelerator.is_main_process:
            remove_leftovers(self.folder, self.folder / "checkpoints")
        self._resume()
        log = TrainingLog(self.folder, self.done.steps) if self.accelerator.is_main_process else None
        try:
            with torch.random.fork_rng():
                while self.done.steps < self.training.steps and not self.done.stopped_early:
                    self._step(log)
        finally:
            if log is not None:
                log.close()
        self._settle()
        return self.done

    def _step(self, log: TrainingLog | None) -> None:
        step, t = self.done.steps, self.training
        self._seed(step)
        self.model.train()
        parts = self.batches.at(step)
        terms: dict[str, Tensor] = {}
        for turn in self.model.turns(step):
            terms |= {f"{turn}/{name}": value for name, value in self._turn(turn, parts, step).items()}
        self._update_ema()
        self.done.steps = step + 1
        last = self.done.steps == t.steps
        values = _checked(terms, step, self.folder)
        if self.done.steps % t.log_every == 0 or last:
            if log is not None:
                log.write(self.done.steps, values)
            if self.on_progress is not None:
                self.on_progress(self.done.steps, t.steps, values)
        if self.validate is not None and t.validate_every and self.done.steps % t.validate_every == 0:
            self._validate(log)
        if self.done.steps % t.checkpoint_every == 0 or last or self.done.stopped_early:
            self._save()

    def _turn(self, turn: str, parts: list[Batch], step: int) -> dict[str, Tensor]:
        """Minimise one loss over its own parameters; terms are means over the accumulated parts."""
        optimizer = self.prepared[turn]
        self._set_learning_rate(turn, step)
        optimizer.zero_grad(set_to_none=True)
        total: dict[str, Tensor] = {}
        for number, batch in enumerate(parts):
            with _synchronised(self.accelerator, self.wrapped, last=number == len(parts) - 1):
                with self.accelerator.autocast():
                    terms = self.wrapped(batch, turn, step)
                self.accelerator.backward(terms["loss"] / len(parts))
            for name, value in terms.items():
                total[name] = total.get(name, 0) + value.detach() / len(parts)
        if self.training.clip_norm is not None:
            total["gradient_norm"] = self.accelerator.clip_grad_norm_(self.parameters[turn], self.training.clip_norm)
        optimizer.step()
        return total

    def _seed(self, step: int) -> None:
        rank = self.accelerator.process_index
        torch.manual_seed(derive_key(self.experiment.seed, self.experiment.name, f"train-step-{step}-{rank}"))

    def _set_learning_rate(self, turn: str, step: int) -> None:
        choice = self.model.optimizers().get(turn)
        peak = choice.learning_rate if choice is not None and choice.learning_rate else self.training.learning_rate
        for group in self.optimizers[turn].param_groups:
            group["lr"] = peak * learning_rate(self.training, step)

    @torch.no_grad()
    def _update_ema(self) -> None:
        if self.ema:
            for name, value in averaged(self.model):
                self.ema[name].lerp_(value, 1 - self.training.ema)

    def _validate(self, log: TrainingLog | None) -> None:
        if self.validate is None:
            return
        with Evaluated(self.model, self.ema):
            loss = self.validate(self.model)
        if log is not None:
            log.write(self.done.steps, {"validation/loss": loss})
        if self.early.better(loss):
            self.early.remember(self.done.steps, evaluated_weights(self.model, self.ema))
        self.done.stopped_early = self.early.over

    def _settle(self) -> None:
        """Leave the model with the weights that are to be evaluated."""
        best = self.early.weights
        self.model.load_state(evaluated_weights(self.model, self.ema) if best is None else best)
        self.model.eval()

    def _save(self) -> None:
        if not self.accelerator.is_main_process:
            return
        tensors: dict[str, Mapping[str, Tensor]] = {
            "model": self.model.state(),
            "optimizer": optimizer_tensors(self.optimizers),
        }
        if self.ema:
            tensors["ema"] = self.ema
        if self.early.weights is not None:
            tensors["best"] = self.early.weights
        scaler = self.accelerator.scaler
        numbers = {"early": self.early.numbers(), "scaler": None if scaler is None else scaler.state_dict()}
        checkpoint = Checkpoint(self.done.steps, tensors, numbers, self.identity)
        save_checkpoint(self.folder / "checkpoints", checkpoint, self.training.keep_checkpoints)

    def _resume(self) -> None:
        found = latest_checkpoint(self.folder / "checkpoints", self.done.warnings.append)
        if found is None:
            return
        try:
            self.model.load_state(found.tensors["model"])
        except RuntimeError as error:
            what = str(error).splitlines()[-1].strip()
            raise InputError(f"{self.folder}: its checkpoint is of another model: {what}") from None
        if found.training not in ("", self.identity):  # those of older versions do not say
            raise WorkError(
                f"{self.folder}: its checkpoint step-{found.step:08d} is of another training, which may still be "
                "writing here; remove it, or begin anew with --overwrite"
            )
        restore_optimizer(self.optimizers, found.tensors["optimizer"])
        for name, value in found.tensors.get("ema", {}).items():
            self.ema[name].copy_(value)
        self.early.restore(found.numbers["early"], found.tensors.get("best"))
        if self.accelerator.scaler is not None and found.numbers["scaler"]:
            self.accelerator.scaler.load_state_dict(found.numbers["scaler"])
        self.done.steps = self.done.resumed_from = found.step
        self.done.stopped_early = self.early.over


def _synchronised(accelerator: Accelerator, wrapped: Any, *, last: bool) -> Any:
    """Processes exchange gradients after the last part only."""
    return contextlib.nullcontext() if last else accelerator.no_sync(wrapped)


def _checked(terms: Mapping[str, Tensor], step: int, folder: Path) -> dict[str, float]:
    """Terms as numbers.

    Raises:
        WorkError: One is not finite.
    """
    values = dict(zip(terms, torch.stack([value.double() for value in terms.values()]).tolist(), strict=True))
    for name, value in values.items():
        if not math.isfinite(value):
            turn, _, term = name.partition("/")
            of = "" if turn == MAIN else f" of the {turn}"
            raise WorkError(
                f"{folder}: step {step + 1}: term {term!r}{of} is {value}; checkpoints hold what came before: lower "
                "training.learning_rate, or set training.clip_norm"
            )
    return values
