"""The data side of training, and the loop itself.

The model is the smallest VAE of the shipped experiments: the SynTone paper's network on 128 x 32 mel spectra, batches
of 64, one thread. The reference's data set computes a mel spectrum by librosa for each item of each epoch; ours
computes them once, in batches, and reads them from a memory-mapped file.

Predicted before the first run: the VAE trains 700 clips/s; the stream makes 40,000 clips/s (one native call for a
batch, then float32): 57 x; `load` with two workers is bound by parquet rows and collation, 10,000 clips/s: 14 x.
librosa takes 1.5 ms a clip, a batch of stored spectra 10 us a clip: 150 x for the data side of an epoch, and 8 x for
the first one, in which the spectra are computed. The loop adds seeding, a check of all terms and the learning rate to
each step, 0.4 ms on 90 ms: 1.01.

Measured: the VAE trains 285 clips/s, two and a half times slower than thought (its convolutions at 128 x 32); the
stream makes 49,000, `load` gives 9,100: 171 and 32 x. librosa takes 8 ms a clip, the stored spectra 4 us: 2,200 x for
an epoch, 8 x for the first. The loop 0.99.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch.utils.data import DataLoader

import synthkit
from benchmarks.table import Row
from synthkit.dataset import collate
from synthkit.models.base import Inputs
from synthkit.models.vae import Vae, VaeConfig
from synthkit.recipe.load import load_recipe
from synthkit.run import build
from synthkit.train.batches import Batches
from synthkit.train.clips import open_clips
from synthkit.train.experiment import DataChoice
from synthkit.train.features import FeatureExtractor
from synthkit.train.load import load_experiment, resolved
from synthkit.train.loop import fit
from synthkit.train.order import Order
from synthkit.train.store import fit_normalization, stored_features

__all__ = ["run"]

_BATCH = 64
_CPU = torch.device("cpu")


def run(*, smoke: bool) -> tuple[str, list[Row]]:
    """Time the data side and the loop; returns the table's title and rows."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows = _rows(Path(folder), smoke)
    finally:
        torch.set_num_threads(threads)
    return "training: data side and loop, one thread", rows


def _rows(root: Path, smoke: bool) -> list[Row]:
    clips, steps, rounds = (256, 3, 1) if smoke else (6400, 60, 3)
    recipe = load_recipe("syntone", [("design.limit", clips), ("splits", {"train": 1.0})])
    build(recipe, root / "data", workers=1)
    dataset = synthkit.load(root / "data", split="train")
    extractor = FeatureExtractor(resolved(load_experiment("syntone_benchmark")).features, 16000, 16000)
    started = time.perf_counter()
    stored = stored_features(open_clips(DataChoice(), root / "data", "train", None), extractor, root / "features")
    computing = time.perf_counter() - started
    fit_normalization(extractor, stored)
    _check(dataset, stored, extractor)
    batches = Batches(stored, extractor, Order(clips, _BATCH, 0, "bench"), _CPU)
    bare, looped = _loops(batches, extractor, clips, steps, rounds, root)
    trained = _BATCH / bare

    epoch = clips // _BATCH
    streamed = clips / _best(rounds, lambda: _drain(iter(synthkit.stream(recipe, "train", _BATCH))))
    loader: DataLoader[Any] = DataLoader(
        dataset, _BATCH, num_workers=2, collate_fn=collate, persistent_workers=not smoke
    )
    _drain(iter(loader))  # workers have started
    loaded = clips / _best(rounds, lambda: _drain(iter(loader)))
    ours = _best(rounds, lambda: [batches.at(step) for step in range(epoch)]) / clips
    few = min(clips, 200)
    theirs = _best(1, lambda: [_librosa_item(dataset[i].audio) for i in range(few)]) / few
    return [
        Row("synthkit.stream", f"{streamed:,.0f} clips/s", f"VAE trains {trained:,.0f}/s", streamed / trained, ">= 20"),
        Row("load, 2 workers", f"{loaded:,.0f} clips/s", f"VAE trains {trained:,.0f}/s", loaded / trained, ">= 5"),
        Row("data side of an epoch", f"{ours * 1e6:.0f} us/clip", "librosa per item", theirs / ours, ">= 20"),
        Row(
            "data side of the first epoch",
            f"{(ours + computing / clips) * 1e6:.0f} us/clip",
            "librosa per item",
            theirs / (ours + computing / clips),
        ),
        Row(
            "training step, our loop",
            f"{looped * 1e3:.1f} ms",
            f"bare loop {bare * 1e3:.1f} ms",
            looped / bare,
            "<= 1.1",
        ),
    ]


def _check(dataset: Any, stored: Any, extractor: FeatureExtractor) -> None:
    """The stored spectra are those of the clips, and librosa's up to scale and scale of frequency."""
    for i in (0, len(dataset) - 1):
        expected = extractor.raw(torch.from_numpy(dataset[i].audio)[None])[0].numpy()
        if not np.abs(stored[i] - expected).max() <= 1e-3:
            raise SystemExit(f"stored features of clip {i} differ from those of the clip")
    streamed = next(iter(synthkit.stream(dataset_recipe(dataset), "train", 8)))
    if not np.array_equal(streamed["audio"].numpy(), np.stack([dataset[i].audio for i in range(8)])):
        raise SystemExit("streamed clips differ from the stored ones")


def dataset_recipe(dataset: Any) -> Any:
    """The recipe that a dataset was made from."""
    return load_recipe(f"{dataset._root.address}/recipe.json")


def _librosa_item(audio: Any) -> Any:
    """What the reference computes for each item of each epoch."""
    import librosa

    mel = librosa.feature.melspectrogram(y=audio, sr=16000, n_fft=2048, hop_length=512, n_mels=128)
    return torch.from_numpy(librosa.util.normalize(mel))[None]


def _loops(
    batches: Batches, extractor: FeatureExtractor, clips: int, steps: int, rounds: int, root: Path
) -> tuple[float, float]:
    """Seconds a step of a bare loop and of ours, in turn; both must have learned about as much."""
    sets = [f"training.steps={steps}", "training.checkpoint_every=1000000", "training.log_every=1000000"]
    plan = resolved(load_experiment("syntone_benchmark"), sets=sets)
    best = {"bare": float("inf"), "looped": float("inf")}
    for number in range(rounds):
        first = _model(extractor, clips)
        started = time.perf_counter()
        _bare(first, batches, steps)
        best["bare"] = min(best["bare"], (time.perf_counter() - started) / steps)
        second = _model(extractor, clips)
        accelerator = Accelerator(cpu=True)
        started = time.perf_counter()
        (root / f"run{number}").mkdir()
        fit(second, batches, plan, accelerator, root / f"run{number}")
        best["looped"] = min(best["looped"], (time.perf_counter() - started) / steps)
    with torch.no_grad():
        losses = [float(m.terms(batches.at(0)[0], "model", 0)["loss"]) for m in (first, second)]
    if not abs(losses[0] - losses[1]) <= 0.2 * losses[0]:  # their random numbers are not the same
        raise SystemExit(f"the loops end at different losses: {losses}")
    return best["bare"], best["looped"]


def _model(extractor: FeatureExtractor, clips: int) -> Vae:
    torch.manual_seed(0)
    return Vae.build(VaeConfig(), Inputs(extractor.shape, 16000, clips))


def _bare(model: Vae, batches: Batches, steps: int) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.0)
    model.train()
    for step in range(steps):
        loss = model.terms(batches.at(step)[0], "model", step)["loss"]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()


def _best(rounds: int, call: Callable[[], object]) -> float:
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _drain(batches: Iterator[Any]) -> None:
    for _ in batches:
        pass
