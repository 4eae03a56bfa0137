"""One training from an experiment to its evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from synthkit.errors import InputError
from synthkit.models.base import Model, Trainable
from synthkit.train.batches import Batches, in_order
from synthkit.train.checkpoint import save_weights
from synthkit.train.clips import Clips, open_clips
from synthkit.train.devices import make_accelerator
from synthkit.train.directory import held
from synthkit.train.evaluate import SplitData, evaluate_model
from synthkit.train.experiment import Experiment
from synthkit.train.factors import Factor, factor_table, scored_factors
from synthkit.train.feature_audit import audit_features, refuse_lost
from synthkit.train.features import FeatureExtractor
from synthkit.train.folder import RunFolder, begin_together
from synthkit.train.loop import Fit, fit
from synthkit.train.order import Order
from synthkit.train.partners import Partners
from synthkit.train.result import OnProgress, TrainResult, fit_report, stage_report
from synthkit.train.shares import batch_shares
from synthkit.train.store import fit_normalization, stored_features
from synthkit.train.trained import make_model
from synthkit.train.validation import Validation
from synthkit.train.views import make_views

__all__ = ["TrainResult", "train"]

_CONCLUDE_CLIPS = 1000


def train(
    experiment: Experiment,
    out: Path,
    *,
    data: Path | None = None,
    device: str = "auto",
    overwrite: bool = False,
    features: Path | None = None,
    on_progress: OnProgress | None = None,
) -> TrainResult:
    """Train a model and evaluate it; go on where a killed training stopped; do nothing where all is done.

    Args:
        experiment: A resolved experiment (`synthkit.train.load.resolved`).
        out: Directory of the training.
        data: A dataset, or a folder of audio files; None to make the clips of the experiment's recipe on the fly.
        device: ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
        overwrite: Begin anew in a directory that holds a training.
        features: Where features are kept, to be shared by trainings; by default in ``out``.
        on_progress: Told of a stage, how much of it is done and of how much, and the last terms.

    Raises:
        InputError: What the experiment, the data or the directory has wrong.
        WorkError: A loss that is not finite, a full disk, damaged data.
    """
    return _Session(experiment, out, data, device, features or out / "features", on_progress).run(overwrite)


class _Session:
    def __init__(
        self,
        experiment: Experiment,
        out: Path,
        data: Path | None,
        device: str,
        features: Path,
        on_progress: OnProgress | None,
    ) -> None:
        self.experiment, self.out, self.data, self.features = experiment, out, data, features
        self.on_progress = on_progress
        self.accelerator = make_accelerator(experiment.training, device)
        d = experiment.data
        self.clips = {"train": open_clips(d, data, d.train, d.limit), "test": open_clips(d, data, d.test, d.test_limit)}
        if d.validation is not None and experiment.training.validate_every is not None:
            self.clips["validation"] = open_clips(d, data, d.validation, d.test_limit)
        _refuse_unlike(self.clips)
        first = self.clips["train"]
        self.extractor = FeatureExtractor(
            experiment.features, first.sample_rate, first.num_samples, live=bool(experiment.views.waveform)
        )
        self.factors = _factors(experiment, first)

    def run(self, overwrite: bool) -> TrainResult:
        with held(self.out) if self.accelerator.is_main_process else nullcontext():
            return self._run(overwrite)

    def _run(self, overwrite: bool) -> TrainResult:
        folder = self._look(overwrite)
        done = folder.evaluation() if folder.finished else None
        if done is not None:
            was = folder.training()
            return TrainResult.of(folder.path, Fit.finished(was), done, was["warnings"])
        model = self._model("weights")  # first: what is wrong with it is told before features are made
        splits, warnings = self._splits()
        model.to(self.accelerator.device)
        if folder.finished:
            model.load_state_dict(load_file(folder.weights))
            result = Fit.finished(folder.training())
        else:
            batches = self._batches(model, splits["train"], "train", whole=False)
            validate = self._validation(model, splits)
            begin_together(folder, self.accelerator)
            result = self._fit(model, batches, validate, folder)
            warnings += result.warnings
            self._conclude(model, splits["train"])
            if self.accelerator.is_main_process:
                self._finish(folder, model, result, warnings)
        evaluation = {}
        if self.accelerator.is_main_process:
            evaluation = self._evaluate(folder, model, splits)
            folder.write_evaluation(evaluation)
        self.accelerator.wait_for_everyone()
        return TrainResult.of(folder.path, result, evaluation, warnings)

    def _splits(self) -> tuple[dict[str, SplitData], list[str]]:
        """Features of all splits, and what of the factors they have lost."""
        splits = {name: SplitData(clips, self._stored(name, clips)) for name, clips in self.clips.items()}
        fit_normalization(self.extractor, splits["train"].stored)
        warnings = self._audit(splits["train"])
        self.extractor.to(self.accelerator.device)
        return splits, warnings

    def _look(self, overwrite: bool) -> RunFolder:
        first = self.clips["train"]
        about = {
            "source": first.source,
            "identity": " | ".join(clips.identity for clips in self.clips.values()),
            "path": None if self.data is None else str(self.data.resolve()),
            "sample_rate": first.sample_rate,
            "num_samples": first.num_samples,
            "factors": [factor.to_dict() for factor in self.factors],
        }
        return RunFolder.look(self.out, self.experiment, about, overwrite=overwrite)

    def _stored(self, name: str, clips: Clips) -> Any:
        with self.accelerator.main_process_first():
            report = stage_report(self.on_progress, f"features of {name}")
            return stored_features(clips, self.extractor, self.features, report)

    def _audit(self, split: SplitData) -> list[str]:
        if not self.factors:
            return []
        e = self.experiment
        table = factor_table(split.clips, self.factors)
        probes = audit_features(split.stored, self.extractor, split.clips.sample_rate, self.factors, table, e.seed)
        return refuse_lost(probes, e.evaluation.allow_lost, e.features.normalization)

    def _model(self, stream: str) -> Model:
        first = self.clips["train"]
        return make_model(self.experiment, self.extractor, first.sample_rate, len(first), stream)

    def _fit(
        self, model: Model, batches: Batches, validate: Callable[[Trainable], float] | None, folder: RunFolder
    ) -> Fit:
        report = fit_report(self.on_progress)
        return fit(
            model, batches, self.experiment, self.accelerator, folder.path, validate=validate, on_progress=report
        )

    def _conclude(self, model: Model, split: SplitData) -> None:
        device = self.accelerator.device
        model.conclude(in_order(split.stored, self.extractor, device, most=_CONCLUDE_CLIPS))

    def _batches(self, model: Model, split: SplitData, name: str, *, whole: bool) -> Batches:
        """Batches of this process; or whole ones, the same for all processes."""
        e, a = self.experiment, self.accelerator
        parts, mine = batch_shares(e.training, a, "clips", whole=whole)
        order = Order(len(split.clips), e.training.batch_size, e.seed, f"{e.name}-{name}")
        partners = None
        if model.partners and e.views.share != ():
            names = tuple(info.name for info in split.clips.factors)
            partners = Partners(split.clips.levels(), names, e.views.share, e.seed, f"{e.name}-{name}")
        views = make_views(e, self.extractor, split.clips.sample_rate) if model.partners else None
        return Batches(
            split.stored, self.extractor, order, a.device, parts=parts, mine=mine, partners=partners, views=views
        )

    def _validation(self, model: Model, splits: Mapping[str, SplitData]) -> Callable[[Trainable], float] | None:
        if "validation" not in splits:
            return None
        batches = self._batches(model, splits["validation"], "validation", whole=True)
        return Validation(self.experiment, batches, len(splits["validation"].clips))

    def _finish(self, folder: RunFolder, model: Model, result: Fit, warnings: list[str]) -> None:
        save_weights(folder.weights, model.state_dict())
        folder.finish(
            {
                "steps": result.steps,
                "stopped_early": result.stopped_early,
                "warnings": warnings,
                "num_examples": len(self.clips["train"]),
                "feature_mean": float(self.extractor.mean),
                "feature_scale": float(self.extractor.scale),
                "parameters": sum(p.numel() for p in model.parameters()),
                "versions": {"torch": torch.__version__, "synthkit": version("synthkit")},
            }
        )

    def _evaluate(self, folder: RunFolder, model: Model, splits: Mapping[str, SplitData]) -> dict[str, Any]:
        if self.on_progress is not None:
            self.on_progress("evaluation", 0, 1, {})
        device = self.accelerator.device
        return evaluate_model(
            folder,
            self.experiment,
            model,
            self.extractor,
            self.factors,
            splits["train"],
            splits["test"],
            device,
            lambda stream: self._model(stream).to(device),
        )


def _factors(experiment: Experiment, clips: Clips) -> tuple[Factor, ...]:
    e = experiment.evaluation
    wanted = None if e.factors is None else (*e.factors, *(f for f in e.downstream.factors if f not in e.factors))
    found = scored_factors(clips.factors, wanted, clips.source)
    scored_factors(clips.factors, e.downstream.factors, clips.source, "evaluation.downstream.factors")
    return found


def _refuse_unlike(clips: Mapping[str, Clips]) -> None:
    """Clips of all splits are of one shape; a folder of files may hold others."""
    first = clips["train"]
    for name, other in clips.items():
        if (other.sample_rate, other.num_samples) != (first.sample_rate, first.num_samples):
            raise InputError(
                f"{other.source}: its {name} clips have {other.num_samples} samples at {other.sample_rate} Hz, those "
                f"for training {first.num_samples} at {first.sample_rate} Hz"
            )
