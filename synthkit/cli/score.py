"""``synthkit score``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.cli.output import console, print_json
from synthkit.cli.progress import progress_bar
from synthkit.cli.train import print_evaluation
from synthkit.dataset import Dataset, load
from synthkit.errors import InputError, WorkError
from synthkit.metrics import Scores, evaluate
from synthkit.metrics.files import CodesFile, list_files, read_codes
from synthkit.metrics.plots import check_picture
from synthkit.metrics.scores import plain
from synthkit.run import Progress
from synthkit.storage.files import write_file
from synthkit.train.folder import RunFolder, is_run
from synthkit.train.scoring import score_run

__all__ = ["Options", "run"]

# What the evaluation of a training found beside the metrics, which are computed anew.
_BESIDE = ("clips", "probes", "feature_probes", "reconstruction", "downstream", "resampled_std")
# Codes of up to so many bytes are scored in one native call.
_BATCH_BYTES = 1 << 28


@dataclass(frozen=True)
class Options:
    """How to score: where factors come from, which, and the arguments of `synthkit.metrics.evaluate`."""

    data: str | None
    split: str | None
    factors: list[str] | None
    arguments: dict[str, Any]


def run(codes: Path, options: Options, *, out: Path | None, plot: Path | None, as_json: bool) -> None:
    """Score a file, or a directory of files as a batch.

    Raises:
        InputError: Files that cannot be scored.
        WorkError: A result that cannot be written.
    """
    _refuse_bad_targets(out, plot)
    if is_run(codes):
        scores = _of_run(codes, options)
        beside = {k: v for k, v in (RunFolder(codes).evaluation() or {}).items() if k in _BESIDE}
        _tell([scores], out, plot, as_json, scores.to_dict() | beside)
        if not as_json:
            print_evaluation(beside)
        return
    paths = list_files(codes)
    if options.split is not None and options.data is None:
        raise InputError("--split: names a split of the dataset given by --data")
    dataset = None if options.data is None else load(options.data, split=options.split)
    wanted = options.factors if dataset is None else []
    files = [_with_factors(read_codes(path, wanted), dataset, options) for path in paths]
    groups = _groups(files)
    if plot is not None and len(groups) > 1:
        raise InputError(
            f"--plot: the files in {codes} differ in shape or factors, or are too many; draw them one by one"
        )
    found = [_scored(group, options, named=codes.is_dir()) for group in groups]
    _tell(found, out, plot, as_json, _of_directory(found) if codes.is_dir() else None)


def _of_run(path: Path, options: Options) -> Scores:
    """The held-out codes that a training has left."""
    if options.data is not None:
        raise InputError(
            f"--data: {path} is a training, whose held-out codes are scored; for other clips: `synthkit encode {path} "
            "--data DIR --out codes.parquet`, then score that file"
        )
    with progress_bar("resamples") as update:
        return score_run(path, factors=options.factors, on_progress=_reporter(update), **options.arguments)


def _tell(
    found: list[Scores], out: Path | None, plot: Path | None, as_json: bool, report: dict[str, Any] | None = None
) -> None:
    """Write and print scores; ``report`` is the object for all of them where there are several."""
    report = found[0].to_dict() if report is None else report
    if out is not None:
        text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        write_file(out.parent, out.name, text.encode())
    if plot is not None:
        found[0].plot(plot)
    if as_json:
        print_json(report)
        return
    for scores in found:
        console().print(scores)
    for written in (out, plot):
        if written is not None:
            print(f"wrote {written}")


def _refuse_bad_targets(out: Path | None, plot: Path | None) -> None:
    """Before any work: a result that could not be written would be lost."""
    for flag, path in (("--out", out), ("--plot", plot)):
        if path is not None and path.is_dir():
            raise InputError(f"{flag}: {path} is a directory; name a file")
        if path is not None and not path.parent.is_dir():
            raise WorkError(f"{flag}: there is no directory {path.parent}")
    if plot is not None:
        check_picture(plot)


def _with_factors(file: CodesFile, dataset: Dataset[Any] | None, options: Options) -> CodesFile:
    if dataset is None:
        if file.factors is None:
            raise InputError(f"{file.path}: holds no factors; add them, or name the dataset they are in by --data")
        return file
    if file.ids is None:
        raise InputError(
            f"{file.path}: holds no 'id' to join codes and dataset by; save Dataset.ids() beside the codes"
        )
    rows = _join(file, dataset)
    names = list(options.factors or dataset.factor_names)
    levels = dataset.factors_matrix()
    columns = [_dataset_factor(dataset, name, levels) for name in names]
    return replace(
        file,
        factors=np.stack([values[rows] for values, _ in columns], axis=1),
        names=names,
        kinds=[k for _, k in columns],
    )


def _join(file: CodesFile, dataset: Dataset[Any]) -> npt.NDArray[np.int64]:
    """Rows of the dataset, in the order of the file."""
    ids = file.ids or []
    rows = file.codes.shape[-2]
    if len(ids) != rows:
        raise InputError(f"{file.path}: {len(ids)} ids for {rows} rows of codes")
    place = {name: row for row, name in enumerate(dataset.ids())}
    first: dict[str, int] = {}
    for row, name in enumerate(ids):
        if name not in place:
            raise InputError(f"{file.path}: id {name!r} at row {row} is not in the dataset")
        if first.setdefault(name, row) != row:
            raise InputError(f"{file.path}: id {name!r} is at row {first[name]} and again at row {row}")
    return np.array([place[name] for name in ids], np.int64)


def _dataset_factor(
    dataset: Dataset[Any], name: str, levels: npt.NDArray[np.int64] | npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], str]:
    """Values of a factor, or its levels where they are names or categories."""
    values = dataset.factor_values(name)
    k = dataset.factor_names.index(name)
    kind = dataset.factors[k].kind
    if kind == "categorical" or values.dtype.kind not in "fiu":
        values = levels[:, k]
    return values.astype(np.float64), kind


def _groups(files: list[CodesFile]) -> list[list[CodesFile]]:
    """Neighbours that can be scored in one call: equal shapes, equal factors, not too large together."""
    groups: list[list[CodesFile]] = []
    for file in files:
        group = groups[-1] if groups else []
        if group and _alike(group[0], file) and (len(group) + 1) * file.codes.size * 8 <= _BATCH_BYTES:
            group.append(file)
        else:
            groups.append([file])
    return groups


def _alike(a: CodesFile, b: CodesFile) -> bool:
    same = a.codes.ndim == 2 and a.codes.shape == b.codes.shape and (a.names, a.kinds) == (b.names, b.kinds)
    return same and a.factors is not None and b.factors is not None and np.array_equal(a.factors, b.factors)


def _scored(group: list[CodesFile], options: Options, *, named: bool) -> Scores:
    first = group[0]
    codes = first.codes if len(group) == 1 else np.stack([file.codes for file in group])
    arguments = {"factor_kinds": first.kinds, "factor_names": first.names} | options.arguments
    try:
        with progress_bar("resamples") as update:
            scores = evaluate(factors=first.factors, codes=codes, on_progress=_reporter(update), **arguments)
    except InputError as error:
        where = first.path if len(group) == 1 else f"{first.path} and {len(group) - 1} more"
        raise InputError(f"{where}: {error}") from error
    return replace(scores, model_names=tuple(file.path.name for file in group)) if named else scores


def _reporter(update: Callable[[Progress], None] | None) -> Callable[[int, int], None] | None:
    return None if update is None else lambda done, total: update(Progress(done, total, 0))


def _of_directory(found: list[Scores]) -> dict[str, Any]:
    """One object for all files: their metrics side by side, and each file's scores."""
    models = {}
    for scores in found:
        if scores.num_models is None or len(scores.model_names) < scores.num_models:  # a file of one model, or of many
            models[scores.model_names[0]] = scores
        else:
            models.update({name: scores.model(b) for b, name in enumerate(scores.model_names)})
    return {
        "convention": found[0].convention,
        "models": list(models),
        "metrics": {name: [plain(scores[name]) for scores in models.values()] for name in found[0]},
        "scores": {name: scores.to_dict() for name, scores in models.items()},
    }
