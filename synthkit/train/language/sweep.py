"""Sweeps: all combinations of the points of some axes, each a training of its own, over any executor."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthkit.errors import InputError, SynthkitError, WorkError
from synthkit.storage.files import write_file
from synthkit.train.directory import clear, explained, held, others
from synthkit.train.experiment import Variant
from synthkit.train.folder import RunFolder, is_run
from synthkit.train.language.axes import EVERY_LAYER
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.texts import open_texts, open_training_texts
from synthkit.train.load import Change, changed, from_data

__all__ = ["Point", "SweepFolder", "find_point", "is_sweep", "run_sweep", "share_cores", "sweep_points"]

_FILE = "sweep.json"
_SHARED = ("models", "tokens")
_GONE = (
    "a process that trained is gone: killed, or out of memory; what was finished stays: run the same command (without "
    "--overwrite) to go on, with fewer workers where memory was short"
)

OnPoint = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Point:
    """One training of a sweep.

    Attributes:
        name: Of its directory.
        axes: Axis -> name of its point.
        layer: The layer that a ``layer:*`` stands for; None where there is none.
        experiment: What is trained, its seed not yet chosen.
    """

    name: str
    axes: dict[str, str]
    layer: int | None
    experiment: LanguageExperiment


def is_sweep(path: Path) -> bool:
    """Whether a directory holds a sweep."""
    return (path / _FILE).is_file()


def sweep_points(
    experiment: LanguageExperiment, folder: Path, *, smoke: bool = False, sets: Sequence[Change] = ()
) -> list[Point]:
    """All points of an experiment's sweep, in order.

    Args:
        experiment: With a sweep.
        folder: Where a tiny model is built, where its layers must be counted.
        smoke: Take the small size.
        sets: Changes of the experiment.

    Raises:
        InputError: What a point has wrong; all are looked at before the first is trained.
    """
    if experiment.sweep is None:
        raise InputError(f"experiment {experiment.name}: is no sweep")
    found: list[Point] = []
    for combination in itertools.product(*(axis.points for axis in experiment.sweep.axes)):
        axes = {axis.name: point.name for axis, point in zip(experiment.sweep.axes, combination, strict=True)}
        found += _expanded(experiment, combination, axes, folder, smoke=smoke, sets=sets)
    return found


def find_point(points: Sequence[Point], name: str) -> Point:
    """The point of a name.

    Raises:
        InputError: There is none.
    """
    for point in points:
        if point.name == name:
            return point
    raise InputError(f"no point of the sweep is named {name!r}; there are: {', '.join(point.name for point in points)}")


def _expanded(
    experiment: LanguageExperiment,
    combination: tuple[Variant, ...],
    axes: dict[str, str],
    folder: Path,
    *,
    smoke: bool,
    sets: Sequence[Change],
) -> Iterator[Point]:
    name = "-".join(axes.values())
    single = changed(experiment, combination, smoke=smoke, sets=[*sets, ("sweep", None)])
    if EVERY_LAYER not in single.freezing:
        yield Point(name, axes, None, single)
        return
    from synthkit.train.language.loading import layer_count

    axis = next(
        (a for a, v in zip(axes, combination, strict=True) if EVERY_LAYER in str(v.set.get("freezing", ""))), None
    )
    for k in range(layer_count(single.model, folder)):
        value = changed(single, [], sets=[("freezing", single.freezing.replace(EVERY_LAYER, f"layer:{k}"))])
        named = axes if axis is None else axes | {axis: f"{axes[axis]}-{k:02d}"}
        yield Point("-".join(named.values()) if axis is not None else f"{name}-{k:02d}", named, k, value)


class SweepFolder:
    """The directory of a sweep: ``sweep.json``, and ``<point>/seed-<seed>``, each a training.

    Attributes:
        path: The directory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def begin(
        cls,
        path: Path,
        experiment: LanguageExperiment,
        points: Sequence[Point],
        seeds: Sequence[int],
        *,
        overwrite: bool = False,
    ) -> SweepFolder:
        """Make the directory, or go on in it.

        Raises:
            InputError: It holds something else, or another sweep.
            WorkError: It cannot be written.
        """
        folder = cls(path)
        plan = _plan(experiment, points, seeds)
        if is_sweep(path) and not overwrite:
            if folder.plan() != json.loads(json.dumps(plan)):
                raise InputError(
                    f"{path}: holds another sweep; choose another directory, or begin anew with --overwrite"
                )
            return folder
        if (path.exists() and not path.is_dir()) or (not is_sweep(path) and others(path, _SHARED)):
            raise InputError(f"{path}: is not empty and holds no sweep; choose another directory")
        with explained(path):
            path.mkdir(parents=True, exist_ok=True)
        if is_sweep(path):
            folder._clear()
        text = json.dumps(plan, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        with explained(path / _FILE):
            write_file(path, _FILE, text.encode())
        return folder

    def _clear(self) -> None:
        """Remove the trainings of another sweep; a kill in between leaves that sweep with fewer of them.

        Raises:
            WorkError: One of them is being written, by a job of its own.
        """
        runs = [run for run in self.path.glob("*/seed-*") if is_run(run)]
        for run in runs:
            with held(run):
                pass
        for run in runs:
            RunFolder(run).clear()
        clear(self.path, {*_SHARED, _FILE})

    def plan(self) -> dict[str, Any]:
        """What ``sweep.json`` holds: title, seeds, axes, baseline, points.

        Raises:
            WorkError: The file is damaged.
        """
        try:
            found: dict[str, Any] = json.loads((self.path / _FILE).read_text())
        except (OSError, ValueError) as error:
            raise WorkError(f"{self.path / _FILE}: damaged: {error}") from None
        return found

    def run(self, point: str, seed: int) -> Path:
        """Directory of one training."""
        return self.path / point / f"seed-{seed}"


def _plan(experiment: LanguageExperiment, points: Sequence[Point], seeds: Sequence[int]) -> dict[str, Any]:
    """What ``sweep.json`` holds."""
    return {
        "name": experiment.name,
        "title": experiment.title,
        "seeds": list(seeds),
        "axes": list(points[0].axes),
        "baseline": {} if experiment.sweep is None else experiment.sweep.baseline,
        "points": [
            {"name": p.name, "axes": p.axes, "layer": p.layer, "experiment": p.experiment.plain()} for p in points
        ],
    }


def run_sweep(
    experiment: LanguageExperiment,
    out: Path,
    *,
    data: Path | None = None,
    smoke: bool = False,
    sets: Sequence[Change] = (),
    seed: int | None = None,
    device: str = "auto",
    overwrite: bool = False,
    executor: Executor | None = None,
    on_point: OnPoint | None = None,
) -> SweepFolder:
    """Train all points of a sweep with all its seeds; what is finished is not done again.

    Args:
        experiment: With a sweep.
        out: Directory of all trainings.
        data: A dataset; None to make the texts of each point's recipe.
        smoke: Take the small size.
        sets: Changes of the experiment.
        seed: The first seed; the experiment's by default.
        device: ``auto``, ``cpu`` or ``cuda``.
        overwrite: Begin anew in a directory that holds a sweep. What it held is removed when the points, and the texts
            of the first, have been looked at.
        executor: Where the trainings run, in processes: torch draws from one stream a process, so that of threads there
            may be one only. None for this process, one after the other.
        on_point: Told of a point that is done, how many are and of how many.

    Raises:
        InputError: What the experiment has wrong; all points are looked at before the first is trained. Or what all
            trainings that failed have wrong.
        WorkError: Some trainings failed, or a process that trained is gone; all that are finished are kept.
    """
    if isinstance(executor, ThreadPoolExecutor) and executor._max_workers > 1:
        raise InputError("executor: trainings in threads would share their random numbers; use processes")
    points = sweep_points(experiment, out / "models", smoke=smoke, sets=sets)
    sweep = experiment.sweep
    first = points[0].experiment.seed if seed is None else seed
    seeds = range(first, first + (1 if smoke or sweep is None else sweep.seeds))
    if overwrite:
        _look_at_texts(points[0].experiment, data)
    with held(out):
        folder = SweepFolder.begin(out, experiment, points, seeds, overwrite=overwrite)
        jobs = [
            (
                f"{point.name} seed {number}",
                (_seeded(point.experiment, number), folder.run(point.name, number), data, device, out),
            )
            for number in seeds
            for point in points
        ]
        _run_all(jobs, executor, on_point)
    return folder


def _look_at_texts(experiment: LanguageExperiment, data: Path | None) -> None:
    """What is wrong with them is told before anything is removed."""
    choice = experiment.data
    open_training_texts(choice, data)
    for split in choice.test:
        open_texts(choice, data, split, choice.test_limit)


def _run_all(jobs: Sequence[tuple[str, Any]], executor: Executor | None, on_point: OnPoint | None) -> None:
    """All trainings of a sweep.

    Raises:
        InputError: What all trainings that failed have wrong.
        WorkError: Some failed.
    """
    failed: list[str] = []
    refused = 0
    for done, (name, error) in enumerate(_results(jobs, executor), 1):
        if error is not None:
            failed.append(f"{name}: {error}")
            refused += isinstance(error, InputError)
        if on_point is not None:
            on_point(name, done, len(jobs))
    if not failed:
        return
    kind = InputError if refused == len(failed) else WorkError
    raise kind(f"{len(failed)} of {len(jobs)} trainings failed; the others are kept\n  " + "\n  ".join(failed))


def _seeded(experiment: LanguageExperiment, seed: int) -> dict[str, Any]:
    return experiment.plain() | {"seed": seed}


def _results(jobs: Sequence[tuple[str, Any]], executor: Executor | None) -> Iterator[tuple[str, SynthkitError | None]]:
    """Name and error of each training, as they are done."""
    if executor is None:
        for name, arguments in jobs:
            try:
                _train_one(*arguments)
            except SynthkitError as error:
                yield name, error
            else:
                yield name, None
        return
    try:
        waiting = {executor.submit(_train_one, *arguments): name for name, arguments in jobs}
    except BrokenExecutor:  # gone before all were handed out
        raise WorkError(_GONE) from None
    for future in as_completed(waiting):
        failure = future.exception()
        if isinstance(failure, BrokenExecutor):
            raise WorkError(_GONE)
        if failure is not None and not isinstance(failure, SynthkitError):
            raise failure
        yield waiting[future], failure


def _train_one(plain: dict[str, Any], out: Path, data: Path | None, device: str, shared: Path) -> None:
    """One training; in a process of its own or in this one."""
    from synthkit.train.language.session import train_language_model

    train_language_model(_language(plain, str(out)), out, data=data, device=device, tokens=shared / "tokens")


def share_cores(workers: int) -> None:
    """Give each of some processes its share of the cores: what a worker of a pool begins with."""
    import torch

    torch.set_num_threads(max(len(os.sched_getaffinity(0)) // workers, 1))


def _language(plain: dict[str, Any], source: str) -> LanguageExperiment:
    found = from_data(plain, source)
    if not isinstance(found, LanguageExperiment):
        raise WorkError(f"{source}: holds no language experiment")
    return found
